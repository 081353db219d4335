"""What we send: who we are and what we read, and nothing that tells more."""

from dataclasses import replace

import pytest
from origin import LOOPBACK, Origin, reply, to_loopback

from aggregator.errors import FetchError
from aggregator.fetch import Fetcher, Request

pytestmark = pytest.mark.anyio
EXPECTED = {"host", "user-agent", "accept", "accept-encoding"}


async def test_nothing_but_the_necessary_headers_is_sent(origin: Origin, fetcher: Fetcher) -> None:
    """Rows 18 and 20: no cookies although the server sets some, no Referer after a redirect, no added query."""
    cookie = "id=1; Path=/; Max-Age=9999"
    origin.on("/a?x=1&y=%20&&z", reply(302, Location="/b", Set_Cookie=cookie))
    origin.on("/b", reply(200, b"x", Set_Cookie=cookie))
    await fetcher.get(Request(origin.url("/a?x=1&y=%20&&z")))
    await fetcher.get(Request(origin.url("/b")))
    assert [heard.target for heard in origin.heard] == ["/a?x=1&y=%20&&z", "/b", "/b"]
    for heard in origin.heard:
        assert {name for name, _ in heard.fields} == EXPECTED


async def test_the_user_agent_names_us_and_our_page(origin: Origin, fetcher: Fetcher) -> None:
    """Row 19."""
    await _ignore_404(fetcher, Request(origin.url()))
    assert origin.heard[0].header("user-agent") == b"aggregator/0.1.0 (+https://fetcher.example/about)"


async def test_without_a_contact_the_user_agent_names_only_us(origin: Origin) -> None:
    """Row 19."""
    async with Fetcher(replace(LOOPBACK, contact=""), resolve=to_loopback, version="9.9") as fetcher:
        await _ignore_404(fetcher, Request(origin.url()))
    assert origin.heard[0].header("user-agent") == b"aggregator/9.9"


async def test_a_source_may_name_us_otherwise(origin: Origin, fetcher: Fetcher) -> None:
    """Row 19: some hosts answer 400 to agents they do not know."""

    async def picky(heard, writer):  # type: ignore[no-untyped-def]
        known = heard.header("user-agent") == b"NewsReader/2.0"
        writer.write(reply(200, b"<rss/>") if known else reply(400))

    origin.on("/", picky)
    with pytest.raises(FetchError, match="400") as caught:
        await fetcher.get(Request(origin.url()))
    assert caught.value.kind == "hard"
    assert (await fetcher.get(Request(origin.url(), user_agent="NewsReader/2.0"))).body == b"<rss/>"


@pytest.mark.parametrize(
    ("accept", "first"), [("feed", b"application/atom+xml"), ("page", b"text/html"), ("any", b"*/*")]
)
async def test_accept_lists_what_we_read(origin: Origin, fetcher: Fetcher, accept: str, first: bytes) -> None:
    """Row 20: some hosts answer HTML to those who do not ask for feeds."""
    await _ignore_404(fetcher, Request(origin.url(), accept=accept))  # type: ignore[arg-type]
    sent = origin.heard[0].header("accept") or b""
    assert sent.startswith(first)
    if accept == "feed":
        assert all(kind in sent for kind in (b"application/rss+xml", b"application/feed+json", b"text/xml"))
        assert b"html" not in sent


async def test_configured_headers_are_sent_and_may_replace_ours(origin: Origin, fetcher: Fetcher) -> None:
    headers = {"Accept": "application/rss+xml", "X-Key": "ключ"}
    await _ignore_404(fetcher, Request(origin.url(), headers=headers))
    assert origin.heard[0].header("accept") == b"application/rss+xml"
    assert origin.heard[0].header("x-key") == "ключ".encode()
    assert [name for name, _ in origin.heard[0].fields].count("accept") == 1


async def test_rules_can_be_renewed_while_we_run(origin: Origin, other: Origin) -> None:
    """An edited configuration takes effect without a restart; what is known of the hosts stays."""
    origin.on("/", reply(200, b"x"))
    other.on("/", reply(200, b"x"))
    async with Fetcher(replace(LOOPBACK, allow=(("127.0.0.1/32", 0),)), resolve=to_loopback) as fetcher:
        await fetcher.get(Request(origin.url()))
        fetcher.renew(replace(LOOPBACK, allow=(("127.0.0.2/32", 0),), contact="https://new.example/", max_bytes=9))
        with pytest.raises(FetchError, match="not a public web address"):
            await fetcher.get(Request(origin.url()))
        await fetcher.get(Request(other.url()))
        assert other.heard[0].header("user-agent") == b"aggregator/0.1.0 (+https://new.example/)"
        assert fetcher.manners.last_request("127.0.0.1") is not None
        assert fetcher.manners.gap("127.0.0.1") == LOOPBACK.host_gap
    assert len(origin.heard) == 1


async def test_push_posts_and_returns_the_status(origin: Origin, other: Origin, fetcher: Fetcher) -> None:
    """No redirect is followed: a callback is where its subscriber said it is."""
    told: list[bytes] = []

    async def take(heard, writer):  # type: ignore[no-untyped-def]
        told.append(await heard.reader.readexactly(int(heard.header("content-length"))))
        writer.write(reply(302, Location=other.url("/")))

    origin.on("/callback", take)
    status = await fetcher.post(
        origin.url("/callback"), b"<feed/>", {"Content-Type": "application/atom+xml", "X-Sig": "1"}
    )
    assert (status, told, other.heard) == (302, [b"<feed/>"], [])
    assert origin.heard[0].head.startswith(b"POST /callback HTTP/1.1\r\n")
    assert origin.heard[0].header("content-type") == b"application/atom+xml"


async def test_push_passes_the_guard(origin: Origin) -> None:
    async with Fetcher(replace(LOOPBACK, allow=())) as fetcher:
        with pytest.raises(FetchError, match="not a public web address"):
            await fetcher.post(origin.url("/callback"), b"", {})
    assert origin.connections == 0


async def test_a_header_that_cannot_be_sent_is_a_hard_error(origin: Origin, fetcher: Fetcher) -> None:
    with pytest.raises(FetchError) as caught:
        await fetcher.get(Request(origin.url(), headers={"bad name:": "x"}))
    assert caught.value.kind == "hard"
    assert origin.heard == []


async def test_the_environment_does_not_redirect_us(
    origin: Origin, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy in the environment would go round the guard; [fetch] proxy is the way to have one."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with Fetcher(LOOPBACK, resolve=to_loopback) as ours:
        origin.on("/", reply(200, b"direct"))
        assert (await ours.get(Request(origin.url()))).body == b"direct"


async def _ignore_404(fetcher: Fetcher, request: Request) -> None:
    with pytest.raises(FetchError, match="404"):
        await fetcher.get(request)
