"""The public page of a Telegram channel (t.me/s/name): each message an entry."""

import re

from lxml import etree

from aggregator.errors import ParseError
from aggregator.model import Entry, FeedFacts, Reading
from aggregator.parse import htmlpage, markup
from aggregator.parse.draft import Context, Draft, web_address

_LONGEST_TITLE = 140
_background = re.compile(r"background-image\s*:\s*url\(\s*['\"]?([^'\")]+)", re.I)
_end_of_sentence = re.compile(r"(?<=[.!?…])\s")
_MESSAGE = "tgme_widget_message"


def read_channel(data: bytes, context: Context) -> Reading:
    """The messages on the page, oldest first as they stand there; ParseError when it is no channel's page.

    A message has no title: its first line serves, cut at a sentence or word. `facts.next` leads to older messages.
    """
    root = htmlpage.parse(data)
    messages = [message for message in _all(root, _MESSAGE) if message.get("data-post")]
    header = _text(root, "tgme_channel_info_header_title")
    if not messages and not header:
        raise ParseError("this is no public page of a channel (t.me/s/name): no message and no channel name on it")
    older = next((link.get("href") for link in root.iter("link") if link.get("rel") == "prev"), None)
    facts = FeedFacts(header, context.url, next=web_address(older or "", context.url))
    return Reading(
        facts, tuple(_entry(message, context) for message in messages if not _is_service(message)), "channel"
    )


def _entry(message: etree._Element, context: Context) -> Entry:
    draft = Draft(context.url)
    draft.id = (message.get("data-post") or "").strip()
    draft.link(0, f"https://t.me/{draft.id}")
    texts = [
        text for text in _all(message, "tgme_widget_message_text") if not _within(text, "tgme_widget_message_reply")
    ]
    for text in texts[:1]:
        draft.title(0, headline(text), html=False)
        draft.body(0, markup.inner(text, context.url))
    draft.author(
        0, _text(message, "tgme_widget_message_from_author") or _text(message, "tgme_widget_message_owner_name")
    )
    for moment in [time.get("datetime") for time in message.iter("time") if time.get("datetime")][-1:]:
        draft.date(draft.published, 0, moment)
    _media(draft, message)
    return draft.finish(context)


def headline(text: etree._Element) -> str:
    """The first line of a message, at most 140 characters of it: whole sentences, else whole words and an ellipsis."""
    line = _first_line(text)
    if len(line) <= _LONGEST_TITLE:
        return line
    ends = [match.start() for match in _end_of_sentence.finditer(line, 0, _LONGEST_TITLE)]
    if ends:
        return line[: ends[-1]]
    return line[:_LONGEST_TITLE].rpartition(" ")[0].rstrip(",;:–—- ") + "…"


def _first_line(text: etree._Element) -> str:
    lines = [" ".join(line.split()) for line in "".join(_with_breaks(text)).split("\n")]
    return next((line for line in lines if line), "")


def _with_breaks(element: etree._Element) -> list[str]:
    found = [element.text or ""]
    for child in element:
        found += ["\n"] if child.tag == "br" else _with_breaks(child)
        found.append(child.tail or "")
    return found


def _media(draft: Draft, message: etree._Element) -> None:
    for picture in _all(message, "tgme_widget_message_photo_wrap"):
        if match := _background.search(picture.get("style") or ""):
            draft.media(match[1], "image/jpeg", "")
    for video in message.iter("video"):
        draft.media(video.get("src"), "video/mp4", "")


def _all(root: etree._Element, name: str) -> list[etree._Element]:
    return [element for element in root.iter() if name in (element.get("class") or "").split()]


def _text(root: etree._Element, name: str) -> str:
    return next((htmlpage.text_of(element) for element in _all(root, name)), "")


def _within(element: etree._Element, name: str) -> bool:
    return any(name in (ancestor.get("class") or "").split() for ancestor in element.iterancestors())


def _is_service(message: etree._Element) -> bool:
    """ "Channel created", "photo changed" and the like are no messages."""
    return "service_message" in (message.get("class") or "").split()
