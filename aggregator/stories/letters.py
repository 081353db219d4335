"""Words of five languages in two scripts, brought into one alphabet.

`stem` is what inflected forms of a word and loan-words across languages have in common (sertifikat, сертификаттар,
certificate → "serti"); `skeleton` what the spellings of a person's name have in common (Мамедзаде, Məmmədzadə,
Mammadzada → "mmtzt"). Both are keys for comparison, never for display.
"""

import re

_STEM_LETTERS = 5
_SKELETON_LETTERS = 4

_ALPHABET = str.maketrans(
    {
        **dict(zip("абвгдеёзийклмнопрстуфхыэ", "abvgdeezijklmnoprstufhie", strict=True)),
        **dict(zip("әғқңөұүһі", "agknouuhi", strict=True)),
        **dict(zip("əğıçşöüâîûêéñäáíóúýžščž", "agiCSouaiueenaaiouiZSCZ", strict=True)),
        "ж": "Z",
        "ч": "C",
        "ш": "S",
        "щ": "S",
        "ц": "s",
        "ъ": "",
        "ь": "",
        "ю": "u",
        "я": "a",
        "y": "i",
        "й": "i",
        "q": "k",
        "w": "v",
        "x": "h",
        "\u0307": "",
        "-": "",
    }
)
_CYRILLIC = re.compile("[Ѐ-ӿ]")
_ENGLISH = {
    "tsch": "tS", "sch": "S", "sh": "S", "tch": "C", "ch": "C", "dzh": "Z", "zh": "Z", "dj": "Z", "j": "Z", "kh": "h",
    "gh": "g", "ph": "f", "th": "t", "ck": "k", "ts": "s", "tz": "s", "c": "k", "x": "ks",
}  # fmt: skip
_ENGLISH_SOUND = re.compile("tsch|sch|sh|tch|ch|dzh|zh|dj|j|kh|gh|ph|th|ck|ts|tz|c|x")
_TURKIC_C = re.compile("[cj]")
_DOUBLED = re.compile(r"(.)\1+")
_VOWELS = re.compile("[aeiou]+")
_MERGED = str.maketrans("gkhdtbp", "kkkttpp")

_KAZAKH = str.maketrans("aäbcdefgğhıijkqlmnñoöprsştuūüvxyzžŋ", "аәбцдефгғхыіжкқлмнңоөпрсштуұүвхйзжң")
_KAZAKH_PAIRS = (("sh", "ш"), ("ch", "ч"), ("ia", "ия"), ("iu", "ию"), ("yo", "йо"))

_CASES = {
    "ru": re.compile("(?:ыми|ими|ого|его|ому|ему|ым|им|ом|ем)$"),
    "kk": re.compile("(?:[дтн]ың|[дтн]ің|[дт]а[нғ]ы?|[дт]е[нг]і?|[ндт][аеыі]н?|[ғқгк][ае]|[мбп]ен)$"),
    "az": re.compile("(?:n?[ıiuü]n|d[aə]n?|l[aə]|n[ıi]|y[aə])$"),
    "tr": re.compile("(?:n?[ıiuü]n|d[ae]n?|l[ae]|n[ıi]|y[ae])$"),
}


def romanise(word: str, language: str) -> str:
    """The word (lower case) in one Latin alphabet with a letter a sound; capitals stand for sh, ch and zh."""
    if _CYRILLIC.search(word):
        return word.replace("дж", "ж").translate(_ALPHABET)
    word = _ENGLISH_SOUND.sub(_sound, word) if language == "en" else _TURKIC_C.sub("Z", word)
    return word.translate(_ALPHABET)


def _sound(letters: re.Match[str]) -> str:
    soft = letters.group() == "c" and letters.string[letters.end() : letters.end() + 1] in ("e", "i", "y")
    return "s" if soft else _ENGLISH[letters.group()]


def kazakh(word: str) -> str:
    """A Kazakh word of the Latin alphabets of 2018 and 2021 in Cyrillic letters; a Cyrillic word stays as it is."""
    for pair, letter in _KAZAKH_PAIRS:
        word = word.replace(pair, letter)
    return word.translate(_KAZAKH)


def stem(word: str, language: str) -> str:
    """The first letters of the romanised word, doubled ones once."""
    return _DOUBLED.sub(r"\1", romanise(word, language))[:_STEM_LETTERS]


def skeleton(name: str, language: str) -> str:
    """The consonants of a name without its case ending, hard and soft as one; a vowel in front counts as "a"."""
    endings = _CASES.get(language)
    bare = endings.sub("", name) if endings and len(name) > 5 else name
    romanised = _DOUBLED.sub(r"\1", romanise(bare, language)).translate(_MERGED)
    front = "a" if _VOWELS.match(romanised) else ""
    return front + _VOWELS.sub("", romanised)[:_SKELETON_LETTERS]
