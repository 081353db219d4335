"""The words of the rules: which slots a token of a text fills, and a cheap first look that spares most tokens the question."""

from collections.abc import Container, Iterable, Mapping, Sequence

from aggregator.topics.forms import endings
from aggregator.topics.letters import acronym_of, fold, unmixed

_BEGINNING = 4
"""Letters by which words are told from all stems at once."""
_SIMPLE = "".join(filter(str.isalnum, map(chr, (*range(0x250), *range(0x400, 0x500)))))
"""Letters that fold each for itself, whatever stands beside them."""
_OTHER = "\0"


class _Alike(dict[int, str]):
    """The letters of a word's beginning as they may be read: folded, and Cyrillic where a Latin one looks like it."""

    def __missing__(self, letter: int) -> str:
        return _OTHER


_ALIKE = _Alike({ord(letter): unmixed(fold(letter)) for letter in _SIMPLE})


class Vocabulary:
    """The words of the rules. Holds nothing that could not be worked out again, so threads may share it."""

    __slots__ = ("_acronyms", "_beginnings", "_classes", "_endings", "_lengths", "_lower", "_stems")

    def __init__(
        self,
        stems: Mapping[str, str],
        classes: Sequence[str],
        acronyms: Mapping[str, str],
        lower: Sequence[int],
    ) -> None:
        self._stems = stems
        self._classes = classes
        self._acronyms = acronyms
        self._lower = frozenset(lower)
        self._endings: dict[int, Container[str]] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._beginnings: frozenset[str] = frozenset()

    def slots(self, token: str) -> tuple[int, ...]:
        """The slots that a token as written fills, without repetition."""
        found = dict.fromkeys(self._inflected(token))
        acronym = acronym_of(token)
        if acronym is not None:
            found |= dict.fromkeys(map(int, self._acronyms.get(acronym, "").split()))
        return tuple(found)

    def may_know(self, word: str) -> bool:
        """Whether a word of letters and digits alone might fill a slot. Most new words are told by their first four:
        to fold them and look for their stems costs ten times as much.
        """
        known = self._beginnings or self._learnt()
        start = word[:_BEGINNING].translate(_ALIKE)
        return (
            start[:4] in known
            or start[:3] in known
            or start[:2] in known
            or start[:1] in known
            or word[:2] in known
            or _OTHER in start
        )

    def _learnt(self) -> frozenset[str]:
        """How words of the rules begin, as `_ALIKE` reads it, and acronyms as written; never empty."""
        acronyms = {acronym[:2] for acronym in self._acronyms}
        self._beginnings = frozenset({_OTHER, *map(unmixed, self._known()), *acronyms})
        return self._beginnings

    def _known(self) -> dict[str, tuple[int, ...]]:
        if not self._lengths:
            self._lengths = _lengths(self._stems)
        return self._lengths

    def _inflected(self, token: str) -> list[int]:
        folded = fold(token)
        found: list[int] = []
        for end in self._lengths_of(folded):
            entries = self._stems.get(folded[:end])
            if entries:
                rest = folded[end:]
                pairs = list(map(int, entries.split()))
                found += [
                    slot for slot, group in zip(pairs[::2], pairs[1::2], strict=True) if rest in self._class(group)
                ]
        if found and self._lower and not token[:1].islower():
            return [slot for slot in found if slot not in self._lower]
        return found

    def _lengths_of(self, folded: str) -> tuple[int, ...]:
        """The lengths of the stems that may begin a word; most words have none, told by their first letters alone."""
        known = self._known()
        return (
            known.get(folded[:1], ())
            + known.get(folded[:2], ())
            + known.get(folded[:3], ())
            + known.get(folded[:4], ())
            if len(folded) > _BEGINNING
            else tuple(range(1, len(folded) + 1))
        )

    def _class(self, group: int) -> Container[str]:
        accepted = self._endings.get(group)
        if accepted is None:
            accepted = self._endings[group] = endings(self._classes[group])
        return accepted


def _lengths(stems: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """The first letters of stems → how long the stems are that begin so. Stems of four letters and fewer are their own."""
    found: dict[str, set[int]] = {}
    for stem in stems:
        found.setdefault(stem[:_BEGINNING], set()).add(len(stem))
    return {beginning: tuple(sorted(lengths)) for beginning, lengths in found.items()}
