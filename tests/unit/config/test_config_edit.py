"""Changing sources files: comments and order stay, nothing faulty is ever written, nobody sees half a file."""

import os
import stat
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import edit, load
from aggregator.errors import AggregatorError, ConfigError, NotFound

KZ = "sources/kazakhstan.toml"
NEW: dict[str, Any] = {
    "id": "gamma",
    "name": 'Гамма "Г"',
    "url": "https://gamma.example/",
    "country": "AZ",
    "language": None,
    "feeds": [{"url": "https://gamma.example/f", "kind": "page", "selectors": {"item": "h2 > a"}}],
}

STYLES = """\
# All the styles people write. Every comment stays.
[[source]] # first
id = "one"
name = "One"   # two  spaces
url = 'https://one.example/'
feeds = [{ url = "https://one.example/a" }, {url="https://one.example/b",enabled=true}] # tail

[[source]]
name = "Two"
id = "two"
url = "https://two.example/"
feeds = [
  # the main one
  { url = "https://two.example/a", selectors = { item = "a" }, kind = "page" }, # first
  { enabled = true, url = "https://two.example/b" }, # second
  { url = "https://two.example/c", enabled = false } # last
]

[[source]]
id = "three"
name = "Three"
url = "https://three.example/"

# about a
[[source.feeds]]
url = "https://three.example/a"

# about b
  [[source.feeds]]
  url = "https://three.example/b" # indented
  kind = "page"
  [source.feeds.selectors]
  item = "a"

# about c
[[source.feeds]]
enabled = true # why
url = "https://three.example/c"

# about four
[[source]]
id = "four"
name = "Four"
url = "https://four.example/"
"""


def changes(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that differ, as (before, after), where a new line stands against nothing."""
    import difflib

    matcher = difflib.SequenceMatcher(None, before.split("\n"), after.split("\n"), autojunk=False)
    return [
        ("\n".join(before.split("\n")[a:b]), "\n".join(after.split("\n")[c:d]))
        for kind, a, b, c, d in matcher.get_opcodes()
        if kind != "equal"
    ]


# ---------------------------------------------------------------- set_enabled


@pytest.mark.parametrize(
    ("source", "count", "expected"),
    [
        ("one", 2, [(
            'feeds = [{ url = "https://one.example/a" }, {url="https://one.example/b",enabled=true}] # tail',
            'feeds = [{ url = "https://one.example/a", enabled = false }, {url="https://one.example/b",enabled=false}] # tail',
        )]),
        ("two", 2, [(
            '''  { url = "https://two.example/a", selectors = { item = "a" }, kind = "page" }, # first
  { enabled = true, url = "https://two.example/b" }, # second''',
            '''  { url = "https://two.example/a", selectors = { item = "a" }, kind = "page", enabled = false }, # first
  { enabled = false, url = "https://two.example/b" }, # second''',
        )]),
        ("three", 3, [
            ("", "enabled = false"),
            ("", "  enabled = false"),
            ("enabled = true # why", "enabled = false # why"),
        ]),
        ("four", 0, []),
    ],
)  # fmt: skip
def test_disabling_changes_only_the_feeds_of_that_source(write_config, source, count, expected) -> None:
    directory = write_config({KZ: STYLES})
    assert edit.set_enabled(directory, source, False) == (directory / KZ, count)
    text = (directory / KZ).read_text()
    assert changes(STYLES, text) == expected
    feeds = {source.id: [feed.enabled for feed in source.feeds] for source in load(directory).sources}
    assert not any(feeds[source])
    assert sum(map(len, feeds.values())) == 8


def test_the_comment_of_the_next_feed_stays_with_it(write_config) -> None:
    directory = write_config({KZ: STYLES})
    edit.set_enabled(directory, "three", False)
    text = (directory / KZ).read_text()
    assert 'url = "https://three.example/a"\nenabled = false\n\n# about b\n' in text
    assert '  url = "https://three.example/b" # indented\n  enabled = false\n  kind = "page"\n' in text


def test_enabling_again_enables_all_feeds(write_config) -> None:
    directory = write_config({KZ: STYLES})
    edit.set_enabled(directory, "two", False)
    assert edit.set_enabled(directory, "two", True) == (directory / KZ, 3)
    (two,) = [source for source in load(directory).sources if source.id == "two"]
    assert [feed.enabled for feed in two.feeds] == [True] * 3


def test_what_is_so_already_leaves_the_file_untouched(write_config) -> None:
    directory = write_config()
    before = (directory / KZ).stat()
    assert edit.set_enabled(directory, "alpha", True) == (directory / KZ, 0)
    assert (directory / KZ).stat().st_mtime_ns == before.st_mtime_ns
    assert (directory / KZ).stat().st_ino == before.st_ino


def test_windows_line_ends_stay(write_config) -> None:
    directory = write_config({KZ: STYLES.replace("\n", "\r\n")})
    edit.set_enabled(directory, "three", False)
    raw = (directory / KZ).read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert raw.count(b"enabled = false\r\n") == 2
    load(directory)


def test_line_separators_of_other_worlds_do_not_shift_the_place(write_config) -> None:
    text = STYLES.replace("# about a", "# about\u2028 a \u0085")
    directory = write_config({KZ: text})
    edit.set_enabled(directory, "three", False)
    assert ("", "enabled = false") in changes(text, (directory / KZ).read_text())


def test_an_unknown_source_is_not_found_with_a_hint(write_config) -> None:
    with pytest.raises(NotFound, match="there is no source aplha: did you mean alpha"):
        edit.set_enabled(write_config(), "aplha", False)


def test_a_source_in_a_broken_file_is_a_fault_not_an_unknown_source(write_config) -> None:
    directory = write_config({"sources/broken.toml": "[[source]\n"})
    with pytest.raises(ConfigError, match=r"broken\.toml:1"):
        edit.set_enabled(directory, "gamma", False)


def test_a_source_in_a_sound_file_can_be_disabled_while_another_file_is_broken(write_config) -> None:
    directory = write_config({"sources/broken.toml": "[[source]\n", "topics/rail.toml": "title = 3\n"})
    assert edit.set_enabled(directory, "alpha", False) == (directory / KZ, 1)


# ---------------------------------------------------------------- add_source


def test_a_source_is_added_to_its_countrys_file(write_config) -> None:
    directory = write_config()
    path = edit.add_source(directory, NEW)
    assert path == directory / "sources/az.toml"
    assert path.read_text() == (
        '[[source]]\nid = "gamma"\nname = "Гамма \\"Г\\""\nurl = "https://gamma.example/"\ncountry = "AZ"\n'
        'feeds = [{ url = "https://gamma.example/f", kind = "page", selectors = { item = "h2 > a" } }]\n'
    )
    assert "gamma" in {source.id for source in load(directory).sources}


def test_a_source_without_a_country_goes_to_added(write_config) -> None:
    directory = write_config()
    assert edit.add_source(directory, {**NEW, "country": None}).name == "added.toml"


@pytest.mark.parametrize("file", ["kazakhstan", "kazakhstan.toml"])
def test_what_stands_in_the_file_stays_byte_for_byte(write_config, file: str) -> None:
    directory = write_config({KZ: STYLES})
    edit.add_source(directory, NEW, file)
    text = (directory / KZ).read_text()
    assert text.startswith(STYLES + "\n[[source]]\n")
    assert [source["id"] for source in tomllib.loads(text)["source"]] == ["one", "two", "three", "four", "gamma"]


def test_a_file_without_a_last_line_end_is_extended_properly(write_config) -> None:
    directory = write_config({KZ: STYLES.rstrip() + " # last"})
    edit.add_source(directory, NEW, "kazakhstan")
    assert 'url = "https://four.example/" # last\n\n[[source]]\n' in (directory / KZ).read_text()


def test_a_file_that_lists_sources_inline_is_extended_in_its_way(write_config) -> None:
    inline = 'source = [\n  { id = "x", name = "X", url = "https://x.example/" }, # why [[x]]\n]\n'
    directory = write_config({KZ: inline})
    edit.add_source(directory, NEW, "kazakhstan")
    text = (directory / KZ).read_text()
    assert "# why [[x]]" in text
    assert [source["id"] for source in tomllib.loads(text)["source"]] == ["x", "gamma"]


def test_the_folder_is_made_when_it_is_missing(write_config) -> None:
    directory = write_config({KZ: None})
    (directory / "sources").rmdir()
    edit.add_source(directory, NEW)
    assert [source.id for source in load(directory).sources] == ["gamma"]


def test_many_sources_are_added_at_once_or_not_at_all(write_config) -> None:
    directory = write_config()
    delta = {**NEW, "id": "delta", "country": "KZ"}
    assert [path.name for path in edit.add_sources(directory, [NEW, delta, {**NEW, "id": "eta"}])] == [
        "az.toml", "kz.toml", "az.toml",
    ]  # fmt: skip
    assert len(load(directory).sources) == 5
    with pytest.raises(ConfigError):
        edit.add_sources(directory, [{**NEW, "id": "theta"}, {**NEW, "id": "theta"}])
    assert len(load(directory).sources) == 5


@pytest.mark.parametrize(
    ("change", "key", "message"),
    [
        ({"id": "alpha"}, "source[0].id", "is used twice"),
        ({"url": "gamma.example"}, "source[0].url", "is not an http or https address"),
        ({"nmae": "x"}, "source[0].nmae", "unknown key"),
        ({"country": "../../etc"}, "source[0].country", "is not a country code"),
        ({"headers": {"Authorization": "$NOWHERE_TO_BE_FOUND"}}, "source[0].headers.Authorization", "is not set"),
    ],
)
def test_a_faulty_source_is_refused_and_nothing_is_written(write_config, change, key: str, message: str) -> None:
    directory = write_config()
    before = sorted(path.name for path in directory.rglob("*"))
    with pytest.raises(ConfigError) as caught:
        edit.add_source(directory, {**NEW, **change}, "new", environ={})
    faults = {fault.key: fault for fault in caught.value.faults}
    where = faults.get(key) or next(iter(faults.values()))
    assert message in where.message
    assert sorted(path.name for path in directory.rglob("*")) == before


def test_faults_that_were_there_before_do_not_stop_an_addition(write_config) -> None:
    directory = write_config({"topics/rail.toml": "title = 3\n", KZ: STYLES + 'formerly = ["four"]\n'})
    edit.add_source(directory, NEW, "kazakhstan")
    assert 'id = "gamma"' in (directory / KZ).read_text()


def test_an_old_fault_whose_line_moves_is_no_new_one(write_config) -> None:
    twice = '\nfeeds = [\n{ url = "https://four.example/f" },\n{ url = "https://four.example/f" }]\n'
    directory = write_config({KZ: STYLES.rstrip() + twice + 'formerly = ["one", "four"]\n'})
    assert edit.set_enabled(directory, "three", False) == (directory / KZ, 3)


@pytest.mark.parametrize("file", ["../topics/x", "/tmp/x", "a/b", ".hidden", "", "x\n"])
def test_a_file_outside_the_folder_is_refused(write_config, file: str) -> None:
    directory = write_config()
    if not file:
        assert edit.add_source(directory, NEW, file).name == "az.toml"
        return
    with pytest.raises(ConfigError, match="is not the name of a file in sources/"):
        edit.add_source(directory, NEW, file)


def test_a_broken_file_is_not_added_to(write_config) -> None:
    directory = write_config({KZ: "[[source]\n"})
    with pytest.raises(ConfigError, match=r"kazakhstan\.toml:1: syntax"):
        edit.add_source(directory, NEW, "kazakhstan")
    assert (directory / KZ).read_text() == "[[source]\n"


def test_a_missing_directory_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file or directory"):
        edit.add_source(tmp_path / "nowhere", NEW)


# ---------------------------------------------------------------- the file itself


def test_the_files_mode_stays(write_config) -> None:
    directory = write_config()
    (directory / KZ).chmod(0o640)
    edit.set_enabled(directory, "alpha", False)
    assert stat.S_IMODE((directory / KZ).stat().st_mode) == 0o640


def test_a_linked_file_stays_a_link(write_config, tmp_path: Path) -> None:
    directory = write_config()
    (directory / KZ).rename(tmp_path / "elsewhere.toml")
    (directory / KZ).symlink_to(tmp_path / "elsewhere.toml")
    edit.set_enabled(directory, "alpha", False)
    assert (directory / KZ).is_symlink()
    assert "enabled = false" in (tmp_path / "elsewhere.toml").read_text()


def test_nothing_is_left_behind(write_config) -> None:
    directory = write_config()
    edit.set_enabled(directory, "alpha", False)
    edit.add_source(directory, NEW)
    assert sorted(path.name for path in (directory / "sources").iterdir()) == ["az.toml", "kazakhstan.toml"]


def test_a_rename_that_fails_leaves_the_old_file_and_no_draft(write_config, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = write_config()
    before = (directory / KZ).read_bytes()

    def refuse(path: Path, _target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(AggregatorError, match="cannot be written: Permission denied"):
        edit.set_enabled(directory, "alpha", False)
    assert (directory / KZ).read_bytes() == before
    assert [path.name for path in (directory / "sources").iterdir()] == ["kazakhstan.toml"]


def in_threads(jobs: list[Callable[[], object]]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_editors_at_the_same_time_lose_nothing(write_config) -> None:
    directory = write_config()
    names = [f"s{number}" for number in range(12)]
    in_threads([lambda name=name: edit.add_source(directory, {**NEW, "id": name}, "many") for name in names])
    assert {source.id for source in load(directory).sources} == {"alpha", "beta", *names}


def test_a_reader_never_sees_half_a_file(write_config) -> None:
    directory = write_config({KZ: STYLES})
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            seen.append(len(load(directory, environ=os.environ).sources))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(10):
        edit.set_enabled(directory, "three", bool(turn % 2))
    done.set()
    reader.join()
    assert set(seen) == {4}
