"""What a hostile server can cost: its own deadline and 50 MB, in a process of its own so that its memory can be measured."""

import asyncio
import contextlib
import gzip
import json
import os
import sys
from collections.abc import Callable

import brotli
import pytest
import zstandard
from origin import Heard, Origin, Script, drip, hang_up, reply, silence, stream

from aggregator.errors import DeadlineExceeded, FetchError

pytestmark = pytest.mark.anyio

DEADLINE, MEMORY_MB = 3.0, 50
CHILD = """
import asyncio, json, resource, sys, time
from aggregator.errors import FetchError
from aggregator.fetch import Fetcher, Request
from aggregator.model import FetchRules

async def to_loopback(host, port):
    return ["127.0.0.1"]

async def main(bad, good):
    rules = FetchRules(allow=(("127.0.0.0/8", 0),), host_gap=0, timeout=float(sys.argv[3]))
    async with Fetcher(rules, resolve=to_loopback) as fetcher:
        await fetcher.get(Request(good))  # everything is loaded, every pool made
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        try:
            found = {"error": None, "bytes": len((await fetcher.get(Request(bad))).body)}
        except FetchError as error:
            found = {"error": type(error).__name__, "message": str(error)}
        found |= {"seconds": time.monotonic() - began}
        found |= {"mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}
        await fetcher.get(Request(good))
        await asyncio.sleep(0.1)
        print(json.dumps(found | {"open": fetcher.open_connections}))

asyncio.run(main(*sys.argv[1:3]))
"""

OK = b"HTTP/1.1 200 OK\r\n"
ZEROS = bytes(400_000_000)


def coded(coding: str, body: bytes) -> bytes:
    return reply(200, body, Content_Encoding=coding)


def zstd_bomb() -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(ZEROS)


def wide_zstd() -> bytes:
    """A frame that asks for a window of 128 MB."""
    given = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    return zstandard.ZstdCompressor(compression_params=given).compress(ZEROS[:1000]) + b""


def gzip_of_gzip() -> bytes:
    return gzip.compress(gzip.compress(ZEROS, 9), 9)


def early_hints(then: bytes) -> Script:
    """100 Continue and 103 Early Hints without end."""
    return stream(
        b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 100_000
    )


async def endless_redirects(heard: Heard, writer: asyncio.StreamWriter) -> None:
    last = heard.target.rpartition("/")[2]
    number = int(last) if last.isdigit() else 0
    writer.write(reply(302, Location=f"/r/{number + 1}"))


async def late_bytes(heard: Heard, writer: asyncio.StreamWriter) -> None:
    """A second response that nobody asked for, behind the first."""
    writer.write(reply(200, b"first") + reply(200, b"second") * 1000)
    await writer.drain()


CASES: dict[str, tuple[Callable[[], bytes | Script], tuple[str | None, ...]]] = {
    "drip of body": (lambda: drip(OK + b"Content-Length: 1000\r\n\r\n", b"x", 0.2), ("DeadlineExceeded",)),
    "drip of head": (lambda: drip(b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.2), ("DeadlineExceeded",)),
    "drip of chunks": (lambda: drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.2), ("DeadlineExceeded",)),
    "silence": (lambda: silence, ("DeadlineExceeded",)),
    "hang-up": (lambda: hang_up, ("ConnectionFailed",)),
    "gzip bomb": (lambda: coded("gzip", gzip.compress(ZEROS, 9)), ("TooLarge",)),
    "gzip of gzip bomb": (lambda: coded("gzip, gzip", gzip_of_gzip()), ("TooLarge",)),
    "brotli bomb": (lambda: coded("br", brotli.compress(ZEROS[:200_000_000], quality=1)), ("TooLarge",)),
    "zstd bomb": (lambda: coded("zstd", zstd_bomb()), ("TooLarge",)),
    "zstd window": (lambda: coded("zstd", wide_zstd()), (None, "FetchError")),
    "forty codings": (lambda: coded(", ".join(["gzip"] * 40), b"x"), ("FetchError",)),
    "flood of body": (lambda: stream(OK + b"\r\n", b"x" * 65_536, 100_000), ("TooLarge",)),
    "flood of head": (lambda: stream(OK, b"X-A: " + b"a" * 1000 + b"\r\n", 100_000), ("TooLarge",)),
    "one endless header": (lambda: stream(OK + b"X: ", b"a" * 65_536, 100_000), ("TooLarge",)),
    "endless status line": (lambda: stream(b"HTTP/1.1 200 ", b"a" * 65_536, 100_000), ("TooLarge", "ConnectionFailed")),
    "Set-Cookie flood": (lambda: stream(OK, b"Set-Cookie: a=b; Path=/\r\n" * 100, 100_000), ("TooLarge",)),
    "many small headers": (lambda: stream(OK, b"a:\r\n" * 1000, 100_000), ("TooLarge",)),
    "interim responses": (lambda: early_hints(OK), ("TooLarge",)),
    "trailers without end": (
        lambda: stream(OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"T: " + b"t" * 1000 + b"\r\n", 100_000),
        ("TooLarge", "ConnectionFailed", "DeadlineExceeded"),
    ),
    "chunk of 2^63 bytes": (
        lambda: stream(OK + b"Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n", b"x" * 65_536, 100_000),
        ("TooLarge", "ConnectionFailed"),
    ),
    "chunk size without end": (
        lambda: stream(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 65_536, 100_000),
        ("ConnectionFailed", "TooLarge", "DeadlineExceeded"),
    ),
    "chunk extensions without end": (
        lambda: stream(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a=b;" * 16_384, 100_000),
        ("ConnectionFailed", "TooLarge", "DeadlineExceeded"),
    ),
    "a million tiny chunks": (
        lambda: stream(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000, 1000),
        ("ConnectionFailed", "TooLarge", "DeadlineExceeded"),
    ),
    "Content-Length too long": (
        lambda: reply(200, b"short", Content_Length="1000", Connection="close"), ("ConnectionFailed",)
    ),
    "Content-Length negative": (lambda: OK + b"Content-Length: -1\r\n\r\nx", ("ConnectionFailed",)),
    "Content-Length twice": (
        lambda: OK + b"Content-Length: 1\r\nContent-Length: 9\r\nConnection: close\r\n\r\nx", ("ConnectionFailed",)
    ),
    "length and chunks": (
        lambda: OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        (None, "ConnectionFailed"),
    ),
    "a length of petabytes": (
        lambda: stream(OK + b"Content-Length: 9999999999999999\r\n\r\n", b"x" * 65_536, 100_000), ("TooLarge",)
    ),
    "redirects without end": (lambda: endless_redirects, ("RedirectError",)),
    "redirect in a circle": (lambda: reply(302, Location="/bad"), ("RedirectError",)),
    "redirect to megabytes": (lambda: reply(302, Location="/" + "a" * 30_000), ("AddressRefused", "HttpStatus")),
    "answers nobody asked for": (lambda: late_bytes, (None,)),
    "not HTTP": (lambda: stream(b"\x16\x03\x01" + os.urandom(20), os.urandom(65_536), 1000), ("ConnectionFailed", "TooLarge")),
    "HTTP/0.9": (lambda: stream(b"<rss>", b"x" * 65_536, 1000), ("ConnectionFailed", "TooLarge")),
}  # fmt: skip


async def suffer(url: str, good: str) -> dict[str, object]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CHILD,
        url,
        good,
        str(DEADLINE),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == 0, err.decode()[-2000:]
    return dict(json.loads(out))


@pytest.mark.parametrize("case", list(CASES))
async def test_a_hostile_server_costs_its_deadline_and_fifty_megabytes_at_most(
    origin: Origin, other: Origin, case: str
) -> None:
    """Rows 17, 32, 33 and 34: and another host is served as before."""
    make, errors = CASES[case]
    script = make()
    origin.on("/bad", script)
    for hop in range(10):
        origin.on(f"/r/{hop}", script)
    other.on("/good", reply(200, b"good"))
    found = await suffer(origin.url("/bad"), other.url("/good"))
    assert found["error"] in errors, found
    assert found["seconds"] <= DEADLINE + 2, found
    assert found["mb"] <= MEMORY_MB, found
    assert found["open"] <= 2, "nothing is left of the hostile connection"


async def test_a_handshake_that_never_ends_meets_the_deadline(origin: Origin, other: Origin) -> None:
    """Row 34: TLS is part of what the deadline covers."""
    other.on("/good", reply(200, b"good"))

    left = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Bytes of a handshake that come to nothing, until the far end leaves."""
        while not reader.at_eof():
            writer.write(b"\x16")
            with contextlib.suppress(TimeoutError, ConnectionError):
                await asyncio.wait_for(reader.read(4096), 0.2)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        left.set()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = await suffer(f"https://127.0.0.1:{port}/", other.url("/good"))
    await asyncio.wait_for(left.wait(), 10)
    server.close()
    assert found["error"] in {DeadlineExceeded.__name__, "ConnectionFailed"}
    assert found["seconds"] <= DEADLINE + 2
    assert issubclass(DeadlineExceeded, FetchError)
