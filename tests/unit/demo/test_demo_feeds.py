"""Each outlet's feed carries its pieces in its own format, dates and flaws, and strict XML reads all but the malformed one."""

import html
import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from aggregator.demo.feeds import Issue, render
from aggregator.demo.newsroom import Outlet, Piece, load
from aggregator.demo.picture import PICTURE

NEWSROOM = load()
NOW = 1_764_000_000
PORT = 8123
ATOM = "{http://www.w3.org/2005/Atom}"
RSS1 = "{http://purl.org/rss/1.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
XML = [outlet for outlet in NEWSROOM.outlets if outlet.format != "json" and outlet.serve not in ("malformed", "broken")]


def issue(id_: str, round_: int = 2) -> Issue:
    outlet = NEWSROOM.outlet(id_)
    return Issue(outlet, tuple(p for p in NEWSROOM.edition(round_) if p.outlet == id_), NOW, PORT)


def root(id_: str, round_: int = 2) -> ET.Element:
    return ET.fromstring(render(issue(id_, round_)))


def items(outlet: Outlet) -> list[ET.Element]:
    tag = {"rss": "item", "rdf": f"{RSS1}item", "atom": f"{ATOM}entry"}[outlet.format]
    return list(root(outlet.id).iter(tag))


def link(item: ET.Element) -> str:
    alternate = item.find(f"{ATOM}link")
    return (
        alternate.get("href", "")
        if alternate is not None
        else item.findtext("link") or item.findtext(f"{RSS1}link") or ""
    )


def title(item: ET.Element) -> str:
    return item.findtext("title") or item.findtext(f"{RSS1}title") or item.findtext(f"{ATOM}title") or ""


def utc(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp())


def body(item: ET.Element) -> str:
    xhtml = item.find(f"{ATOM}content[@type='xhtml']")
    if xhtml is not None:
        return "".join(f"<p>{html.escape(''.join(p.itertext()), quote=False)}</p>" for p in xhtml[0])
    return item.findtext(f"{CONTENT}encoded") or item.findtext(f"{ATOM}content") or item.findtext("description") or ""


@pytest.mark.parametrize("outlet", XML, ids=lambda outlet: outlet.id)
def test_a_feed_carries_every_piece_newest_first(outlet: Outlet) -> None:
    assert [NEWSROOM.piece_of(link(item)) for item in items(outlet)] == [piece.id for piece in issue(outlet.id).pieces]


@pytest.mark.parametrize("outlet", XML, ids=lambda outlet: outlet.id)
def test_titles_arrive_as_written_once_their_entities_are_read(outlet: Outlet) -> None:
    read = html.unescape if outlet.titles == "html" else str
    assert [read(title(item)) for item in items(outlet)] == [piece.title for piece in issue(outlet.id).pieces]


@pytest.mark.parametrize("outlet", [o for o in XML if o.text == "full"], ids=lambda outlet: outlet.id)
def test_full_texts_stand_between_the_outlets_boilerplate(outlet: Outlet) -> None:
    assert [body(item) for item in items(outlet)] == [piece.html(outlet) for piece in issue(outlet.id).pieces]
    for line in (*outlet.above, *outlet.below):
        assert all(f"<p>{line}</p>" in body(item) for item in items(outlet))


def test_an_outlet_without_text_gives_only_titles_and_links() -> None:
    for item in items(NEWSROOM.outlet("tobyl-daily")):
        assert {child.tag for child in item} <= {"title", "link", "guid", "pubDate", f"{DC}creator", "category"}


def test_an_outlet_of_summaries_gives_the_first_paragraph() -> None:
    first = [piece.paragraphs[0] for piece in issue("silk-desk").pieces]
    assert [item.findtext(f"{ATOM}summary") for item in items(NEWSROOM.outlet("silk-desk"))] == first


def test_windows_1251_is_declared_and_letters_outside_it_become_references() -> None:
    piece = Piece(
        **{name: getattr(NEWSROOM.piece("mc-001"), name) for name in Piece.__slots__} | {"title": "Әли — президент"}
    )
    written = render(Issue(NEWSROOM.outlet("bereg-agency"), (piece,), NOW, PORT))
    assert written.startswith(b'<?xml version="1.0" encoding="windows-1251"?>')
    assert "&#1240;ли — президент".encode("windows-1251") in written


def test_dates_of_rss_bear_the_outlets_offset() -> None:
    written = root("bereg-agency").findtext(".//item/pubDate") or ""
    assert written.endswith(" +0500")
    newest = issue("bereg-agency").pieces[0]
    assert parsedate_to_datetime(written).timestamp() == newest.published(NOW)


@pytest.mark.parametrize(("id_", "ending", "hours"), [("bogaz-ekonomi", "", 3), ("volga-caspi", " MSK", 3)])
def test_dates_without_a_zone_or_with_a_named_one_are_local(id_: str, ending: str, hours: int) -> None:
    newest = issue(id_).pieces[0].published(NOW)
    local = datetime.fromtimestamp(newest + hours * 3600, UTC).strftime("%a, %d %b %Y %H:%M:%S")
    assert f"<pubDate>{local}{ending}</pubDate>".encode() in render(issue(id_))


@pytest.mark.parametrize(("id_", "path", "zone"), [
    ("zhaiyq-tany", f"{ATOM}entry/{ATOM}published", "+05:00"),
    ("xezri-press", f"{RSS1}item/{DC}date", "+04:00"),
    ("kizilirmak-haber", f"{ATOM}entry/{ATOM}published", "+03:00"),
    ("silk-desk", f"{ATOM}entry/{ATOM}published", "Z"),
])  # fmt: skip
def test_rfc_3339_dates_bear_the_outlets_zone(id_: str, path: str, zone: str) -> None:
    written = root(id_).findtext(path) or ""
    assert written.endswith(zone)
    assert utc(written) == issue(id_).pieces[0].published(NOW)


def test_a_revision_shows_in_text_and_in_atoms_updated_but_not_in_published() -> None:
    revised = next(piece for piece in issue("steppe-courier").pieces if piece.id == "en-062")
    entry = next(e for e in root("steppe-courier").iter(f"{ATOM}entry") if NEWSROOM.piece_of(link(e)) == "en-062")
    assert revised.revision
    assert html.unescape(title(entry)) == revised.revision.title != NEWSROOM.piece("en-062").title
    assert revised.revision.paragraphs[3] in html.unescape(body(entry))
    assert utc(entry.findtext(f"{ATOM}updated") or "") == NOW
    assert utc(entry.findtext(f"{ATOM}published") or "") == revised.published(NOW)


def test_json_feed_dates_a_revision() -> None:
    feed = json.loads(render(issue("caspian-ledger")))
    modified = {NEWSROOM.piece_of(item["url"]) for item in feed["items"] if "date_modified" in item}
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert modified == {"di-058"}
    assert len(feed["items"]) == 12


def test_one_guid_repeats_and_another_feed_has_none() -> None:
    assert {item.findtext("guid") for item in items(NEWSROOM.outlet("bulvar-baku"))} == {"bulvar-baku.example"}
    assert {item.findtext("guid") for item in items(NEWSROOM.outlet("kura-monitor"))} == {None}


def test_other_guids_are_distinct() -> None:
    for outlet in XML:
        if outlet.format == "rss" and outlet.serve not in ("repeat-guid", "no-guid"):
            assert len({item.findtext("guid") for item in items(outlet)}) == len(items(outlet))


def test_two_outlets_track_their_readers() -> None:
    tracked = {outlet.id for outlet in XML if all("utm_source=" in link(item) for item in items(outlet))}
    assert tracked == {"saryarqa-news", "silk-desk"}


def test_pictures_are_enclosures_of_their_true_length() -> None:
    enclosures = list(root("rasad-wire").iter("enclosure"))
    assert len(enclosures) == 12
    assert {item.get("length") for item in enclosures} == {str(len(PICTURE))}
    assert PICTURE.startswith(b"\x89PNG")
    assert len(root("zhaiyq-tany").findall(f".//{ATOM}link[@rel='enclosure']")) == 20


def test_some_feeds_say_how_often_to_come() -> None:
    assert root("saryarqa-news").findtext("channel/ttl") == "30"
    assert root("altyn-dala").findtext("channel/{http://purl.org/rss/1.0/modules/syndication/}updatePeriod") == "hourly"


def test_the_malformed_feed_is_refused_by_strict_xml_for_two_reasons() -> None:
    written = render(issue("volga-caspi"))
    with pytest.raises(ET.ParseError):
        ET.fromstring(written)
    with pytest.raises(ET.ParseError, match="mismatched tag"):
        ET.fromstring(written.replace(b"&cat", b"&amp;cat"))


@pytest.mark.slow
def test_a_tolerant_reader_loses_nothing_of_the_malformed_feed() -> None:
    import io

    import feedparser

    pieces = issue("volga-caspi").pieces
    read = feedparser.parse(io.BytesIO(render(issue("volga-caspi"))), response_headers={"content-type": "text/xml"})
    assert [NEWSROOM.piece_of(entry.link) for entry in read.entries] == [piece.id for piece in pieces]
    assert [entry.title for entry in read.entries] == [piece.title for piece in pieces]
    for entry, piece in zip(read.entries, pieces, strict=True):
        assert all(line in html.unescape(entry.content[0].value) for line in piece.paragraphs)


def test_round_one_lacks_the_late_pieces() -> None:
    late = {id_ for id_ in NEWSROOM.late if NEWSROOM.piece(id_).outlet == "zhaiyq-tany"}
    before, after = (render(issue("zhaiyq-tany", round_)).decode() for round_ in (1, 2))
    assert late == {"mc-073"}
    assert "mc-073" not in before
    assert "mc-073" in after
