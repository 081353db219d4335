"""Redirects are followed hop by hop by us: what moved for good is reported, secrets stay behind, circles end."""

import itertools
from dataclasses import replace

import pytest
from origin import LOOPBACK, Origin, reply, to_loopback

from aggregator.errors import AddressRefused, FetchError, RedirectError
from aggregator.fetch import Fetcher, Request
from aggregator.model import Validators

pytestmark = pytest.mark.anyio


def to(location: str | bytes, status: int = 301) -> bytes:
    return reply(status, b"moved", Location=location)


@pytest.mark.parametrize("status", [301, 308])
async def test_a_permanent_redirect_is_reported(origin: Origin, fetcher: Fetcher, status: int) -> None:
    """Row 15: the fetcher's part; adopting it after three successes is the store's."""
    origin.on("/old", to("/new", status))
    origin.on("/new", reply(200, b"feed"))
    document = await fetcher.get(Request(origin.url("/old")))
    assert (document.url, document.moved_to, document.body) == (origin.url("/new"), origin.url("/new"), b"feed")


@pytest.mark.parametrize("statuses", [(302,), (303,), (307,), (301, 302), (307, 308)])
async def test_a_temporary_redirect_is_followed_but_not_reported(
    origin: Origin, fetcher: Fetcher, statuses: tuple[int, ...]
) -> None:
    """Row 16: one temporary hop makes the whole way temporary."""
    for hop, status in enumerate(statuses):
        origin.on(f"/{hop}", to(f"/{hop + 1}", status))
    origin.on(f"/{len(statuses)}", reply(200, b"feed"))
    document = await fetcher.get(Request(origin.url("/0")))
    assert (document.moved_to, document.url) == (None, origin.url(f"/{len(statuses)}"))


async def test_a_304_at_the_end_of_a_permanent_redirect_counts_as_moved(origin: Origin, fetcher: Fetcher) -> None:
    """Row 15."""
    origin.on("/old", to("/new"))
    origin.on("/new", reply(304))
    document = await fetcher.get(Request(origin.url("/old"), validators=Validators(etag='"1"')))
    assert document.not_modified
    assert document.moved_to == origin.url("/new")
    assert [heard.header("if-none-match") for heard in origin.heard] == [b'"1"', b'"1"']


@pytest.mark.parametrize("path", [["/a", "/a"], ["/a", "/b", "/a"], ["/a", "/b", "/c", "/b"]])
async def test_a_circle_ends_at_once(origin: Origin, fetcher: Fetcher, path: list[str]) -> None:
    """Row 17."""
    for here, there in itertools.pairwise(path):
        origin.on(here, to(there, 302))
    with pytest.raises(RedirectError, match="circle"):
        await fetcher.get(Request(origin.url("/a")))
    assert len(origin.heard) == len(set(path))


async def test_five_hops_are_enough(origin: Origin, fetcher: Fetcher) -> None:
    """Row 17."""
    for hop in range(9):
        origin.on(f"/{hop}", to(f"/{hop + 1}", 302))
    origin.on("/5", reply(200, b"five"))
    assert (await fetcher.get(Request(origin.url("/0")))).body == b"five"
    origin.on("/5", to("/6", 302))
    origin.heard.clear()
    with pytest.raises(RedirectError, match="more than 5"):
        await fetcher.get(Request(origin.url("/0")))
    assert origin.count("/6") == 0


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("ftp://a.example/feed", AddressRefused),
        ("file:///etc/passwd", AddressRefused),
        ("gopher://127.0.0.1:70/", AddressRefused),
        ("javascript:alert(1)", AddressRefused),
        ("http://", RedirectError),
        ("http://[::1", AddressRefused),
        ("http://a.example:99999/", AddressRefused),
        ("http://\x01/", AddressRefused),
    ],
)
async def test_only_web_addresses_are_followed(
    origin: Origin, fetcher: Fetcher, location: str, error: type[Exception]
) -> None:
    origin.on("/", to(location, 302))
    with pytest.raises(error):
        await fetcher.get(Request(origin.url()))
    assert len(origin.heard) == 1


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("new", "/dir/new"),
        ("?page=2", "/dir/old?page=2"),
        ("//{netloc}/new", "/new"),
        ("/новости", "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8"),
        ("/new#top", "/new"),
        ("/a b", "/a%20b"),
    ],
)
async def test_targets_are_resolved_like_a_browser_does(
    origin: Origin, fetcher: Fetcher, location: str, target: str
) -> None:
    origin.on("/dir/old", to(location.format(netloc=f"127.0.0.1:{origin.port}").encode(), 302))
    origin.on(target, reply(200, b"there"))
    document = await fetcher.get(Request(origin.url("/dir/old")))
    assert (document.body, document.url) == (b"there", origin.url(target))


async def test_a_redirect_without_a_target_is_an_error(origin: Origin, fetcher: Fetcher) -> None:
    origin.on("/", reply(302))
    with pytest.raises(Exception, match="302"):
        await fetcher.get(Request(origin.url()))


async def test_secrets_stay_with_the_origin_they_were_meant_for(
    origin: Origin, other: Origin, fetcher: Fetcher
) -> None:
    """Row 30: Authorization and every configured header, also when the way leads back."""
    secrets = {"Authorization": "Bearer s3cret", "X-Api-Key": "k3y", "Cookie": "session=1"}
    origin.on("/start", to("/here", 302))
    origin.on("/here", to(other.url("/away"), 302))
    other.on("/away", to(origin.url("/back"), 302))
    origin.on("/back", to("/end", 302))
    origin.on("/end", reply(200, b"x"))
    await fetcher.get(Request(origin.url("/start"), headers=secrets, user_agent="Special/1"))
    sent = [heard.header("authorization") for heard in (*origin.heard[:2], *other.heard, *origin.heard[2:])]
    assert sent == [b"Bearer s3cret", b"Bearer s3cret", None, None, None]
    for heard in (*other.heard, *origin.heard[2:]):
        assert not {"x-api-key", "cookie"} & {name for name, _ in heard.fields}
        assert heard.header("user-agent") == b"Special/1"


async def test_a_login_in_the_address_stays_with_it(origin: Origin, other: Origin, fetcher: Fetcher) -> None:
    """Row 30: user:password@host becomes Basic and goes nowhere else."""
    origin.on("/", to(other.url("/away"), 302))
    other.on("/away", reply(200, b"x"))
    address = origin.url().replace("http://", "http://user:p%40ss@")
    document = await fetcher.get(Request(address))
    assert origin.heard[0].header("authorization") == b"Basic dXNlcjpwQHNz"
    assert other.heard[0].header("authorization") is None
    assert "user" not in document.url


async def test_a_login_in_the_address_shows_nowhere(origin: Origin, fetcher: Fetcher) -> None:
    """Neither in the document, whose address is the base of its links, nor in an error that operators see."""
    origin.on("/feed", reply(200, b"x"), reply(404), reply(200, b"x", Content_Encoding="lost"))
    secret = origin.url("/feed").replace("http://", "http://user:p%40ss@")
    assert (await fetcher.get(Request(secret))).url == origin.url("/feed")
    for _ in range(2):
        with pytest.raises(FetchError) as caught:
            await fetcher.get(Request(secret))
        assert "user" not in f"{caught.value} {caught.value.url}"


async def test_a_target_cannot_bring_a_login_of_its_own(origin: Origin, other: Origin, fetcher: Fetcher) -> None:
    origin.on("/", to(other.url("/away").replace("http://", "http://planted:login@"), 301))
    other.on("/away", reply(200, b"x"))
    document = await fetcher.get(Request(origin.url()))
    assert other.heard[0].header("authorization") is None
    assert document.moved_to == other.url("/away")


async def test_https_never_leads_to_http(secure: Origin, origin: Origin, fetcher: Fetcher) -> None:
    """Row 31."""
    secure.on("/", to(origin.url("/plain"), 301))
    with pytest.raises(RedirectError, match="https"):
        await fetcher.get(Request(secure.url()))
    assert origin.heard == []


async def test_http_may_lead_to_https(secure: Origin, origin: Origin, fetcher: Fetcher) -> None:
    origin.on("/", to(secure.url("/safe"), 301))
    secure.on("/safe", reply(200, b"x"))
    document = await fetcher.get(Request(origin.url()))
    assert document.moved_to == secure.url("/safe")


async def test_every_hop_keeps_the_pause_of_its_host(origin: Origin) -> None:
    """Row 23: redirect targets on one host wait like any other request."""
    origin.on("/a", to("/b", 302))
    origin.on("/b", reply(200, b"x"))
    async with Fetcher(replace(LOOPBACK, host_gap=0.15), resolve=to_loopback) as fetcher:
        await fetcher.get(Request(origin.url("/a")))
    assert origin.heard[1].at - origin.heard[0].at >= 0.15
