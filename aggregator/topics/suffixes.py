"""Suffix chains of Kazakh, Azerbaijani and Turkish nouns as small closed automata.

A chain is number, possession, case, and what may follow a locative (-dAkI); derivation by -lI, -lIk, -sIz once.
Templates are spelt in capitals that vowel harmony fills in: in Latin A = a/e, I = i/u (after folding, which makes
ı, i and u, ü meet); in Kazakh А = а/е, Ы = ы/і, Ғ = ғ/г, Қ = қ/к. Kazakh templates also serve Latin Kazakh.

States: C after a consonant (in Kazakh T after a voiceless one), V after a vowel (c, t, v: the same once derived),
S after a stem whose last consonant softened, doubled or lost its vowel (only vowel-initial endings follow), X after
the form that such a stem has otherwise, PL plural, P first or second person's, P3 third person's, L locative,
R relative, K: nothing may follow but a copula.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import product

Table = Mapping[str, tuple[tuple[str, str], ...]]


def _table(**rows: str) -> Table:
    """Rows of "ending ending>STATE …" → transitions; an ending without a state leads to K."""
    return {
        state: tuple((ending, target or "K") for ending, _, target in (item.partition(">") for item in row.split()))
        for state, row in rows.items()
    }


_TR_C = "Im>P In>P ImIz>P InIz>P I>P3 A dA>L tA>L dAn tAn lA cA dIr tIr"
_TR_V = "m>P n>P mIz>P nIz>P sI>P3 yI yA dA>L dAn nIn ylA lA cA dIr"
TURKISH = _table(
    C=f"lAr>PL lI>v lIk>c lIg>S sIz>c {_TR_C}",
    V=f"lAr>PL lI>v lIk>c lIg>S sIz>c {_TR_V}",
    c=f"lAr>PL {_TR_C}",
    v=f"lAr>PL {_TR_V}",
    S="Im>P In>P ImIz>P InIz>P I>P3 A",
    PL="Im>P In>P ImIz>P InIz>P I>P3 A dA>L dAn lA cA dIr",
    P="I A In dA>L dAn lA dIr",
    P3="nI nA nIn ndA>L ndAn ylA lA ncA dIr",
    L="ki>R dIr",
    R="ler>PL nin ne ni nde>L nden",
    K="dIr",
)

_AZ_C = "Im>P In>P ImIz>P InIz>P I>P3 A dA>L dAn lA cA dIr"
_AZ_V = "m>P n>P mIz>P nIz>P sI>P3 yA yI nI nIn dA>L dAn ylA lA cA dIr"
AZERBAIJANI = _table(
    C=f"lAr>PL lI>v lIq>c lIk>c lIg>S lIy>S sIz>c {_AZ_C}",
    V=f"lAr>PL lI>v lIq>c lIk>c lIg>S lIy>S sIz>c {_AZ_V}",
    c=f"lAr>PL {_AZ_C}",
    v=f"lAr>PL {_AZ_V}",
    S="Im>P In>P ImIz>P InIz>P I>P3 A",
    PL="Im>P In>P ImIz>P InIz>P I>P3 A dA>L dAn lA dIr",
    P="I A In dA>L dAn lA dIr",
    P3="nI nA nIn ndA>L ndAn ylA lA dIr",
    L="kI>R dIr",
    R="lAr>PL nIn nA nI ndA>L ndAn",
    K="dIr",
)

_KK_POSSESSIVE = "Ым>P Ың>P ЫмЫз>P ЫңЫз>P Ы>P3"
_KK_V = "нЫң ҒА нЫ дА>L дАн мен дАй"
_KK_C = "нЫң дЫң ҒА нЫ дЫ дА>L дАн нАн мен бен дАй"
_KK_T = "тЫң ҚА тЫ тА>L тАн пен тАй"
KAZAKH = _table(
    V=f"лАр>PL лЫҚ>t лЫҒ>S лЫ>v сЫз>c м>P ң>P мЫз>P ңЫз>P сЫ>P3 {_KK_V}",
    C=f"лАр>PL дАр>PL лЫҚ>t дЫҚ>t лЫҒ>S дЫҒ>S лЫ>v дЫ>v сЫз>c {_KK_POSSESSIVE} {_KK_C}",
    T=f"тАр>PL тЫҚ>t тЫҒ>S тЫ>v сЫз>c {_KK_POSSESSIVE} {_KK_T}",
    v=f"лАр>PL сЫ>P3 {_KK_V}",
    c=f"дАр>PL {_KK_POSSESSIVE} {_KK_C}",
    t=f"тАр>PL {_KK_T}",
    S=_KK_POSSESSIVE,
    PL=f"{_KK_POSSESSIVE} {_KK_C}",
    P=f"А {_KK_C}",
    P3="нЫң нА н ндА>L нАн мен ндАй",
    L="ҒЫ>R",
    R="лАр>PL нЫң нА н ндА>L нАн",
    K="",
)

_LATIN = {"b": {"A": "a"}, "f": {"A": "e"}}
_CYRILLIC = {
    "b": {"А": "а", "Ы": "ы", "Ғ": "ғ", "Қ": "қ"},
    "f": {"А": "е", "Ы": "і", "Ғ": "г", "Қ": "к"},
}
_TABLES: Mapping[str, Table] = {"tr": TURKISH, "az": AZERBAIJANI, "kk": KAZAKH, "kl": KAZAKH}

KAZAKH_LATIN: Mapping[str, tuple[str, ...]] = {
    **{cyrillic: (latin,) for cyrillic, latin in zip("абвғдежзлмноөпрстұүфһ", "abvgdejzlmnooprstuufh", strict=True)},
    "ә": ("a", "e"), "г": ("g",), "қ": ("q",), "к": ("k",), "ң": ("n",), "и": ("i",), "й": ("i", "y"),
    "у": ("y", "u", "w"), "ы": ("y", "i"), "і": ("i",), "э": ("e",), "х": ("h", "x"), "ц": ("ts", "s"),
    "ч": ("ch", "c"), "ш": ("sh", "s"), "щ": ("shsh", "s"), "ю": ("iy", "iu", "yu"), "я": ("ia", "ya"),
    "ё": ("io", "yo"), "ь": ("",), "ъ": ("",),
}  # fmt: skip
"""Cyrillic Kazakh → folded Latin in the orthographies in use (2017–2018 acute, 2021, and the common Turkic one)."""


def chain_key(language: str, harmony: str, state: str) -> str:
    """The name of a class of endings. `harmony` is b(ack) or f(ront), for az and tr followed by i or u."""
    return f"{language}:{harmony}:{state}"


class Chains:
    """The endings a stem of one class may carry: `rest in chains` walks the automaton."""

    __slots__ = ("_harmony", "_language", "_state")

    def __init__(self, key: str) -> None:
        self._language, self._harmony, self._state = key.split(":")

    def __contains__(self, rest: object) -> bool:
        return isinstance(rest, str) and accepts(self._language, self._harmony, self._state, rest)


def accepts(language: str, harmony: str, state: str, rest: str) -> bool:
    """Whether `rest` is a chain of endings from `state` on. It ends: each step takes a letter or more."""
    if not rest:
        return state != "S"
    return any(
        rest.startswith(ending) and accepts(language, _harmony_after(harmony, ending), target, rest[len(ending) :])
        for ending, target in _transitions(language, harmony, state)
    )


def _harmony_after(harmony: str, ending: str) -> str:
    """An ending with a/e unrounds what follows it: "-lar" is followed by "-ı", never "-u"."""
    return harmony[0] + "i" if harmony[1:] == "u" and set(ending) & set("ae") else harmony


@lru_cache(maxsize=256)
def _transitions(language: str, harmony: str, state: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (ending, target)
        for template, target in _templates(language, state)
        for ending in _fill(template, language, harmony)
    )


def _templates(language: str, state: str) -> tuple[tuple[str, str], ...]:
    """Transitions of a state; X are those of a consonant that begin with one."""
    table = _TABLES[language]
    if state != "X":
        return table[state]
    return tuple(row for row in (*table["C"], *table.get("T", ())) if row[0][0] not in "AIАЫ")


def _fill(template: str, language: str, harmony: str) -> tuple[str, ...]:
    if language in ("az", "tr"):
        letters = {**_LATIN[harmony[0]], "I": harmony[1]}
        return ("".join(letters.get(letter, letter) for letter in template),)
    filled = "".join(_CYRILLIC[harmony].get(letter, letter) for letter in template)
    return (filled,) if language == "kk" else latin_spellings(filled)


def latin_spellings(cyrillic: str, most: int = 24) -> tuple[str, ...]:
    """Folded Latin spellings of a Kazakh word, at most `most` of them.

    Each orthography is consistent in itself, so the first, second … choice of every letter go together first.
    """
    choices = [KAZAKH_LATIN.get(letter, (letter,)) for letter in cyrillic]
    found = dict.fromkeys("".join(combination) for combination in _bounded(choices, most))
    return tuple(found)


def _bounded(choices: list[tuple[str, ...]], most: int) -> list[tuple[str, ...]]:
    count = 1
    for choice in choices:
        count *= len(choice)
    if count <= most:
        return list(product(*choices))
    return [tuple(choice[min(rank, len(choice) - 1)] for choice in choices) for rank in range(3)]
