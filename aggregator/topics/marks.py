"""What the pieces of a text mean to the rules, worked out at their first sight and remembered.

News repeats its words, so reading a text is mostly looking up its pieces between white space, each of which stands
for the marks of its tokens; folding and the automata of endings are for pieces never seen before.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from aggregator.topics.forms import endings
from aggregator.topics.letters import BREAKS, LONGEST, STOPS, acronym_of, fold, split

Anchor = tuple[int, tuple[tuple[int, frozenset[int]], ...], int, int]
"""An atom, what must stand around a token for one of its phrases to stand there (distance, slots), and how many words
of the phrase precede and follow the token."""
Meaning = tuple[tuple[int, ...], tuple[Anchor, ...]]
"""The atoms that a slot is all of, and the phrases that it anchors."""
Mark = tuple[frozenset[int], tuple[int, ...], tuple[Anchor, ...]]
"""What a token means: its slots, the atoms it is all of, the phrases it may anchor."""
BREAK: tuple[()] = ()
"""The mark of punctuation that no phrase crosses."""
STOP: Mark = (frozenset(), (), ())
"""The mark of what ends a sentence, too; it means no word, and is told from words by identity."""
LAST: Mark = (frozenset(), (), ())
"""The mark of a full stop that ends its piece: it ends the sentence unless the next piece begins in lower case."""
Marks = tuple[Mark | tuple[()] | None, ...]

MOST_TOKENS = 40_000
MOST_CHUNKS = 100_000
"""Pieces of one generation, some 20 MB."""

_NOTHING: Marks = (None,)


_BEGINNING = 4
"""Letters by which words are told from all stems at once."""


class Vocabulary:
    """The words of the rules: which slots a token fills."""

    __slots__ = ("_acronyms", "_classes", "_endings", "_lengths", "_lower", "_stems")

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

    def slots(self, token: str) -> tuple[int, ...]:
        """The slots that a token as written fills, without repetition."""
        found = dict.fromkeys(self._inflected(token))
        acronym = acronym_of(token)
        if acronym is not None:
            found |= dict.fromkeys(map(int, self._acronyms.get(acronym, "").split()))
        return tuple(found)

    def may_know(self, word: str) -> bool:
        """Whether a word begins as some stem does, or like an acronym: most new words are told to mean nothing by this."""
        folded = fold(word)
        known = self._lengths or self._measured()
        return (
            folded[:4] in known
            or folded[:3] in known
            or folded[:2] in known
            or folded[:1] in known
            or (len(folded) <= _BEGINNING and folded in self._stems)
            or word[1:2].isupper()
        )

    def _measured(self) -> dict[str, tuple[int, ...]]:
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
        known = self._lengths or self._measured()  # unrolled: every word never seen before comes by
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
    found: dict[str, set[int]] = {"": set()}
    for stem in stems:
        found.setdefault(stem[:_BEGINNING], set()).add(len(stem))
    return {beginning: tuple(sorted(lengths)) for beginning, lengths in found.items()}


class Chunks(dict[str, Marks]):
    """Piece of a text between white space → the marks of its tokens; None for a word that means nothing.

    Holds nothing that could not be worked out again, so threads may share it. Two generations: when the younger is
    full the elder is forgotten, so that what comes often stays.
    """

    __slots__ = ("_elder", "_meaning", "_tokens", "_vocabulary", "most")

    def __init__(self, vocabulary: Vocabulary, meaning: Callable[[int], Meaning]) -> None:
        super().__init__()
        self._vocabulary = vocabulary
        self._meaning = meaning
        self._tokens: dict[str, Mark | None] = {}
        self._elder: dict[str, Marks] = {}
        self.most = MOST_CHUNKS

    def __missing__(self, chunk: str) -> Marks:
        marks = self._elder.get(chunk)
        if marks is None:
            marks = self._read(chunk)
        if len(chunk) <= LONGEST:
            if len(self) >= self.most:
                self._elder = dict(self)
                self.clear()
            self[chunk] = marks
        return marks

    def _read(self, chunk: str) -> Marks:
        if chunk.isalpha():
            return (self._token(chunk),) if self._vocabulary.may_know(chunk) else _NOTHING
        word, last = chunk[:-1], chunk[-1:]
        if last in BREAKS and word.isalpha():
            return *self[word], _pause((word, last), 1)
        tokens = split(chunk)
        return tuple([_pause(tokens, at) if t in BREAKS else self._token(t) for at, t in enumerate(tokens)])

    def _token(self, token: str) -> Mark | None:
        if len(token) > LONGEST:
            return None
        if token in self._tokens:
            return self._tokens[token]
        mark = self._mark(token)
        if mark is not None:  # the others are many, and remembered as pieces
            if len(self._tokens) >= MOST_TOKENS:
                self._tokens.clear()
            self._tokens[token] = mark
        return mark

    def _mark(self, token: str) -> Mark | None:
        slots = self._vocabulary.slots(token)
        if not slots:
            return None
        meanings = [self._meaning(slot) for slot in slots]
        atoms = dict.fromkeys(atom for atoms, _ in meanings for atom in atoms)
        return frozenset(slots), tuple(atoms), tuple(anchor for _, anchors in meanings for anchor in anchors)


def _pause(tokens: Sequence[str], at: int) -> Mark | tuple[()]:
    """The mark of punctuation. A full stop may end an abbreviation («г. Актау», "U.N.") or stand inside a sentence."""
    if tokens[at] not in STOPS:
        return BREAK
    if tokens[at] != "." or at == 0:
        return STOP
    before = tokens[at - 1]
    if len(before) < 4 and (len(before) < 2 or not before.isupper()):
        return BREAK
    if at + 1 == len(tokens):
        return LAST
    return BREAK if tokens[at + 1][:1].islower() else STOP


def hidden(marks: Marks) -> Marks:
    """The marks of a piece whose words mean nothing where they stand."""
    return tuple(None if mark and mark[0] else mark for mark in marks)
