"""HTML that is safe to publish: sanitised, with absolute http(s) addresses, without trackers. The only door to nh3."""

import re
import unicodedata
from functools import lru_cache

import nh3

from aggregator.normalise.guard import manageable
from aggregator.normalise.plain import scrub
from aggregator.text.html import decode, escape, fold_lines, to_text
from aggregator.text.urls import absolute

_TAGS = """
    a abbr address article aside audio b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn
    div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt
    ruby s samp section small source span strong sub summary sup table tbody td tfoot th thead time tr u ul var video
    wbr
"""
_UNREAD = """
    applet button canvas embed form frame frameset head iframe math noembed noframes noscript object plaintext script
    select style svg template textarea title xmp
"""
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig-file")
_ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "style", *_LAZY},
    "video": {"src", "poster", "width", "height"},
    "audio": {"src"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    "time": {"datetime"},
}
_SHOWN = {
    "a": ("title", "rel", "lang", "dir"),
    "img": ("alt", "title", "width", "height"),
    "video": ("width", "height", "controls", "preload"),
    "audio": ("controls", "preload"),
    "source": ("type",),
}

_loads = re.compile(r'<(a|img|video|audio|source)((?: [a-z-]+="[^"]*")*)>')
_attribute = re.compile(r' ([a-z-]+)="([^"]*)"')
_markup = re.compile(r"<[a-zA-Z/!?]")
_escaped_markup = re.compile(
    r"&lt;/?(?:p|br|div|a|img|b|i|em|strong|span|ul|ol|li|h[1-6]|table)(?:\s[^<>]{0,200}?)?/?&gt;", re.I
)
_size = re.compile(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px|%)?\s*")
_unseen_style = re.compile(r"display:none|visibility:hidden|(?<![a-z-])(?:width|height):[01](?:px)?(?:;|!|$)", re.I)
_TRACKERS = """
    mc.yandex.ru/watch mc.yandex.ru/pixel counter.yadro.ru top-fwz1.mail.ru counter.rambler.ru google-analytics.com
    scorecardresearch.com quantserve.com doubleclick.net facebook.com/tr pixel.wp.com stats.wordpress.com
    feeds.feedburner.com/~ feedburner.com/~ff feedsportal.com whos.amung.us counter.top100.ru vk.com/rtrg
    chartbeat.net simplereach.com statcounter.com pixel.newsfeed adfox.ru liveinternet.ru/click counter24 hotlog.ru
"""
_tracker = re.compile("|".join(map(re.escape, _TRACKERS.split())))


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    played = {"controls": "", "preload": "none"}
    return nh3.Cleaner(
        tags=set(_TAGS.split()),
        clean_content_tags=set(_UNREAD.split()),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https"},
        set_tag_attribute_values={"video": played, "audio": played},
        link_rel="noopener noreferrer",
    )


def clean_html(html: str, base: str = "") -> str:
    """`html` sanitised: known elements only, addresses absolute (resolved against `base`) and http(s), no trackers.

    Plain text becomes paragraphs. Markup that was escaped once too often is unescaped once. Hostile bodies (see guard)
    come out as the paragraphs of their text. Pure; linear in the length of `html`.
    """
    html = unicodedata.normalize("NFC", scrub(html))
    if not _markup.search(html):
        html = decode(html) if _escaped_markup.search(html) else html
        if not _markup.search(html):
            return _paragraphs(html)
    fit = manageable(html)
    if fit is None:
        return _lines_only(html)
    safe = _cleaner().clean(fit)
    if len(safe) > 4 * len(html) + 10_000:
        return _lines_only(html)
    safe = _loads.sub(lambda match: _reloaded(match[1], match[2], base), safe).replace("<p></p>", "").strip()
    # Without a tag left, its line breaks would read as those of plain text.
    return safe if "<" in safe else _paragraphs(safe.replace("\n", " "))


def _lines_only(html: str) -> str:
    return "".join(f"<p>{_text(line)}</p>" for line in to_text(html).split("\n") if line)


def _text(plain: str) -> str:
    """`plain` as the sanitiser writes text, so that cleaning twice changes nothing."""
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _paragraphs(text: str) -> str:
    """Plain text: empty lines part paragraphs, single ones break lines."""
    blocks = [fold_lines(decode(block)) for block in re.split(r"\n[^\S\n]*\n", text)]
    shown = [_text(block).replace("\n", "<br>") for block in blocks if block]
    if len(shown) == 1 and not _escaped_markup.search(shown[0]):
        return shown[0]
    return "".join(f"<p>{block}</p>" for block in shown)  # bare, what reads as escaped markup would become markup


def _reloaded(name: str, written: str, base: str) -> str:
    """A tag of the sanitiser's output with its addresses made absolute; empty when it would load nothing."""
    attributes = dict(_attribute.findall(written))
    if name == "img":
        return _image(attributes, base)
    which = "href" if name == "a" else "src"
    address = _address(attributes.get(which), base, fragment=name == "a")
    poster = _address(attributes.get("poster"), base)
    if name == "source" and address is None:
        return ""
    shown = _kept(name, attributes)
    return f"<{name}{_written(which, address)}{_written('poster', poster)}{shown}>"


def _image(attributes: dict[str, str], base: str) -> str:
    sources = (attributes[name] for name in (*_LAZY, "src") if attributes.get(name))
    address = next((found for source in sources if (found := _address(source, base))), None)
    if address is None or _is_tracker(address, attributes):
        return ""
    return f"<img{_written('src', address)}{_kept('img', attributes)}>"


def _is_tracker(address: str, attributes: dict[str, str]) -> bool:
    sizes = (_size.fullmatch(attributes.get(side, "")) for side in ("width", "height"))
    if any(size and int(size[1]) <= 1 for size in sizes):
        return True
    style = attributes.get("style")
    return bool(style and _unseen_style.search(style.replace(" ", ""))) or bool(_tracker.search(address))


def _address(value: str | None, base: str, *, fragment: bool = False) -> str | None:
    return absolute(decode(value), base, fragment=fragment) if value else None


def _written(name: str, address: str | None) -> str:
    return f' {name}="{escape(address)}"' if address else ""


def _kept(name: str, attributes: dict[str, str]) -> str:
    return "".join(f' {shown}="{attributes[shown]}"' for shown in _SHOWN[name] if shown in attributes)
