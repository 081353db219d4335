"""What the pieces of a text mean to the rules, worked out at their first sight and remembered.

News repeats its words, so reading a text is mostly looking up its pieces between white space, each of which stands
for a row of its tokens' marks. Nine pieces of ten mean nothing, and whoever reads the rows need not stop at them.
"""

from collections.abc import Callable, Sequence

from aggregator.topics.letters import BREAKS, LONGEST, STOPS, split
from aggregator.topics.vocabulary import Vocabulary

Anchor = tuple[int, tuple[tuple[int, frozenset[int]], ...], int, int]
"""An atom, what must stand around a token for one of its phrases to stand there (distance, slots; the nearest first),
and how many words of the phrase precede and follow the token."""
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
Word = tuple[int, frozenset[int], tuple[int, ...], tuple[Anchor, ...]]
"""A token's place in its piece, and what it means."""
Row = tuple[int, Marks, tuple[Word, ...], tuple[tuple[int, bool], ...]]
"""A piece of a text: how many tokens it has beyond one, their marks (None for a word that means nothing), the words
among them that mean something, and those that end a sentence, each with its place and whether it does for certain."""
Rows = list[Row | None]
"""The pieces of a text; None for a single word that means nothing."""

MOST_ROWS = 40_000
MOST_CHUNKS = 170_000
"""Pieces that are remembered, the most before their dict doubles; 165,000 of news in five languages weigh 20 MB."""


def row_of(marks: Marks) -> Row | None:
    """The row of a piece of these marks; one that counts as no word of an opening is always the same object."""
    if len(marks) < 2 and (not marks or marks[0] is None or marks[0] is STOP):
        return EMPTY if not marks else ALONE if marks[0] else None
    words = tuple((at, *mark) for at, mark in enumerate(marks) if mark and mark[0])
    stops = tuple((at, mark is STOP) for at, mark in enumerate(marks) if mark is STOP or mark is LAST)
    return len(marks) - 1, marks, words, stops


EMPTY: Row = (-1, (), (), ())
"""A piece without any token, such as a dash."""
ALONE: Row = (0, (STOP,), (), ((0, True),))
"""A piece that is nothing but the end of a sentence or line."""


def hidden(row: Row | None) -> Row | None:
    """The row of a piece whose words mean nothing where they stand."""
    return row and row_of(tuple(None if mark and mark[0] else mark for mark in row[1]))


class Chunks(dict[str, Row | None]):
    """Piece of a text between white space → its row.

    Holds nothing that could not be worked out again, so threads may share it. When it is full, the elder half is
    forgotten.
    """

    __slots__ = ("_meaning", "_words", "most", "vocabulary")

    def __init__(self, vocabulary: Vocabulary, meaning: Callable[[int], Meaning]) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self._meaning = meaning
        self._words: dict[tuple[int, ...], Row] = {}
        self.most = MOST_CHUNKS

    def __missing__(self, chunk: str) -> Row | None:
        row = self._read(chunk)
        if len(chunk) <= LONGEST:
            if len(self) >= self.most:
                self._forget()
            self[chunk] = row
        return row

    def _forget(self) -> None:
        """Forget the elder half. To tell what comes often would cost more than reading it once again does."""
        younger = list(self.items())[self.most // 2 :]
        self.clear()
        self.update(younger)

    def _read(self, chunk: str) -> Row | None:
        if chunk.isalnum():
            return self._word(chunk) if self.vocabulary.may_know(chunk) else None
        word, last = chunk[:-1], chunk[-1:]
        if last in BREAKS and word.isalnum():
            pause, row = _pause((word, last), 1), self._bare(word)
            return row_of((*row[1], pause)) if row else _ENDED[id(pause)]
        tokens = split(chunk)
        return row_of(tuple([_pause(tokens, at) if t in BREAKS else self._mark(t) for at, t in enumerate(tokens)]))

    def _mark(self, token: str) -> Mark | tuple[()] | None:
        row = self._bare(token) if token.isalnum() else self._word(token)
        return row[1][0] if row else None

    def _bare(self, word: str) -> Row | None:
        """The row of a word that stood with other things in its piece."""
        return self[word] if self.vocabulary.may_know(word) else None

    def _word(self, token: str) -> Row | None:
        """The row of a token; words that mean the same share it."""
        slots = self.vocabulary.slots(token) if len(token) <= LONGEST else ()
        if not slots:
            return None
        row = self._words.get(slots)
        if row is None:
            if len(self._words) >= MOST_ROWS:
                self._words.clear()
            self._words[slots] = row = self._meant(slots)
        return row

    def _meant(self, slots: tuple[int, ...]) -> Row:
        meanings = [self._meaning(slot) for slot in slots]
        atoms = dict.fromkeys(atom for atoms, _ in meanings for atom in atoms)
        mark = frozenset(slots), tuple(atoms), tuple(anchor for _, anchors in meanings for anchor in anchors)
        return 0, (mark,), ((0, *mark),), ()


_ENDED = {id(pause): row_of((None, pause)) for pause in (BREAK, STOP, LAST)}
"""A word that means nothing and the mark after it, by the identity of that."""


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
