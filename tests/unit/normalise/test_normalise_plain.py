"""Titles, authors and categories as plain text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise.plain import plain, plain_title, scrub


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("A &amp; B", "A & B"),
        ("<b>Казахстан</b> и <i>мир</i>", "Казахстан и мир"),
        ("&laquo;Ақтау&raquo; &#8212; порт", "«Ақтау» — порт"),
        ("AT&T, R&D", "AT&T, R&D"),
        ("a&copy=1", "a&copy=1"),
        ("5 < 6 и 7 > 3", "5 < 6 и 7 > 3"),
        ("цена <10% и <3", "цена <10% и <3"),
        ("I <3 Baku", "I <3 Baku"),
        ("x<y without an end", "x<y without an end"),
        ("<Название> в скобках", "<Название> в скобках"),
        ("Why &lt;b&gt; is old", "Why <b> is old"),
        ("&lt;b&gt;Bold&lt;/b&gt; word", "Bold word"),
        ("AT&amp;amp;T", "AT&T"),
        ("&amp;quot;Слова&amp;quot;", '"Слова"'),
        ("&amp;amp;amp;", "&amp;"),
        ("one<br>two<br/>three", "one two three"),
        ("  white \n\t space\u00a0here ", "white space here"),
        ("<script>alert(1)</script>Title", "Title"),
        ("zero\u200bwidth\u00ad and \u202eturned", "zerowidth and turned"),
        ("и\u0306", "й"),
        ("nul\x00bell\x07", "nulbell"),
        ("lone\ud800surrogate\uffff", "lonesurrogate"),
        ("&#0;&#x1F;x", "\ufffdx"),
        ("", ""),
    ],
)
def test_title(title: str, shown: str) -> None:
    assert plain_title(title) == shown


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("A & B <tag>", "A & B <tag>"),
        ("<q>kept</q>", "<q>kept</q>"),
        ("A &amp; B", "A & B"),
        ("if a<b then", "if a<b then"),
    ],
)
def test_title_that_is_text(title: str, shown: str) -> None:
    assert plain_title(title, is_html=False) == shown


@given(st.text())
def test_titles_are_one_clean_line(title: str) -> None:
    shown = plain_title(title)
    assert shown == " ".join(shown.split())
    assert scrub(shown) == shown
    shown.encode()


@given(
    st.text(alphabet=st.characters(exclude_characters="<&", exclude_categories=["Cs", "Cc", "Cf", "Cn", "Co", "Mn"]))
)
def test_titles_without_markup_keep_their_words(title: str) -> None:
    import unicodedata

    assert plain_title(title).split() == unicodedata.normalize("NFC", title).split()


@pytest.mark.parametrize("flood", ["<a ", "&lt;b&gt;", "<b>", "&amp;", "&lt;br", "<", "&#65;"])
def test_hostile_titles_cost_little(flood: str) -> None:
    started = time.process_time()
    plain_title(flood * 50_000)
    assert time.process_time() - started < 1.5


def test_short_fields_are_bounded() -> None:
    assert plain("<b>Имя</b> &amp; Ко", 100) == "Имя & Ко"
    assert plain("слово " * 100, 20) == "слово слово слово сл"
    assert plain(None, 20) == ""
