"""Bodies: decoded while they arrive, never more than the cap, never longer than the deadline."""

import asyncio
import gzip
import os
import subprocess
import sys
import time
import zlib
from dataclasses import replace

import brotli
import pytest
import zstandard
from origin import LOOPBACK, Origin, Script, drip, gzipped, hang_up, reply, silence, stream, to_loopback

from aggregator.errors import ConnectionFailed, DeadlineExceeded, FetchError, HttpStatus, TooLarge
from aggregator.fetch import Fetcher, Request
from aggregator.fetch import fetcher as fetcher_module

pytestmark = pytest.mark.anyio
TEXT = "Актау — порт на Каспии. ".encode() * 4000
RAW_DEFLATE = zlib.compressobj(wbits=-15)
CODINGS = {
    "gzip": gzip.compress(TEXT, mtime=0),
    "x-gzip": gzip.compress(TEXT, mtime=0),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "Deflate": RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush(),
    "gzip, br": brotli.compress(gzip.compress(TEXT, mtime=0)),
    "identity": TEXT,
    "": TEXT,
}


@pytest.mark.parametrize("coding", CODINGS)
async def test_every_coding_we_ask_for_is_decoded(origin: Origin, fetcher: Fetcher, coding: str) -> None:
    """Row 21."""
    origin.on("/", reply(200, CODINGS[coding], Content_Encoding=coding))
    assert (await fetcher.get(Request(origin.url()))).body == TEXT
    offered = (origin.heard[0].header("accept-encoding") or b"").decode().split(", ")
    assert set(offered) == {"gzip", "br", "zstd", "deflate"}


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
async def test_a_body_in_tiny_pieces_is_decoded(origin: Origin, fetcher: Fetcher, coding: str) -> None:
    """Row 21: chunk borders fall anywhere."""
    data = CODINGS[coding][:200_000]
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(data[i : i + 7]), data[i : i + 7]) for i in range(0, len(data), 7))
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {coding}\r\n\r\n".encode()
    origin.on("/", head + chunked + b"0\r\n\r\n")
    assert (await fetcher.get(Request(origin.url()))).body == TEXT


async def test_several_gzip_members_and_padding_are_one_body(origin: Origin, fetcher: Fetcher) -> None:
    body = gzip.compress(b"one ", mtime=0) + gzip.compress(b"two") + b"\0" * 20
    origin.on("/", reply(200, body, Content_Encoding="gzip"))
    assert (await fetcher.get(Request(origin.url()))).body == b"one two"


@pytest.mark.parametrize("body", [b"<rss/>", b"<", b""])
async def test_a_plain_body_called_gzip_is_taken_as_it_is(origin: Origin, fetcher: Fetcher, body: bytes) -> None:
    origin.on("/", reply(200, body, Content_Encoding="gzip"))
    assert (await fetcher.get(Request(origin.url()))).body == body


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(TEXT, mtime=0)[:-9], "gzip"),
        (gzip.compress(TEXT, mtime=0)[:20] + b"garbage" * 9, "gzip"),
        (brotli.compress(TEXT)[:-3], "br"),
        (b"no brotli at all, but long enough to be noticed", "br"),
        (b"no zstd", "zstd"),
        (zlib.compress(TEXT)[:-5], "deflate"),
        (TEXT, "compress"),
        (TEXT, "gzip, gzip, gzip, gzip"),
    ],
)
async def test_a_body_that_cannot_be_decoded_is_a_soft_error(
    origin: Origin, fetcher: Fetcher, body: bytes, coding: str
) -> None:
    origin.on("/", reply(200, body, Content_Encoding=coding))
    with pytest.raises(FetchError) as caught:
        await fetcher.get(Request(origin.url()))
    assert caught.value.kind == "soft"


@pytest.mark.parametrize("coding", ["", "gzip", "br", "zstd", "deflate", "gzip, gzip"])
async def test_the_cap_counts_decoded_bytes(origin: Origin, fetcher: Fetcher, coding: str) -> None:
    """Row 33."""
    packed = {"": TEXT, "gzip, gzip": gzip.compress(gzip.compress(TEXT), mtime=0)} | CODINGS
    origin.on("/", reply(200, packed[coding], Content_Encoding=coding))
    assert (await fetcher.get(Request(origin.url(), max_bytes=len(TEXT)))).body == TEXT
    with pytest.raises(TooLarge, match="decoded") as caught:
        await fetcher.get(Request(origin.url(), max_bytes=len(TEXT) - 1))
    assert caught.value.kind == "soft"


async def test_an_endless_body_is_cut_at_the_cap(origin: Origin, fetcher: Fetcher) -> None:
    """Row 33: without Content-Length."""
    endless = stream(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536, 10_000)
    origin.on("/", endless)
    with pytest.raises(TooLarge):
        await fetcher.get(Request(origin.url(), max_bytes=1_000_000))


BOMB_CLIENT = """
import asyncio, resource, sys
from origin import LOOPBACK
from aggregator.errors import TooLarge
from aggregator.fetch import Fetcher, Request

async def main(url, warm):
    async with Fetcher(LOOPBACK) as fetcher:
        await fetcher.get(Request(warm))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            await fetcher.get(Request(url))
        except TooLarge:
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

asyncio.run(main(*sys.argv[1:]))
"""


def bomb(coding: str) -> bytes:
    """A gigabyte of zeros."""
    if coding == "gzip":
        packer = zlib.compressobj(9, wbits=31)
        return b"".join([packer.compress(bytes(10**7)) for _ in range(100)]) + packer.flush()
    if coding == "br":
        one = brotli.Compressor(quality=1)
        return b"".join([one.process(bytes(10**7)) for _ in range(100)]) + one.finish()
    return zstandard.compress(bytes(10**9))


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_a_bomb_stays_within_a_memory_limit(origin: Origin, coding: str) -> None:
    """Row 33: a gigabyte in a few kilobytes costs at most a few times the cap of 15 MB."""
    origin.on("/warm", gzipped(TEXT))
    origin.on("/bomb", reply(200, bomb(coding), Content_Encoding=coding))
    path = os.pathsep.join([str(__file__).rpartition(os.sep)[0], os.environ["PYTHONPATH"]])
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOMB_CLIENT, origin.url("/bomb"), origin.url("/warm"),
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    out, _ = await child.communicate()
    assert child.returncode == 0
    assert 0 <= int(out) < 60_000, "kilobytes"


async def test_headers_are_capped(origin: Origin, fetcher: Fetcher) -> None:
    """Row 32: 32 KB in all, however many lines they come in."""
    fits = {f"X-{number}": "v" * 1000 for number in range(30)}
    origin.on("/", reply(200, b"x", **fits))
    assert (await fetcher.get(Request(origin.url()))).body == b"x"
    for headers in ({"X": "v" * 33_000}, {f"X-{n}": "v" for n in range(5000)}, {"X": "v" * 1_000_000}):
        origin.on("/", reply(200, b"x", **headers))
        with pytest.raises(TooLarge, match="headers"):
            await fetcher.get(Request(origin.url()))


async def test_endless_headers_are_cut(origin: Origin, fetcher: Fetcher) -> None:
    """Row 32."""
    origin.on("/", stream(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 1000, 100_000))
    with pytest.raises(TooLarge, match="headers"):
        await fetcher.get(Request(origin.url()))


SLOW_WAYS = {
    "a drip of body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x", 0.05),
    "a drip of headers": drip(b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.05),
    "a drip of chunks": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.05),
    "a drip of early hints": drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05),
    "silence": silence,
}


@pytest.mark.parametrize("way", SLOW_WAYS)
async def test_the_deadline_covers_the_whole_exchange(origin: Origin, way: str) -> None:
    """Row 34: bytes that keep coming do not move it."""
    origin.on("/", SLOW_WAYS[way])
    async with Fetcher(replace(LOOPBACK, timeout=0.4), resolve=to_loopback) as fetcher:
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded) as caught:
            await fetcher.get(Request(origin.url()))
    assert 0.3 < time.monotonic() - started < 2
    assert caught.value.kind == "temporary"


@pytest.mark.parametrize("status", [404, 410, 503])
async def test_a_slow_body_does_not_hide_the_status_before_it(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Else a feed that is gone for good would look like one that is slow."""
    monkeypatch.setattr(fetcher_module, "DRAIN_TIME", 0.1)
    origin.on("/", drip(b"HTTP/1.1 %d x\r\nContent-Length: 1000\r\nRetry-After: 7\r\n\r\n" % status, b"x", 0.02))
    async with Fetcher(LOOPBACK, resolve=to_loopback) as fetcher:
        with pytest.raises(HttpStatus) as caught:
            await fetcher.get(Request(origin.url()))
    assert (caught.value.status, caught.value.retry_after) == (status, 7)


async def test_the_deadline_covers_all_hops_together(origin: Origin) -> None:
    """Row 34: five slow redirects do not get five deadlines."""

    async def slow(heard, writer):  # type: ignore[no-untyped-def]
        await asyncio.sleep(0.15)
        writer.write(reply(302, Location=heard.target + "x"))

    for hop in range(6):
        origin.on("/" + "x" * hop, slow)
    async with Fetcher(replace(LOOPBACK, timeout=0.4), resolve=to_loopback) as fetcher:
        with pytest.raises(DeadlineExceeded):
            await fetcher.get(Request(origin.url("/")))
    assert len(origin.heard) <= 3


@pytest.mark.parametrize(
    "said",
    [
        hang_up,
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\nConnection: close\r\n\r\nx",
    ],
)
async def test_a_broken_exchange_is_temporary_and_yields_no_half_document(
    origin: Origin, fetcher: Fetcher, said: bytes | Script
) -> None:
    origin.on("/", said)
    with pytest.raises(ConnectionFailed) as caught:
        await fetcher.get(Request(origin.url()))
    assert caught.value.kind == "temporary"
    assert caught.value.url == origin.url()


async def test_a_body_may_end_with_the_connection(origin: Origin, fetcher: Fetcher) -> None:
    origin.on("/", b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nold style")
    assert (await fetcher.get(Request(origin.url()))).body == b"old style"
