"""Bytes to text: who is believed, what one bad byte costs, and what was decoded wrongly before it reached us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.parse.encoding import utf8
from aggregator.parse.mojibake import mended

RUSSIAN = "<a>Порт Актау увеличил перевалку грузов</a>"


def sloppy(text: str, codec: str) -> str:
    """UTF-8 read in another code page, undefined bytes as controls: the commonest accident."""
    return "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in text.encode())


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251", "koi8-r"]
)
def test_text_is_found_whatever_it_is_encoded_in(codec: str) -> None:
    assert utf8(RUSSIAN.encode(codec)).decode() == RUSSIAN


def test_utf8_is_returned_as_it_is() -> None:
    body = RUSSIAN.encode()
    assert utf8(body, "text/xml; charset=windows-1251") is body


def test_the_declaration_goes_before_the_http_header() -> None:
    document = "<?xml version='1.0' encoding='koi8-r'?>" + RUSSIAN
    assert utf8(document.encode("koi8-r"), "text/xml; charset=windows-1251").decode() == document


def test_the_http_header_goes_before_the_detector() -> None:
    assert utf8(RUSSIAN.encode("cp866"), "text/xml; charset=cp866").decode() == RUSSIAN


@pytest.mark.parametrize("name", ["utf-7", "rot13", "unicode_escape", "idna", "x-unknown", "utf-8" * 30])
def test_encodings_nobody_should_use_are_not_believed(name: str) -> None:
    document = f"<?xml version='1.0' encoding='{name}'?>{RUSSIAN}"
    assert utf8(document.encode("cp1251"), f"text/xml; charset={name}").decode() == document


def test_latin1_means_cp1252_as_in_browsers() -> None:
    assert utf8(b"<a>it\x92s \x93quoted\x94</a>", "text/xml; charset=iso-8859-1").decode() == "<a>it’s “quoted”</a>"


def test_one_bad_byte_costs_one_character() -> None:
    body = RUSSIAN.encode().replace(b"<a>", b"<a>\xff")
    assert utf8(body, "text/xml; charset=windows-1251").decode() == RUSSIAN.replace("<a>", "<a>\ufffd")


def test_surrogates_encoded_one_by_one_become_their_character() -> None:
    assert utf8(RUSSIAN.encode() + b"\xed\xa0\xbd\xed\xb8\x80 \xed\xa0\xbd").decode() == RUSSIAN + "😀 \ufffd"


CYRILLIC = ["Порт Актау: «Достык» — в рейсе", "Ақтау порты мен Құрық айлағы"]
LATIN = ["Ələt limanında böyük gəmi, ilk səfər — “Xəzər”", "Gemi Ağustos'ta Bakü'ye ulaştı, yükü çelik"]


@pytest.mark.parametrize(
    ("text", "codec"),
    [(text, codec) for text in CYRILLIC + LATIN for codec in ("latin-1", "cp1252")]
    + [(text, "cp1251") for text in CYRILLIC],
)
def test_utf8_encoded_twice_is_mended(text: str, codec: str) -> None:
    twice = text.encode().decode("latin-1") if codec == "latin-1" else sloppy(text, codec)
    assert utf8(twice.encode()).decode() == text


@pytest.mark.parametrize(
    "text",
    [
        "voilà\u00a0» CAFÉ» CAFÉ™ MAÇÃ\u00a0de",
        "Üşüdüm, Şişli'de ağır iş: İÇİN Ünlü",
        "СССР» «Р» Р» С° РС «Ъ»",
        "Ґ Є Ї Қ Ғ Ң Ө Ұ Һ Ә І Ў",
        "Ð and Þ are Icelandic: ÐÞ, það",
    ],
)
def test_honest_text_is_left_alone(text: str) -> None:
    assert utf8(text.encode()).decode() == text


def test_controls_that_were_cp1252_become_what_they_meant() -> None:
    assert utf8("it\u0092s &#146;&#x96; \u0081".encode()).decode() == "it’s ’– "


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "text/xml; charset=koi8-r", "text/xml; charset=utf-16", "charset=\xff"]),
)
def test_any_bytes_become_valid_utf8(body: bytes, content_type: str) -> None:
    utf8(body, content_type).decode()


@given(st.text(alphabet=st.characters(min_codepoint=0x400, max_codepoint=0x45F), max_size=60))
def test_cyrillic_without_traces_is_never_changed(text: str) -> None:
    if not any(pair in text for pair in ("Рѕ", "Р°")):
        assert mended(text, text.encode()) is text
