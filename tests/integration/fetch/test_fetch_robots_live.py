"""robots.txt over real connections (checklist row 48)."""

import asyncio
import itertools
from dataclasses import replace

import pytest
from origin import LOOPBACK, Origin, hang_up, reply, to_loopback

from aggregator.errors import AddressRefused, RobotsRefused
from aggregator.fetch import Fetcher, Request

pytestmark = pytest.mark.anyio


def page(origin: Origin, path: str, host: str | None = None) -> Request:
    return Request(origin.url(path, host), accept="page", robots=True)


async def test_pages_ask_robots_txt_once_and_feeds_never(origin: Origin, fetcher: Fetcher) -> None:
    """Row 48."""
    origin.on("/robots.txt", reply(200, b"User-agent: *\nDisallow: /private"))
    for path in ("/feed", "/news/1", "/news/2", "/private/feed", "/private/page"):
        origin.on(path, reply(200, b"x"))
    await fetcher.get(Request(origin.url("/private/feed")))
    assert origin.count("/robots.txt") == 0
    await asyncio.gather(fetcher.get(page(origin, "/news/1")), fetcher.get(page(origin, "/news/2")))
    with pytest.raises(RobotsRefused, match="forbids /private/page") as caught:
        await fetcher.get(page(origin, "/private/page"))
    assert caught.value.kind == "hard"
    assert (origin.count("/robots.txt"), origin.count("/private/page")) == (1, 0)


async def test_our_own_group_counts(origin: Origin, fetcher: Fetcher) -> None:
    origin.on("/robots.txt", reply(200, b"User-agent: *\nDisallow: /\n\nUser-agent: Aggregator\nAllow: /"))
    origin.on("/a", reply(200, b"x"))
    assert (await fetcher.get(page(origin, "/a"))).body == b"x"


async def test_robots_txt_is_read_again_after_a_day(origin: Origin) -> None:
    clock = [1000.0]
    origin.on("/robots.txt", reply(404), reply(200, b"User-agent: *\nDisallow: /"))
    origin.on("/a", reply(200, b"x"))
    async with Fetcher(LOOPBACK, resolve=to_loopback, monotonic=lambda: clock[0]) as fetcher:
        await fetcher.get(page(origin, "/a"))
        clock[0] += 86_399
        await fetcher.get(page(origin, "/a"))
        clock[0] += 2
        with pytest.raises(RobotsRefused):
            await fetcher.get(page(origin, "/a"))
    assert origin.count("/robots.txt") == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_no_robots_txt_allows_everything(origin: Origin, fetcher: Fetcher, status: int) -> None:
    """RFC 9309, section 2.3.1.3."""
    origin.on("/robots.txt", reply(status))
    origin.on("/a", reply(200, b"x"))
    assert (await fetcher.get(page(origin, "/a"))).body == b"x"


@pytest.mark.parametrize("answer", [reply(500), reply(503), hang_up, reply(200, b"no gzip", Content_Encoding="br")])
async def test_an_unreachable_robots_txt_forbids_everything_for_now(
    origin: Origin, fetcher: Fetcher, answer: bytes
) -> None:
    """RFC 9309, section 2.3.1.4: temporary, and not asked again at every page."""
    origin.on("/robots.txt", answer)
    for _ in range(3):
        with pytest.raises(RobotsRefused) as caught:
            await fetcher.get(page(origin, "/a"))
        assert caught.value.kind == "temporary"
        assert caught.value.retry_after == pytest.approx(1800, abs=5)
    assert [heard.target for heard in origin.heard] == ["/robots.txt"]


async def test_a_redirected_robots_txt_counts(origin: Origin, other: Origin, fetcher: Fetcher) -> None:
    origin.on("/robots.txt", reply(301, Location=other.url("/r")))
    other.on("/r", reply(200, b"User-agent: *\nDisallow: /"))
    with pytest.raises(RobotsRefused):
        await fetcher.get(page(origin, "/a"))


async def test_a_robots_txt_that_redirects_for_ever_is_none(origin: Origin, fetcher: Fetcher) -> None:
    origin.on("/robots.txt", reply(302, Location="/robots.txt"))
    origin.on("/a", reply(200, b"x"))
    assert (await fetcher.get(page(origin, "/a"))).body == b"x"


async def test_only_the_first_half_megabyte_is_read(origin: Origin, fetcher: Fetcher) -> None:
    body = b"User-agent: *\nDisallow: /private\n" + b"# filler\n" * 100_000 + b"Disallow: /\n"
    origin.on("/robots.txt", reply(200, body))
    origin.on("/a", reply(200, b"x"))
    assert (await fetcher.get(page(origin, "/a"))).body == b"x"
    with pytest.raises(RobotsRefused):
        await fetcher.get(page(origin, "/private"))


async def test_the_target_of_a_redirect_is_asked_about_too(origin: Origin, other: Origin, fetcher: Fetcher) -> None:
    origin.on("/a", reply(302, Location=other.url("/private")))
    other.on("/robots.txt", reply(200, b"User-agent: *\nDisallow: /private"))
    with pytest.raises(RobotsRefused):
        await fetcher.get(page(origin, "/a"))
    assert other.count("/private") == 0


async def test_robots_txt_passes_the_guard(origin: Origin, other: Origin) -> None:
    """Row 29: a canary behind a redirect of robots.txt stays untouched, and the pages closed."""
    origin.on("/robots.txt", reply(302, Location=other.url("/")))
    rules = replace(LOOPBACK, allow=(("127.0.0.1/32", 0),))
    async with Fetcher(rules, resolve=to_loopback) as fetcher:
        with pytest.raises(AddressRefused):
            await fetcher.get(page(origin, "/a"))
    assert other.connections == 0


async def test_crawl_delay_slows_feeds_as_well(origin: Origin, fetcher: Fetcher) -> None:
    """Row 48: known from a page or asked for by itself."""
    origin.on("/robots.txt", reply(200, b"User-agent: *\nCrawl-delay: 0.2"))
    origin.on("/feed", reply(200, b"x"))
    assert await fetcher.crawl_delay(origin.url("/feed")) == 0.2
    await fetcher.get(Request(origin.url("/feed")))
    await fetcher.get(Request(origin.url("/feed")))
    times = [heard.at for heard in origin.heard]
    assert all(later - earlier >= 0.2 for earlier, later in itertools.pairwise(times))
