"""The published HTML of an article: its complete HTML without the lines that were cut from its text.

The store keeps the complete HTML and the cut text; which lines were cut follows from the two, so a wrong cut can be
undone and no second copy is stored.
"""

import re

from aggregator.text.html import BLOCKS, to_text

_block = re.compile(rf'(</?(?:{"|".join(sorted(BLOCKS))})(?: [a-z-]+="[^"]*")*>)')
_token = re.compile(r'<(/?)([a-z0-9]+)((?: [a-z-]+="[^"]*")*)>|[^<]+')
_VOID = frozenset(("br", "hr", "img", "source", "wbr", "col"))
_CELLS = frozenset(("td", "th"))


def trim(html: str, text: str) -> str:
    """`html` (sanitised, as `Article.html`) with only the lines that `text` (as `Article.text`) still has.

    Pictures and links of a cut line go with it; elements left empty go too. Equal to `html` when nothing was cut.
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
        self._kept: list[str] = []
        self._opened: list[tuple[str, int]] = []
        self._upcoming = iter(verdicts)
        self._cutting = bool(verdicts) and not verdicts[0]

    def trimmed(self, html: str) -> str:
        for number, part in enumerate(_block.split(html)):
            if number % 2:
                self._tag(part)
            elif part:
                self._line(part)
        return "".join(self._kept)

    def _line(self, part: str) -> None:
        if to_text(part):
            self._cutting = not next(self._upcoming, True)
        if "<" not in part:
            self._leaf(part)
            return
        for match in _token.finditer(part):
            if match[2] and match[2] not in _VOID:
                self._tag(match[0])
            else:
                self._leaf(match[0])

    def _leaf(self, part: str) -> None:
        if not self._cutting:
            self._kept.append(part)

    def _tag(self, tag: str) -> None:
        name = tag.strip("</>").partition(" ")[0]
        if name in _VOID:
            self._leaf(tag)
        elif tag[1] != "/":
            self._opened.append((name, len(self._kept)))
            self._kept.append(tag)
        elif self._opened:
            self._close(tag, *self._opened.pop())

    def _close(self, tag: str, name: str, start: int) -> None:
        if self._cutting and name not in _CELLS and not any(part.strip() for part in self._kept[start + 1 :]):
            del self._kept[start:]
            if self._kept and not self._kept[-1].endswith(">"):
                self._kept.append("<br>")  # it parted the bare text around it
        else:
            self._kept.append(tag)
