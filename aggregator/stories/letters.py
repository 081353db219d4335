"""Words of five languages in two scripts, brought into one alphabet.

`stem` is what inflected forms of a word and loan-words across languages have in common (sertifikat, сертификаттар,
certificate → "serti"); `skeleton` what the spellings of a person's name have in common (Мамедзаде, Məmmədzadə,
Mammadzada → "mmtzt"). Both are keys for comparison, never for display. Words are in lower case and in the bytes of
`alphabet.in_bytes`.
"""

import re
from itertools import groupby

from aggregator.stories.alphabet import CYRILLIC, in_bytes

_STEM_LETTERS = 5
_SKELETON_LETTERS = 4


def _alphabet(*letters: tuple[str, str]) -> bytes:
    """A table for bytes.translate."""
    return bytes.maketrans(*(b"".join(in_bytes(side) for side in sides) for sides in zip(*letters, strict=True)))


_SOUNDS = (
    ("абвгдеёзийклмнопрстуфхыэ", "abvgdeezijklmnoprstufhie"),
    ("әғқңөұүһі", "agknouuhi"),
    ("əğışçöüäñžšč", "agiSCouanZSC"),
    ("жчшщцюя", "ZCSSsua"),
    ("yйqwxcj", "iikvhZZ"),
)
_ALPHABET = _alphabet(*_SOUNDS)
_SILENT = in_bytes("ъь")
_DZH, _ZH = in_bytes("дж"), in_bytes("ж")
_ENGLISH = {
    b"tsch": b"tS", b"sch": b"S", b"sh": b"S", b"tch": b"C", b"ch": b"C", b"dzh": b"Z", b"zh": b"Z", b"dj": b"Z",
    b"j": b"Z", b"kh": b"h", b"gh": b"g", b"ph": b"f", b"th": b"t", b"ck": b"k", b"ts": b"s", b"tz": b"s", b"c": b"k",
    b"x": b"ks",
}  # fmt: skip
_ENGLISH_SOUND = re.compile(rb"tsch|sch|sh|tch|ch|dzh|zh|dj|j|kh|gh|ph|th|ck|ts|tz|c|x")
_DOUBLED = re.compile(rb"(.)\1")
_VOWELS = b"aeiou"
_ANY_VOWEL = (b"a", b"e", b"i", b"o", b"u")
_MERGED = bytes.maketrans(b"gkhdtbp", b"kkkttpp")

_KAZAKH = _alphabet(("aäbcdefgğhıijkqlmnñoöprsştuūüvxyzžŋ", "аәбцдефгғхыіжкқлмнңоөпрсштуұүвхйзжң"))
_KAZAKH_PAIRS = tuple(
    (in_bytes(pair), in_bytes(letter))
    for pair, letter in (("sh", "ш"), ("ch", "ч"), ("ia", "ия"), ("iu", "ию"), ("yo", "йо"))
)

_CASES = {
    language: re.compile(in_bytes(f"(?:{endings})$"))
    for language, endings in {
        "ru": "ыми|ими|ого|его|ому|ему|ым|им|ом|ем",
        "kk": "[дтн]ың|[дтн]ің|[дт]а[нғ]ы?|[дт]е[нг]і?|[ндт][аеыі]н?|[ғқгк][ае]|[мбп]ен",
        "az": "n?[ıiuü]n|d[aə]n?|l[aə]|n[ıi]|y[aə]",
        "tr": "n?[ıiuü]n|d[ae]n?|l[ae]|n[ıi]|y[ae]",
    }.items()
}


def romanise(word: bytes, language: str) -> bytes:
    """The word in one Latin alphabet with a letter a sound; capitals stand for sh, ch and zh."""
    if language == "en":
        word = _ENGLISH_SOUND.sub(_sound, word)
    return word.replace(_DZH, _ZH).translate(_ALPHABET, _SILENT)


def in_cyrillic(word: bytes) -> bool:
    """Whether all letters are Cyrillic."""
    return not word.translate(None, CYRILLIC)


def _sound(letters: re.Match[bytes]) -> bytes:
    soft = letters.group() == b"c" and letters.string[letters.end() : letters.end() + 1] in (b"e", b"i", b"y")
    return b"s" if soft else _ENGLISH[letters.group()]


def kazakh(word: bytes) -> bytes:
    """A Kazakh word of the Latin alphabets of 2018 and 2021 in Cyrillic letters; a Cyrillic word stays as it is."""
    for pair, letter in _KAZAKH_PAIRS:
        word = word.replace(pair, letter)
    return word.translate(_KAZAKH)


def stem(word: bytes, language: str) -> bytes:
    """The first letters of the romanised word, doubled ones once."""
    return stem_of(romanise(word, language))


def stem_of(romanised: bytes) -> bytes:
    """The first letters, doubled ones once."""
    start = romanised[:_STEM_LETTERS]
    return _single(romanised)[:_STEM_LETTERS] if _DOUBLED.search(start) else start


def _single(letters: bytes) -> bytes:
    """Without doubled letters."""
    return bytes([letter for letter, _ in groupby(letters)])


def skeleton(name: bytes, language: str) -> bytes:
    """The consonants of a name without its case ending, hard and soft as one; a vowel in front counts as "a"."""
    endings = _CASES.get(language)
    bare = endings.sub(b"", name) if endings and len(name) > 5 else name
    romanised = _single(romanise(bare, language)).translate(_MERGED)
    front = b"a" if romanised.startswith(_ANY_VOWEL) else b""
    return front + romanised.translate(None, _VOWELS)[:_SKELETON_LETTERS]
