"""The published HTML of an article: its complete HTML without the lines that were cut from its text.

The store keeps the complete HTML and the cut text; which lines were cut follows from the two, so a wrong cut can be
undone and no second copy is stored.
"""

import re

from aggregator.text.html import BLOCKS, to_text

_block = re.compile(rf'(</?(?:{"|".join(sorted(BLOCKS))})(?: [a-z-]+="[^"]*")*>)')
_token = re.compile(r'<(/?)([a-z0-9]+)((?: [a-z-]+="[^"]*")*)>|[^<]+')
_BREAKS = frozenset(("br", "hr"))
_VOID = frozenset(("img", "source", "wbr", "col"))
_CELLS = frozenset(("td", "th"))


def trim(html: str, text: str) -> str:
    """`html` (sanitised, as `Article.html`) with only the lines that `text` (as `Article.text`) still has.

    Pictures and links of a cut line go with it, pictures between two cut lines as well, and elements left empty. Equal
    to `html` when nothing was cut.
    """
    whole = to_text(html).split("\n")
    wanted = text.split("\n") if text else []
    return html if whole == wanted else _Trimmed(_verdicts(whole, wanted)).trimmed(html)


def _verdicts(whole: list[str], wanted: list[str]) -> list[bool]:
    """For each line of `whole` whether it is kept: `wanted` is a subsequence of it."""
    verdicts, position = [], 0
    for line in whole:
        keep = position < len(wanted) and line == wanted[position]
        position += keep
        verdicts.append(keep)
    return verdicts


class _Trimmed:
    """The kept parts of a document, and where its open elements started among them."""

    def __init__(self, verdicts: list[bool]) -> None:
        self._verdicts = verdicts
        self._line = 0
        self._kept: list[str] = []
        self._dropped = 0
        self._opened: list[tuple[str, int, int]] = []

    def trimmed(self, html: str) -> str:
        for number, part in enumerate(_block.split(html)):
            if number % 2:
                self._tag(part, keep=self._stays_between())
            elif part:
                self._inline(part)
        return "".join(self._kept)

    def _inline(self, part: str) -> None:
        """What stands between two tags that break lines: at most one line of text."""
        keep = self._stays_between()
        if to_text(part):
            keep = self._is_kept(self._line)
            self._line += 1
        if "<" not in part:
            self._leaf(part, keep=keep)
            return
        for match in _token.finditer(part):
            if match[2]:
                self._tag(match[0], keep=keep)
            else:
                self._leaf(match[0], keep=keep)

    def _stays_between(self) -> bool:
        """Whether what holds no text (a picture) stays: unless the lines before and after it go."""
        return self._is_kept(self._line - 1) or (self._line < len(self._verdicts) and self._is_kept(self._line))

    def _is_kept(self, line: int) -> bool:
        return not 0 <= line < len(self._verdicts) or self._verdicts[line]

    def _leaf(self, part: str, *, keep: bool) -> None:
        if keep:
            self._kept.append(part)
        else:
            self._dropped += 1

    def _tag(self, tag: str, *, keep: bool) -> None:
        name = tag.strip("</>").partition(" ")[0]
        if name in _BREAKS:
            self._leaf(tag, keep=keep and self._is_kept(self._line - 1))
        elif name in _VOID:
            self._leaf(tag, keep=keep)
        elif tag[1] != "/":
            self._opened.append((name, len(self._kept), self._dropped))
            self._kept.append(tag)
        elif self._opened:
            self._close(tag, *self._opened.pop())

    def _close(self, tag: str, name: str, start: int, dropped: int) -> None:
        """Close an element, or forget it when what was dropped has left nothing in it."""
        if self._dropped == dropped or name in _CELLS or any(part.strip() for part in self._kept[start + 1 :]):
            self._kept.append(tag)
            return
        del self._kept[start:]
        if self._kept and self._kept[-1].strip() and not self._kept[-1].endswith(">"):
            self._kept.append("<br>")  # the element parted the bare text around it
