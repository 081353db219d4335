"""Conditional requests and freshness: what the server said last time goes back byte for byte."""

import pytest
from origin import LOOPBACK, Origin, reply, to_loopback

from aggregator.errors import HttpStatus
from aggregator.fetch import Fetcher, Request
from aggregator.model import Validators

pytestmark = pytest.mark.anyio
DATE = "Sun, 22 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    "etag",
    ['"abc"', 'W/"abc"', "unquoted", '"с запятой, пробел"'.encode(), b'"\xff\xfe"', '""', 'W/"a"b"', '"' + "x" * 500],
)
async def test_etag_goes_back_verbatim(origin: Origin, fetcher: Fetcher, etag: str | bytes) -> None:
    """Row 1."""
    origin.on("/", reply(200, b"x", ETag=etag), reply(304))
    first = await fetcher.get(Request(origin.url()))
    second = await fetcher.get(Request(origin.url(), validators=first.validators))
    assert origin.heard[1].header("if-none-match") == (etag if isinstance(etag, bytes) else etag.encode())
    assert second.not_modified
    assert second.body == b""


@pytest.mark.parametrize("date", [DATE, "22.11.2026 10:00", "Sun, 22 Nov 2026 10:00:00 +0400", "yesterday", "0"])
async def test_last_modified_goes_back_verbatim_even_if_malformed(origin: Origin, fetcher: Fetcher, date: str) -> None:
    """Row 2."""
    origin.on("/", reply(200, b"x", Last_Modified=date))
    first = await fetcher.get(Request(origin.url()))
    await fetcher.get(Request(origin.url(), validators=first.validators))
    assert origin.heard[1].header("if-modified-since") == date.encode()
    assert origin.heard[1].header("if-none-match") is None


async def test_both_validators_are_sent_when_both_were_given(origin: Origin, fetcher: Fetcher) -> None:
    """Row 3."""
    origin.on("/", reply(200, b"x", ETag='"1"', Last_Modified=DATE))
    first = await fetcher.get(Request(origin.url()))
    assert origin.heard[0].header("if-none-match") is None
    await fetcher.get(Request(origin.url(), validators=first.validators))
    assert origin.heard[1].header("if-none-match") == b'"1"'
    assert origin.heard[1].header("if-modified-since") == DATE.encode()


async def test_a_304_brings_new_validators_and_freshness(origin: Origin, fetcher: Fetcher) -> None:
    """Rows 6 and 7: the fetcher's part; keeping the articles is the store's."""
    origin.on("/", reply(304, ETag='"2"', Cache_Control="max-age=600", Age="100"))
    document = await fetcher.get(Request(origin.url(), validators=Validators(etag='"1"')))
    assert document.validators == Validators(etag='"2"')
    assert document.fresh_for == 500


async def test_a_304_without_validators_of_ours_is_an_error(origin: Origin, fetcher: Fetcher) -> None:
    """There is nothing it could refer to: taken as "no news" it would hide the feed for ever."""
    origin.on("/", reply(304))
    with pytest.raises(HttpStatus, match="without validators") as caught:
        await fetcher.get(Request(origin.url()))
    assert (caught.value.status, caught.value.kind) == (304, "soft")


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ({"Cache_Control": "max-age=600"}, 600),
        ({"Cache_Control": "public, max-age=600", "Age": "590"}, 10),
        ({"Cache_Control": "max-age=600", "Age": "700"}, None),
        ({"Cache_Control": 'max-age="600"'}, 600),
        ({"Cache_Control": "s-maxage=9, max-age=600, max-age=5"}, 600),
        ({"Cache_Control": "max-age=-600"}, None),
        ({"Cache_Control": "max-age=soon"}, None),
        ({"Cache_Control": "max-age=600, no-cache"}, None),
        ({"Cache_Control": "no-store"}, None),
        ({"Cache_Control": "max-age=600", "Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, 600),
        ({"Date": DATE, "Expires": "Sun, 22 Nov 2026 10:30:00 GMT"}, 1800),
        ({"Date": DATE, "Expires": "Sunday, 22-Nov-26 10:30:00 GMT"}, 1800),
        ({"Date": DATE, "Expires": "Sun Nov 22 10:30:00 2026"}, 1800),
        ({"Date": DATE, "Expires": "0"}, None),
        ({"Date": DATE, "Expires": "-1"}, None),
        ({"Date": DATE, "Expires": "Sun, 22 Nov 2026 25:61:00 GMT"}, None),
        ({"Date": DATE, "Expires": "Sun, 22 Nov 99999 10:30:00 GMT"}, None),
        ({"Date": DATE, "Expires": "Sun, 22 Nov 2026 09:00:00 GMT"}, None),
        ({}, None),
    ],
)
async def test_freshness_is_max_age_minus_age_or_expires(
    origin: Origin, fetcher: Fetcher, headers: dict[str, str], fresh: int | None
) -> None:
    """Rows 7 and 8."""
    origin.on("/", reply(200, b"x", **headers))
    assert (await fetcher.get(Request(origin.url()))).fresh_for == fresh


async def test_expires_without_a_date_counts_from_our_clock(origin: Origin) -> None:
    """Row 8."""
    origin.on("/", reply(200, b"x", Expires="Sun, 22 Nov 2026 10:30:00 GMT"))
    async with Fetcher(LOOPBACK, resolve=to_loopback, now=lambda: 1795341600.0) as fetcher:  # 10:00 that day
        document = await fetcher.get(Request(origin.url()))
    assert document.fresh_for == 1800
    assert document.fetched_at == 1795341600


@pytest.mark.parametrize(
    "validators",
    [
        Validators(etag='"1"\r\nX-Injected: yes'),
        Validators(etag='"1"\nX-Injected: yes'),
        Validators(last_modified="\r\n\r\nGET /injected HTTP/1.1\r\nHost: x\r\n\r\n"),
        Validators(etag='"1"\x00'),
        Validators(etag="\x7f", last_modified="a\rb"),
    ],
)
async def test_line_breaks_in_stored_validators_inject_nothing(
    origin: Origin, fetcher: Fetcher, validators: Validators
) -> None:
    """Row 37."""
    origin.on("/", reply(200, b"x"))
    await fetcher.get(Request(origin.url(), validators=validators))
    assert len(origin.heard) == 1
    assert not {"x-injected", "if-none-match", "if-modified-since"} & {name for name, _ in origin.heard[0].fields}


async def test_a_delta_is_accepted_only_when_asked_for(origin: Origin, fetcher: Fetcher) -> None:
    """Row 22: 226 answers A-IM, which goes out only together with an ETag."""
    origin.on("/", reply(226, b"<new/>", IM="feed", ETag='"2"'))
    known = Validators(etag='"1"')
    document = await fetcher.get(Request(origin.url(), validators=known, delta=True))
    assert (document.status, document.body) == (226, b"<new/>")
    assert origin.heard[0].header("a-im") == b"feed"
    for request in (Request(origin.url(), validators=known), Request(origin.url(), delta=True)):
        with pytest.raises(HttpStatus, match="delta"):
            await fetcher.get(request)
        assert origin.heard[-1].header("a-im") is None


async def test_link_headers_name_hub_and_self(origin: Origin, fetcher: Fetcher) -> None:
    links = (
        '<https://hub.example/>; rel="hub", </feed?a=1,2>; rel=self; title="x, y", <//other.example>; rel="next self"'
    )
    origin.on("/dir/feed", reply(200, b"x", Link=links, link="<ftp://no.example>; rel=hub"))
    document = await fetcher.get(Request(origin.url("/dir/feed")))
    assert document.hub == "https://hub.example/"
    assert document.self_url == origin.url("/feed?a=1,2")
