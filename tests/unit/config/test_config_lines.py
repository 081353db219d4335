"""The line scanner: by hand for each form of TOML, by property for generated files."""

import tomllib
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config.keys import KeyPath, read_key, toml_value, write_key
from aggregator.config.lines import key_lines, line_of

TEXT = '''\
# a comment with [table] and key = 1
title = "one" # [not.a.table]
a.b."c.d" = 1

[site]   # a header
list = [ "x", # ] in a comment
  "y]",
  { url = "z", deep = [1,
     2] },
  ["nested", """
multi ] line \\""" ""quotes"""""],
]
when = 1979-05-27 07:32:00
after = 1

[[source]]
id = "a"
feeds = [{ url = "u" }, { url = 'v', kind = "page" }]
[source.headers]
"X-Key" = "1"

[[source]]
id = """
b"""
last = true
[[source.feeds]]
url = "w"
[[source.feeds]]
url = \'\'\'
[x]
y\'\'\'\'
kind = "page"
[ source . "feeds" . 'selectors' ]
link = "a"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("a",), 3),
        (("a", "b"), 3),
        (("a", "b", "c.d"), 3),
        (("site",), 5),
        (("site", "list"), 6),
        (("site", "list", 0), 6),
        (("site", "list", 1), 7),
        (("site", "list", 2), 8),
        (("site", "list", 2, "url"), 8),
        (("site", "list", 2, "deep"), 8),
        (("site", "list", 2, "deep", 1), 9),
        (("site", "list", 3), 10),
        (("site", "list", 3, 1), 10),
        (("site", "when"), 13),
        (("site", "after"), 14),
        (("source",), 16),
        (("source", 0), 16),
        (("source", 0, "id"), 17),
        (("source", 0, "feeds", 1, "kind"), 18),
        (("source", 0, "headers"), 19),
        (("source", 0, "headers", "X-Key"), 20),
        (("source", 1), 22),
        (("source", 1, "id"), 23),
        (("source", 1, "last"), 25),
        (("source", 1, "feeds", 0, "url"), 27),
        (("source", 1, "feeds", 1, "url"), 29),
        (("source", 1, "feeds", 1, "kind"), 32),
        (("source", 1, "feeds", 1, "selectors"), 33),
        (("source", 1, "feeds", 1, "selectors", "link"), 34),
    ],
)
def test_every_form_of_key_has_its_exact_line(path: KeyPath, line: int) -> None:
    assert key_lines(TEXT)[path] == line


def test_the_scanner_names_exactly_the_keys_that_tomllib_reads() -> None:
    assert set(key_lines(TEXT)) == set(paths(tomllib.loads(TEXT)))


def test_a_key_that_is_not_written_has_the_line_of_the_table_around_it() -> None:
    assert line_of(TEXT, ("source", 1, "name")) == 22
    assert line_of(TEXT, ("source", 0, "feeds", 1, "selectors", "link")) == 18
    assert line_of(TEXT, ("fetch", "allow")) == 1


def test_windows_line_ends_and_a_missing_last_one_count_alike() -> None:
    assert key_lines(TEXT.replace("\n", "\r\n").rstrip()) == key_lines(TEXT)


def test_an_empty_file_has_no_keys() -> None:
    assert key_lines("") == key_lines("\n# only this") == {}


def test_a_long_multi_line_text_is_followed_without_recursion() -> None:
    text = 'a = """' + 'x\\"\n' * 50_000 + '"""\nb = 1\n'
    assert key_lines(text)[("b",)] == 50_002


# ---------------------------------------------------------------- generated files

KEYS = ["a", "b-c", "_1", "7", "ключ", "a.b", "x # y", 'q"', "it's", "[t]", "tab\t", ""]
SCALARS = [
    "1", "-2.5e3", "true", "1979-05-27 07:32:00Z", "07:32:00", "0xff", "inf",
    '"plain"', '"# [x] , } \\" \\\\"', "'lit \\'", '"""one\n[two]\n\\""" " ""\n"""', "'''a\n''b = 1\n'''", '""""quoted"""""',
]  # fmt: skip
GAPS = ["", "\n", "# [comment] = { \n", "\n\n  # x = 'y\n"]


class Writer:
    """Writes random TOML in random style, and notes the line of every key as it writes it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.text = ""
        self.lines: dict[KeyPath, int] = {}

    def mark(self, path: KeyPath) -> None:
        for size in range(1, len(path) + 1):
            self.lines.setdefault(path[:size], self.text.count("\n") + 1)

    def put(self, *texts: str) -> None:
        self.text += "".join(texts)

    def key(self, key: str) -> str:
        plain = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
        forms = [toml_value(key)] + [key] * plain + [f"'{key}'"] * ("'" not in key and key.isprintable())
        return self.random.choice(forms)

    def keys(self) -> list[str]:
        return self.random.sample(KEYS, self.random.randint(0, 3))

    def table(self, path: KeyPath, depth: int, header: tuple[str, ...]) -> None:
        names = self.keys()
        headed = self.random.randint(0, len(names)) if depth else len(names)
        for name in names[:headed]:
            self.put(self.random.choice(GAPS))
            self.pair((*path, name), self.random.choice(["", "  "]) + self.key(name), depth)
            self.put(self.random.choice(["", " # ] tail"]), "\n")
        for name in names[headed:]:
            self.headed((*path, name), depth, (*header, name))

    def headed(self, path: KeyPath, depth: int, header: tuple[str, ...]) -> None:
        dot = self.random.choice([".", " . "])
        title = dot.join(self.key(part) for part in header)
        if self.random.random() < 0.5:
            self.mark(path)
            self.put("[", title, "]\n")
            self.table(path, depth - 1, header)
            return
        for index in range(self.random.randint(1, 3)):
            self.put(self.random.choice(GAPS))
            self.mark((*path, index))
            self.put("[[", title, "]] # next\n")
            self.table((*path, index), depth - 1, header)

    def pair(self, path: KeyPath, key: str, depth: int) -> None:
        if self.random.random() < 0.2:
            inner = self.random.choice(KEYS)
            path, key = (*path, inner), f"{key} . {self.key(inner)}"
        self.mark(path)
        self.put(key, self.random.choice([" = ", "="]))
        self.value(path, depth)

    def value(self, path: KeyPath, depth: int) -> None:
        kind = self.random.choice(["scalar", "scalar", "array", "inline"]) if depth else "scalar"
        if kind == "scalar":
            self.put(self.random.choice(SCALARS))
        elif kind == "array":
            self.array(path, depth - 1)
        else:
            self.inline(path, depth - 1)

    def array(self, path: KeyPath, depth: int) -> None:
        count = self.random.randint(0, 3)
        self.put("[")
        for index in range(count):
            self.put(self.random.choice(["", " ", *GAPS]))
            self.mark((*path, index))
            self.value((*path, index), depth)
            self.put(self.random.choice(["", " ", "\n"]), "," if index + 1 < count else self.random.choice(["", ","]))
        self.put(self.random.choice(["", "\n", " # end\n"]), "]")

    def inline(self, path: KeyPath, depth: int) -> None:
        self.put("{ ")
        for number, name in enumerate(self.keys()):
            self.put(", " if number else "")
            self.pair((*path, name), self.key(name), depth)
        self.put(" }")


def paths(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    """All key paths of data that tomllib read."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in [(*path, key), *paths(item, (*path, key))]]


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_scanner_finds_the_line_of_every_key_of_any_file(random: Random) -> None:
    writer = Writer(random)
    writer.table((), 3, ())
    assert set(paths(tomllib.loads(writer.text))) == set(writer.lines), writer.text
    assert key_lines(writer.text) == writer.lines, writer.text


# ---------------------------------------------------------------- keys as text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("source", 2, "feeds", 0, "url"), "source[2].feeds[0].url"),
        (("terms", "ru", "strong", 3), "terms.ru.strong[3]"),
        (("headers", "X-Key"), "headers.X-Key"),
        (("a.b", 'q"', "ключ"), '"a.b"."q\\""."ключ"'),
        ((), ""),
    ],
)
def test_key_paths_are_written_as_an_operator_reads_them(path: KeyPath, text: str) -> None:
    assert write_key(path) == text
    assert read_key(text) == path


@given(st.lists(st.text(max_size=4) | st.integers(0, 99), max_size=5).map(tuple))
def test_key_paths_survive_writing_and_reading(path: KeyPath) -> None:
    assert read_key(write_key(path)) == path


def test_reading_a_key_stops_at_what_is_no_key() -> None:
    assert read_key("terms.ru]x") == ("terms", "ru")


@given(
    st.recursive(
        st.booleans() | st.integers(-(10**6), 10**6) | st.text(st.characters(codec="utf-8")),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
        ),
    )
)
def test_values_written_as_toml_are_read_back(value: Any) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}")["x"] == value
