"""Published HTML without the lines that were cut from the text."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aggregator.normalise import full_text, trim
from aggregator.normalise.clean import clean_html


@pytest.mark.parametrize(
    ("html", "text", "trimmed"),
    [
        ("<p>a</p><p>b</p>", "a\nb", "<p>a</p><p>b</p>"),
        ("<p>a</p><p>b</p><p>c</p>", "b", "<p>b</p>"),
        ("<p>a</p><p>b</p>", "", ""),
        ("a<br>b<br>c", "a\nc", "a<br>c"),
        ("<p>a <b>b</b></p><p><i>c</i> d</p>", "c d", "<p><i>c</i> d</p>"),
        ('<p>a <a href="https://x.example/">t</a><img src="https://x.example/i.png"></p><p>b</p>', "b", "<p>b</p>"),
        ("<h3>Most read</h3><ul><li>x</li><li>y</li></ul><p>b</p>", "b", "<p>b</p>"),
        ("<p>b</p><h3>Most read</h3><ul><li>x</li><li>y</li></ul>", "b", "<p>b</p>"),
        ("<div><div><p>a</p></div><p>b</p></div>", "b", "<div><p>b</p></div>"),
        (
            '<p>b</p><figure><img src="https://x.example/i.png"></figure>',
            "b",
            '<p>b</p><figure><img src="https://x.example/i.png"></figure>',
        ),
        (
            '<figure><img src="https://x.example/i.png"></figure><p>a</p><p>b</p>',
            "b",
            '<figure><img src="https://x.example/i.png"></figure><p>b</p>',
        ),
        (
            '<p>a</p><p><img src="https://x.example/i.png"></p><p>b</p>',
            "b",
            '<p><img src="https://x.example/i.png"></p><p>b</p>',
        ),
        ('<p>a</p><p><img src="https://x.example/i.png"></p><p>b</p><p>c</p>', "c", "<p>c</p>"),
        ('<p>c</p><h3>a</h3><p><img src="https://x.example/i.png"></p>', "c", "<p>c</p>"),
        ("a<br>b", "b", "b"),
        ("<p>a</p><p>a</p><p>b</p>", "a\nb", "<p>a</p><p>b</p>"),
        ("<ol><li>a</li><li>b</li></ol>", "b", "<ol><li>b</li></ol>"),
        ("plain", "", ""),
        ("", "", ""),
    ],
)
def test_trimmed(html: str, text: str, trimmed: str) -> None:
    assert trim(html, text) == trimmed


def test_an_uncut_text_returns_the_html_itself() -> None:
    html = "<p>a</p>" * 3
    assert trim(html, "a\na\na") is html


_WORDS = st.sampled_from(["раз", "два", "три", "раз два", "четыре"])
_MARKUP = st.sampled_from(
    ["<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<a href=/x>", "</a>", "<br>", "<li>", "<ul>", "</ul>", "<td>", "<tr>",
     "<table>", "</table>", "<img src=/i.png>", "<h2>", "</h2>", "<blockquote>", "<hr>", "&amp;", "\n"]
)  # fmt: skip
_BODIES = (
    st.lists(st.one_of(_WORDS, _MARKUP), max_size=25)
    .map("".join)
    .map(lambda html: clean_html(html, "https://s.example/"))
)


@pytest.mark.slow
@settings(max_examples=400)
@given(_BODIES, st.randoms())
def test_what_is_published_reads_as_the_cut_text(html: str, random: object) -> None:
    lines = full_text(html).split("\n")
    kept = "\n".join(line for line in lines if line and random.random() < 0.6)  # type: ignore[attr-defined]
    trimmed = trim(html, kept)
    assert full_text(trimmed).split() == kept.split()


def recleaned(html: str) -> str:
    return clean_html(f"<div>{html}</div>", "https://s.example/").removeprefix("<div>").removesuffix("</div>")


@pytest.mark.slow
@settings(max_examples=400)
@given(_BODIES, st.randoms())
def test_what_is_published_stays_well_formed(html: str, random: object) -> None:
    assume(recleaned(html) == html)
    lines = full_text(html).split("\n")
    kept = "\n".join(line for line in lines if line and random.random() < 0.6)  # type: ignore[attr-defined]
    trimmed = trim(html, kept)
    assert recleaned(trimmed) == trimmed.replace("<p></p>", "")
