"""The guard of addresses in action: what it refuses is never dialled, by no route."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import dialfence
import pytest
import uvloop
from origin import LOOPBACK, Origin, reply, to_loopback

from aggregator.errors import AddressRefused, ConnectionFailed
from aggregator.fetch import Fetcher, Request, backend
from aggregator.fetch.guard import Guard
from aggregator.fetch.http1 import Connection
from aggregator.model import FetchRules

pytestmark = pytest.mark.anyio
STRICT = FetchRules(host_gap=0, timeout=2)
PUBLIC = "93.184.215.14"


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every address the backend was about to dial; none is."""
    seen: list[tuple[str, int]] = []

    async def dial(address: str, port: int) -> None:
        seen.append((address, port))
        raise OSError("no route, says the test")

    monkeypatch.setattr(backend, "dial", dial)
    return seen


def knows(*addresses: str):  # type: ignore[no-untyped-def]
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[fd00::1]/",
        "http://0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost/",
        "http://93.184.215.14:22/",
        "http://93.184.215.14:8080/",
    ],
)
async def test_a_refused_address_is_never_dialled(url: str, dialled: list[tuple[str, int]]) -> None:
    """Row 27: also in the odd spellings that only the system's resolver understands."""
    async with Fetcher(STRICT) as fetcher:
        with pytest.raises(AddressRefused, match="allow in aggregator") as caught:
            await fetcher.get(Request(url))
    assert dialled == []
    assert (caught.value.kind, caught.value.url) == ("hard", url)


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "file:///etc/passwd", "feed", "", "http:///x", "data:,x", "http://0177.0.0.1/"]
)
async def test_what_is_no_web_address_is_refused(url: str, dialled: list[tuple[str, int]]) -> None:
    async with Fetcher(STRICT, resolve=knows(PUBLIC)) as fetcher:
        with pytest.raises(AddressRefused):
            await fetcher.get(Request(url))
    assert dialled == []


@pytest.mark.parametrize(
    "url",
    [
        "http://8.8.8.8@127.0.0.1/", "http://127.0.0.1#@8.8.8.8/", "http://8.8.8.8\\@127.0.0.1/", "http://8.8.8.8:443@10.0.0.1/",
        "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
        "http://[fe80::1%25eth0]/", "http://[::]/", "http://127。0。0。1/", "http://１２７.0.0.1/", "HTTP://127.1/",
        "http://127.0.0.1\t/", "http://8.8.8.8/\r\nX-Evil: 1", "http://8.8.8.8/ HTTP/1.1\r\nHost: x", "http:///127.0.0.1/",
    ],
)  # fmt: skip
async def test_no_spelling_hides_where_an_address_leads(url: str, dialled: list[tuple[str, int]]) -> None:
    """Row 27: logins that look like hosts, embedded addresses, digits of other scripts, line breaks."""
    async with Fetcher(STRICT) as fetcher:
        with pytest.raises(AddressRefused):
            await fetcher.get(Request(url))
    assert dialled == []


@pytest.mark.parametrize("bad", ["10.0.0.1", "::1", "fe80::1%eth0", "100.64.0.1"])
async def test_one_bad_address_taints_the_name(bad: str, dialled: list[tuple[str, int]]) -> None:
    """Row 27."""
    for addresses in ((PUBLIC, bad), (bad, PUBLIC)):
        async with Fetcher(STRICT, resolve=knows(*addresses)) as fetcher:
            with pytest.raises(AddressRefused):
                await fetcher.get(Request("http://news.example/"))
    assert dialled == []


async def test_the_checked_address_is_the_dialled_one(dialled: list[tuple[str, int]]) -> None:
    """Row 28: a resolver that flips after the check gains nothing, for it is asked once."""
    answers = [[PUBLIC], ["127.0.0.1"], ["10.0.0.1"]]
    asked = []

    async def flipping(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    async with Fetcher(STRICT, resolve=flipping) as fetcher:
        with pytest.raises(ConnectionFailed):
            await fetcher.get(Request("http://rebind.example/"))
        assert (dialled, asked) == ([(PUBLIC, 80)], ["rebind.example"])
        for _ in answers[1:]:
            with pytest.raises(AddressRefused):
                await fetcher.get(Request("http://rebind.example/"))
    assert dialled == [(PUBLIC, 80)]


async def test_rebinding_to_a_canary_fails_with_a_full_dial(origin: Origin, other: Origin) -> None:
    """Row 28: the name leads to an allowed address once and to the canary ever after."""
    answers = iter(["127.0.0.1"])
    origin.on("/", reply(200, b"x", Connection="close"))
    rules = replace(STRICT, allow=(("127.0.0.1/32", 0),))

    async def flipping(host: str, port: int) -> Sequence[str]:
        return [next(answers, "127.0.0.2")]

    async with Fetcher(rules, resolve=flipping) as fetcher:
        assert (await fetcher.get(Request(origin.url("/", "rebind.example")))).body == b"x"
        with pytest.raises(AddressRefused):
            await fetcher.get(Request(other.url("/", "rebind.example")))
    assert other.connections == 0


async def test_every_redirect_passes_the_guard_again(origin: Origin, other: Origin) -> None:
    """Row 29: the canary stays untouched, by address, by name and by another port."""
    rules = replace(STRICT, allow=(("127.0.0.1/32", origin.port),))

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2" if host == "canary.example" else "127.0.0.1"]

    async with Origin() as neighbour:
        async with Fetcher(rules, resolve=resolve) as fetcher:
            for target in (other.url("/"), other.url("/", "canary.example"), neighbour.url("/")):
                origin.on("/", reply(302, Location="/hop"))
                origin.on("/hop", reply(301, Location=target))
                with pytest.raises(AddressRefused):
                    await fetcher.get(Request(origin.url()))
        assert neighbour.connections == 0
    assert other.connections == 0


async def test_the_canary_would_be_touched_without_the_guard(
    origin: Origin, other: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 29: the test above can fail: with every address permitted the redirect leads to the canary."""
    monkeypatch.setattr(Guard, "permits", lambda self, address, port: True)
    origin.on("/", reply(302, Location=other.url("/")))
    other.on("/", reply(200, b"x"))
    async with Fetcher(STRICT, resolve=to_loopback) as fetcher:
        await fetcher.get(Request(origin.url()))
    assert other.connections == 1


async def test_an_exception_is_for_that_network_and_port_only(origin: Origin, other: Origin) -> None:
    origin.on("/", reply(200, b"x"))
    async with Fetcher(replace(STRICT, allow=(("127.0.0.1/32", origin.port),))) as fetcher:
        assert (await fetcher.get(Request(origin.url()))).body == b"x"
        for url in (other.url(), f"http://127.0.0.1:{other.port}/"):
            with pytest.raises(AddressRefused):
                await fetcher.get(Request(url))


async def test_the_next_address_is_tried_when_one_does_not_answer(origin: Origin) -> None:
    origin.on("/", reply(200, b"x"))
    async with Fetcher(LOOPBACK, resolve=knows("127.0.0.9", "127.0.0.1")) as fetcher:
        assert (await fetcher.get(Request(origin.url("/", "a.example")))).body == b"x"


async def test_an_address_that_hangs_does_not_use_up_the_deadline(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backend.dial

    async def dial(address: str, port: int) -> Connection:
        if address == "127.0.0.9":
            await asyncio.sleep(3600)
        return await real(address, port)

    monkeypatch.setattr(backend, "dial", dial)
    monkeypatch.setattr(backend, "NEXT_ADDRESS_AFTER", 0.05)
    origin.on("/", reply(200, b"x"))
    async with Fetcher(LOOPBACK, resolve=knows("127.0.0.9", "127.0.0.1")) as fetcher:
        assert (await fetcher.get(Request(origin.url("/", "a.example")))).body == b"x"


@pytest.mark.parametrize("addresses", [[], ["no address"]])
async def test_a_name_that_leads_nowhere_is_a_temporary_error(
    addresses: list[str], dialled: list[tuple[str, int]]
) -> None:
    async with Fetcher(STRICT, resolve=knows(*addresses)) as fetcher:
        with pytest.raises(ConnectionFailed) as caught:
            await fetcher.get(Request("http://gone.example/"))
    assert (caught.value.kind, dialled) == ("temporary", [])


async def test_an_unknown_name_is_a_temporary_error() -> None:
    """The system's resolver is used when none is given; under the fence it knows no name."""
    async with Fetcher(STRICT) as fetcher:
        with pytest.raises(ConnectionFailed, match="does not resolve"):
            await fetcher.get(Request("http://news.example/"))


async def test_a_closed_port_is_a_temporary_error(fetcher: Fetcher) -> None:
    async with Origin() as gone:
        url = gone.url()
    with pytest.raises(ConnectionFailed):
        await fetcher.get(Request(url))


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize("url", ["http://192.0.2.1/", "http://[2001:db8::1]/", "https://192.0.2.1/"])
def test_a_guard_that_lets_everything_pass_emits_nothing(
    run,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    dial_fence: list[str],  # type: ignore[no-untyped-def]
) -> None:
    """Row 47: with the guard switched off, the fence still stops the packet, on both event loops."""
    monkeypatch.setattr(Guard, "permits", lambda self, address, port: True)

    async def try_it() -> None:
        async with Fetcher(STRICT, resolve=to_loopback) as fetcher:
            await fetcher.get(Request(url))

    with pytest.raises(dialfence.DialFenced):
        run(try_it())
    assert len(dial_fence) == 1
    dial_fence.clear()


def test_our_own_backend_is_fenced() -> None:
    """Row 47."""
    assert getattr(backend.dial, "fenced", False)
