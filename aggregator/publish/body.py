"""The HTML of an entry as a reader shows it: what we quote, where to read on, and who else reports it."""

from dataclasses import dataclass

from aggregator.model import Also, Item
from aggregator.publish.excerpts import excerpt
from aggregator.publish.words import ALSO, READ_ON, SOURCE, say
from aggregator.text.html import escape, to_text


@dataclass(frozen=True, slots=True)
class Content:
    """What the three formats say about an item: `html` to show, `summary` the plain paragraphs of an excerpt."""

    html: str
    summary: tuple[str, ...]


def content(item: Item) -> Content:
    """The content of an item, made once for all formats."""
    return Content(body(item), excerpt(to_text(item.html)))


def body(item: Item) -> str:
    """The content of an item with a link to its publisher and the list of other outlets."""
    return item.html + _publisher(item) + _also(item)


def _publisher(item: Item) -> str:
    label = say(SOURCE if item.full or item.url is None else READ_ON, item.language)
    return f"<p>{_linked(label.format(item.source_name), item.url or '')}</p>"


def _also(item: Item) -> str:
    if not item.also:
        return ""
    return f"<p>{say(ALSO, item.language)}:</p><ul>{''.join(f'<li>{_line(other)}</li>' for other in item.also)}</ul>"


def _line(other: Also) -> str:
    language = f' lang="{escape(other.language)}"' if other.language and other.language != "und" else ""
    return f"{escape(other.source)}: <span{language}>{_linked(other.title, other.url)}</span>"


def _linked(text: str, url: str) -> str:
    return f'<a href="{escape(url)}">{escape(text)}</a>' if url else escape(text)
