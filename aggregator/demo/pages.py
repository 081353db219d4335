"""The newsroom's web pages (front, article, error): HTML5 with the clutter that real templates put around a text."""

from datetime import UTC, datetime
from html import escape

from aggregator.demo.feeds import MEDIA_TYPES, Issue
from aggregator.demo.newsroom import Outlet, Piece

ROBOTS = "User-agent: *\nDisallow: /search\nDisallow: /admin/\n"
_SECTIONS = {
    "az": ("Ana səhifə", "Siyasət", "İqtisadiyyat", "İdman", "Bütün hüquqlar qorunur"),
    "en": ("Home", "Politics", "Business", "Sport", "All rights reserved"),
    "kk": ("Басты бет", "Саясат", "Экономика", "Спорт", "Барлық құқықтар қорғалған"),
    "ru": ("Главная", "Политика", "Экономика", "Спорт", "Все права защищены"),
    "tr": ("Ana sayfa", "Siyaset", "Ekonomi", "Spor", "Tüm hakları saklıdır"),
}


def article(issue: Issue, piece: Piece) -> str:
    """The page of a piece: navigation, boilerplate above, text, boilerplate below, footer."""
    outlet, link = issue.outlet, piece.url(issue.outlet, issue.port)
    published = datetime.fromtimestamp(piece.published(issue.now), UTC).isoformat()
    head = (
        f'<link rel="canonical" href="{escape(link)}">\n'
        + _meta("og:type", "article")
        + _meta("og:title", piece.title)
        + _meta("og:url", link)
        + _meta("og:site_name", outlet.name)
        + _meta("article:published_time", published)
        + (_meta("og:image", issue.picture(piece)) if outlet.images else "")
    )
    byline = f'<p class="byline">{_text(piece.author)}</p>\n' if piece.author else ""
    body = (
        f'<article>\n<h1>{_text(piece.title)}</h1>\n{byline}<time datetime="{published}">{published[:10]}</time>\n'
        f'<div class="article-body">\n{piece.html(outlet)}\n</div>\n</article>\n'
    )
    return _page(issue, f"{piece.title} | {outlet.name}", head, body)


def front(issue: Issue) -> str:
    """The outlet's home page: its pieces, newest first, and in the head where its feed is."""
    rows = "".join(
        f'<li><a href="{escape(piece.path(issue.outlet))}">{_text(piece.title)}</a></li>\n' for piece in issue.pieces
    )
    return _page(issue, issue.outlet.name, "", f"<h1>{_text(issue.outlet.name)}</h1>\n<ul>\n{rows}</ul>\n")


def error(status: int, reason: str) -> str:
    """What a web server shows when it has nothing better."""
    head = f"<head><title>{status} {reason}</title></head>"
    return f"<!DOCTYPE html>\n<html>{head}\n<body><h1>{status} {reason}</h1><hr>nginx</body></html>\n"


def _text(text: str) -> str:
    return escape(text, quote=False)


def _meta(property_: str, content: str) -> str:
    return f'<meta property="{property_}" content="{escape(content)}">\n'


def _alternate(outlet: Outlet, port: int) -> str:
    type_, name = MEDIA_TYPES[outlet.format], escape(outlet.name)
    return f'<link rel="alternate" type="{type_}" title="{name}" href="{outlet.feed_url(port)}">\n'


def _page(issue: Issue, title: str, head: str, body: str) -> str:
    outlet = issue.outlet
    home, *sections, rights = _SECTIONS[outlet.language]
    links = "".join(f'<li><a href="/section/{number}/">{name}</a></li>' for number, name in enumerate(sections, 1))
    return (
        f'<!DOCTYPE html>\n<html lang="{outlet.language}">\n<head>\n<meta charset="{outlet.encoding}">\n'
        f"<title>{_text(title)}</title>\n{head}{_alternate(outlet, issue.port)}</head>\n<body>\n"
        f'<header><nav><ul><li><a href="/">{home}</a></li>{links}</ul></nav></header>\n'
        f"<main>\n{body}</main>\n<footer><p>© {_text(outlet.name)}. {rights}.</p></footer>\n</body>\n</html>\n"
    )
