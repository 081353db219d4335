"""Guards before the sanitiser, which is quadratic in nesting and in the attributes of one tag.

A body is passed on as it stands when it is too small to hurt. Any other is first rewritten by one linear pass into tags
that every parser reads alike (known elements, quoted and escaped attributes, a few of them), which also measures how
deep it nests. The sanitiser still decides about everything: this only takes the ambiguity out.
"""

import re
from collections import Counter

from aggregator.text.html import ATTRIBUTES, without_unread

DEEPEST = 512
LONGEST_TAG = 65_536
LONGEST_BODY = 2_000_000
_FREE_WORK, _WORK_A_TAG = 200_000, 64

_SHALLOW = """
    area base br col embed hr img input link meta param source track wbr
    p li dt dd tr td th tbody thead tfoot caption colgroup option optgroup rp rt rb
"""
_shallow = frozenset(_SHALLOW.split())
_tag = re.compile(rf"<(?:(/?)([a-z][a-z0-9:-]*+)(?=[\s/>])|[!?])({ATTRIBUTES})>", re.I | re.A)
_attribute = re.compile(
    r"""(?<![a-z0-9_:-])([a-z][a-z-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>`]++))""", re.I | re.A
)
_ATTRIBUTES_A_TAG = 32
_LONGEST_ATTRIBUTES = 16_384


def manageable(html: str) -> str | None:
    """`html` as it may be given to the sanitiser; None when only its text should be taken.

    None: nested deeper than DEEPEST, longer than LONGEST_BODY characters, or misnested so that repairing it would
    multiply its size.
    """
    if html.count("<") <= DEEPEST and len(html) <= LONGEST_TAG:
        return html
    if len(html) > LONGEST_BODY:
        return None
    return _rewritten(without_unread(html))


def _rewritten(html: str) -> str | None:
    kept: list[str] = []
    open_elements: Counter[str] = Counter()
    depth = work = position = 0
    for number, match in enumerate(_tag.finditer(html)):
        kept.append(html[position : match.start()].replace("<", "&lt;"))
        position = match.end()
        if match[2] is None:
            continue
        closing, name = match[1], match[2].lower()
        kept.append(f"</{name}>" if closing else f"<{name}{_attributes(match[3])}>")
        if name in _shallow:
            work += depth
            continue
        change = -1 if closing else 1
        if open_elements[name] + change >= 0:
            open_elements[name] += change
            depth += change
        work += depth
        if depth > DEEPEST or work > _FREE_WORK + _WORK_A_TAG * number:
            return None
    kept.append(html[position:].replace("<", "&lt;"))
    return "".join(kept)


def _attributes(written: str) -> str:
    """At most _ATTRIBUTES_A_TAG attributes, each quoted and escaped."""
    if not written.strip(" /"):
        return ""
    found = _attribute.findall(written[:_LONGEST_ATTRIBUTES])[:_ATTRIBUTES_A_TAG]
    return "".join(f' {name.lower()}="{_value(double or single or bare)}"' for name, double, single, bare in found)


def _value(raw: str) -> str:
    """The value, still with its references, in double quotes' escaping."""
    return raw.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
