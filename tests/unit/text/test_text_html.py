"""Plain text out of HTML: paragraphs, references, what is not read, and hostile floods."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.html import decode, escape, fold_lines, strip_tags, to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("<p>One<br>Two<br/>Three</p>", "One\nTwo\nThree"),
        ("a<b>b</b>c <i>d</i>", "abc d"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("<table><tr><td>USD</td><td>512,3</td></tr><tr><th>EUR</th><td>560</td></tr></table>", "USD 512,3\nEUR 560"),
        ("<p>folded \n\t white&nbsp;space</p>", "folded white space"),
        ("plain\r\n  text\n\nstays", "plain\ntext\nstays"),
        ("A &amp; B &#8212; &laquo;C&raquo; &#x41;", "A & B — «C» A"),
        ("R&D, AT&T, a&copy=1", "R&D, AT&T, a&copy=1"),
        ("5 < 6, <3, x <= y", "5 < 6, <3, x <= y"),
        ("<p>a<script>if (a<b) x()</script>b</p>", "a b"),
        ("a<style>p{}</style><!-- no --><noscript>n</noscript>b", "a b"),
        ("a<script>never closed", "a"),
        ("a<!-- never closed", "a"),
        ('<img alt="a>b" src="x">text', "text"),
        ("<a title='it>s'>text</a>", "text"),
        ('<p class="open>text</p>', "text"),
        ("<SCRIPT >x</ScRiPt\n>y<P>z", "y\nz"),
        ("<scripted>kept</scripted>", "kept"),
        ("so\u00adft zero\u200bwidth \ufeffbom", "soft zerowidth bom"),
        ("<o:p>word</o:p>", "word"),
        ("<название> is no tag", "<название> is no tag"),
        ("", ""),
    ],
)
def test_text_of(html: str, text: str) -> None:
    assert to_text(html) == text


@given(st.text())
def test_escaped_text_comes_back(s: str) -> None:
    assert decode(escape(s)) == s


@given(st.text(alphabet="<>&;\"'/!-ab p\n"))
def test_lines_are_folded_and_none_is_empty(html: str) -> None:
    text = to_text(html)
    assert text == "\n".join(" ".join(line.split()) for line in text.split("\n"))
    assert not text or all(text.split("\n"))


@given(st.text(st.one_of(st.sampled_from(" \n\u00ad\u200b\u2060\ufeff\u00a0\u3000\t\x1c\x85aй"), st.characters())))
def test_white_space_is_folded_and_what_is_not_seen_goes(text: str) -> None:
    seen = text
    for character in "\u00ad\u200b\u2060\ufeff":
        seen = seen.replace(character, "")
    lines = [" ".join(line.split()) for line in seen.split("\n")]
    assert fold_lines(text) == "\n".join(line for line in lines if line)


def test_a_title_on_one_line() -> None:
    assert strip_tags("<p>Head<br>line</p><script>x</script>").split() == ["Head", "line"]


@pytest.mark.parametrize(
    "flood",
    [
        "<a ",
        "<script>",
        "<!--",
        '<a "',
        "<a '\"",
        "<a =\"<a ='",
        "<",
        "</",
        "&#",
        "&amp",
        "<p",
        "<!",
        "<a b=\"'",
        "&lt;p ",
    ],
)
def test_floods_take_linear_time(flood: str) -> None:
    started = time.process_time()
    to_text(flood * (300_000 // len(flood)))
    assert time.process_time() - started < 1.0
