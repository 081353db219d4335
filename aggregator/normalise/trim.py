"""The published HTML of an article: its complete HTML without the lines that were cut from its text.

The store keeps the complete HTML and the cut text; which lines were cut follows from the two, so a wrong cut can be
undone and no second copy is stored.
"""

import re

from aggregator.text.html import BLOCKS, to_text

_token = re.compile(r'<(/?)([a-z0-9]+)((?: [a-z-]+="[^"]*")*)>|[^<]+')
_VOID = frozenset(("br", "hr", "img", "source", "wbr", "col"))
_CELLS = frozenset(("td", "th"))


def trim(html: str, text: str) -> str:
    """`html` (sanitised, as `Article.html`) with only the lines that `text` (as `Article.text`) still has.

    Pictures and links of a cut line go with it; elements left empty go too. Equal to `html` when nothing was cut.
    """
    whole = to_text(html).split("\n")
    wanted = text.split("\n") if text else []
    if whole == wanted:
        return html
    return _without_empty(_lines(html), _verdicts(whole, wanted))


def _verdicts(whole: list[str], wanted: list[str]) -> list[bool]:
    """For each line of `whole` whether it is kept: `wanted` is a subsequence of it."""
    verdicts, position = [], 0
    for line in whole:
        keep = position < len(wanted) and line == wanted[position]
        position += keep
        verdicts.append(keep)
    return verdicts


def _lines(html: str) -> list[list[tuple[str, str, str]]]:
    """The tokens (whole, closing mark, element name) of `html`, parted where its text breaks lines."""
    lines: list[list[tuple[str, str, str]]] = [[]]
    for match in _token.finditer(html):
        name = match[2] or ""
        if name in BLOCKS:
            lines += [[(match[0], match[1], name)], []]
        else:
            lines[-1].append((match[0], match[1] or "", name))
    return [line for line in lines if line]


def _without_empty(lines: list[list[tuple[str, str, str]]], verdicts: list[bool]) -> str:
    """The kept tokens as HTML; what a cut line held goes, and so do elements that it leaves empty."""
    kept: list[str] = []
    opened: list[tuple[str, int]] = []
    cutting = bool(verdicts) and not verdicts[0]
    upcoming = iter(verdicts)
    for line in lines:
        if any(not name and to_text(whole) for whole, _, name in line):
            cutting = not next(upcoming, True)
        for whole, closing, name in line:
            _place(whole, closing, name, kept, opened, cutting=cutting)
    return "".join(kept)


def _place(
    whole: str, closing: str, name: str, kept: list[str], opened: list[tuple[str, int]], *, cutting: bool
) -> None:
    if not name or name in _VOID:
        if not cutting:
            kept.append(whole)
    elif not closing:
        opened.append((name, len(kept)))
        kept.append(whole)
    elif opened:
        _, start = opened.pop()
        if cutting and name not in _CELLS and not any(part.strip() for part in kept[start + 1 :]):
            del kept[start:]
        else:
            kept.append(whole)
