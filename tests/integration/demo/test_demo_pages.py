"""A page reader gets the text out of the newsroom's article pages."""

import pytest

from aggregator.demo.newsroom import Piece, load
from aggregator.demo.site import Request, Site

NEWSROOM = load()
SITE = Site(NEWSROOM, 1_764_000_000, 8123, round=2)
PAGES = [piece for piece in NEWSROOM.edition(2) if NEWSROOM.outlet(piece.outlet).text == "none"]
ONE_EACH = {piece.outlet: piece for piece in NEWSROOM.edition(2)}.values()


@pytest.mark.slow
@pytest.mark.parametrize("piece", [*PAGES, *ONE_EACH], ids=lambda piece: piece.id)
def test_trafilatura_reads_every_paragraph_and_not_the_navigation(piece: Piece) -> None:
    import trafilatura

    outlet = NEWSROOM.outlet(piece.outlet)
    page = SITE.respond(Request("GET", piece.path(outlet), {"host": outlet.host})).body.decode(outlet.encoding)
    text = trafilatura.extract(page, fast=True, favor_precision=True, include_comments=False) or ""
    assert all(line in text for line in piece.paragraphs)
    assert "©" not in text
