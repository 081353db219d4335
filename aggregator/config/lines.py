"""On which line of a TOML text each key and each element of an array stands.

tomllib says what a file holds but not where. The scanner reads texts that tomllib has accepted, so it need not judge
syntax (TOML 1.0): it only follows it. It runs only when there is something to complain about.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache

from aggregator.config.keys import KeyPath

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""("{0,2})'  # up to two quotes more belong to the text itself
    r"|'''.*?'''('{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^\s,\]}#]+(?: \d\d:[^\s,\]}#]*)?")


@lru_cache(maxsize=64)
def key_lines(text: str) -> Mapping[KeyPath, int]:
    """The line (from 1) of each key path in valid TOML `text`: where the key, table header or array element begins.

    A key that several statements share (`a` in `[a.b]` and `[a.c]`) stands where it is named first.
    """
    return _Scanner(text).scan()


def line_of(text: str, path: KeyPath) -> int:
    """The line of `path`, or of the closest table around it when `path` itself is not written; 1 at the top."""
    lines = key_lines(text)
    return next((lines[path[:size]] for size in range(len(path), 0, -1) if path[:size] in lines), 1)


class _Scanner:
    """One pass over a text: `table` is the header in force, `sizes` the lengths of the arrays of tables so far."""

    __slots__ = ("_breaks", "_lines", "_pos", "_sizes", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._pos = 0
        self._lines: dict[KeyPath, int] = {}
        self._sizes: dict[KeyPath, int] = {}
        self._breaks = [found.start() for found in re.finditer("\n", text)]

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text.startswith("[[", self._pos):
                table = self._array_header()
            elif self._text[self._pos] == "[":
                table = self._table_header()
            else:
                self._pair(table)
        return self._lines

    # ------------------------------------------------------------ statements

    def _array_header(self) -> KeyPath:
        start = self._pos
        self._pos += 2
        keys = self._dotted()
        self._pos += 2
        array = (*self._inside(keys[:-1]), keys[-1])
        index = self._sizes.get(array, 0)
        self._sizes[array] = index + 1
        self._mark((*array, index), start)
        return (*array, index)

    def _table_header(self) -> KeyPath:
        start = self._pos
        self._pos += 1
        path = self._inside(self._dotted())
        self._pos += 1
        self._mark(path, start)
        return path

    def _inside(self, keys: KeyPath) -> KeyPath:
        """A header's keys as a path: a name of an array of tables means its last element."""
        path: KeyPath = ()
        for key in keys:
            path = (*path, key)
            if path in self._sizes:
                path = (*path, self._sizes[path] - 1)
        return path

    def _pair(self, table: KeyPath) -> None:
        start = self._pos
        path = table + self._dotted()
        self._mark(path, start)
        self._pos += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    # ------------------------------------------------------------ keys and values

    def _dotted(self) -> KeyPath:
        keys = [self._key()]
        while self._text.startswith(".", self._pos):
            self._pos += 1
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> str:
        self._skip(_SPACE)
        found = _BARE.match(self._text, self._pos) or _STRING.match(self._text, self._pos)
        key = self._take(found)
        self._skip(_SPACE)
        return str(tomllib.loads(f"key = {key}")["key"]) if key[0] in "\"'" else key

    def _value(self, path: KeyPath) -> None:
        first = self._text[self._pos]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            pattern = _STRING if first in "\"'" else _SCALAR
            self._take(pattern.match(self._text, self._pos))

    def _array(self, path: KeyPath) -> None:
        self._pos += 1
        index = 0
        while not self._closes("]"):
            self._mark((*path, index), self._pos)
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._pos += 1
        while not self._closes("}"):
            self._pair(path)

    def _closes(self, bracket: str) -> bool:
        """Step over a comma and what is blank; is the closing bracket next? Then step over it as well."""
        self._skip(_BLANK)
        if self._text[self._pos] == ",":
            self._pos += 1
            self._skip(_BLANK)
        closes = self._text[self._pos] == bracket
        self._pos += closes
        return closes

    # ------------------------------------------------------------ marks and steps

    def _mark(self, path: KeyPath, start: int) -> None:
        line = bisect_right(self._breaks, start) + 1
        for size in range(1, len(path) + 1):
            self._lines.setdefault(path[:size], line)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        self._take(pattern.match(self._text, self._pos))
        return self._pos

    def _take(self, found: re.Match[str] | None) -> str:
        if found is None:
            raise ValueError(f"not TOML at character {self._pos}")
        self._pos = found.end()
        return found.group()
