"""Publishers over TLS for benchmarks.fetch: many addresses, certificates made for the occasion, as little work as can be.

/feed/<n>     a document of some 30 KB, gzip, with an ETag; 304 to that
/hold/<n>     the same, once 1,000 such requests wait
/stuck/<n>    no answer, ever
"""

import asyncio
import gzip
import json
import random
import ssl
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

HELD = 1000
WORDS = [f"word{n}" for n in range(3000)]


def document(number: int) -> bytes:
    """Thirty items of invented words."""
    rng = random.Random(number)
    rows = "".join(
        f"<item><title>{' '.join(rng.choices(WORDS, k=8))}</title><guid>{number}-{n}</guid>"
        f"<description>{' '.join(rng.choices(WORDS, k=110))}</description></item>"
        for n in range(30)
    )
    return f"<rss version='2.0'><channel><title>{number}</title>{rows}</channel></rss>".encode()


def addresses(hosts: int) -> list[str]:
    return [f"127.42.{1 + n // 250}.{1 + n % 250}" for n in range(hosts)]


def certificates(home: Path, hosts: Sequence[str]) -> Path:
    """A certificate authority of our own (home/ca.pem) and a certificate for every twenty addresses; a list of them all.

    One certificate for a thousand addresses would weigh more than everything that is measured.
    """
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    def openssl(*words: str | Path) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    ca, key = home / "ca.pem", home / "ca.key"
    openssl("req", "-x509", *curve, "-keyout", key, "-out", ca, "-days", "2", "-subj", "/CN=Benchmark CA")
    openssl("req", *curve, "-keyout", home / "leaf.key", "-out", home / "leaf.csr", "-subj", "/CN=publishers")
    groups = {}
    for start in range(0, len(hosts), 20):
        group, extensions, leaf = hosts[start : start + 20], home / "san.cnf", home / f"{start}.pem"
        names = ",".join(f"IP:{host}" for host in group)
        extensions.write_text(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
        sign = ("-CA", ca, "-CAkey", key, "-CAcreateserial", "-days", "2", "-extfile", extensions)
        openssl("x509", "-req", "-in", home / "leaf.csr", *sign, "-out", leaf)
        leaf.write_text((home / "leaf.key").read_text() + leaf.read_text())
        groups[str(leaf)] = list(group)
    listed = home / "certificates.json"
    listed.write_text(json.dumps(groups))
    return listed


class Publisher(asyncio.Protocol):
    """One connection; a request is taken to come in one piece."""

    waiting: "list[Publisher]" = []  # noqa: RUF012 - shared by all connections on purpose
    bodies: dict[int, bytes] = {}  # noqa: RUF012

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.number = 0

    def data_received(self, data: bytes) -> None:
        kind, number = data.split(b" ", 2)[1].split(b"/")[1:3]
        self.number = int(number)
        if kind == b"stuck":
            return
        if kind == b"hold":
            self.waiting.append(self)
            if len(self.waiting) >= HELD:
                for one in self.waiting:
                    one.send()
                self.waiting.clear()
            return
        if b'if-none-match: "%d"' % self.number in data.lower():
            self.write(b'HTTP/1.1 304 Not Modified\r\nETag: "%d"\r\nCache-Control: max-age=60\r\n\r\n' % self.number)
        else:
            self.send()

    def send(self) -> None:
        body = self.bodies.get(self.number % 100)
        if body is None:
            body = self.bodies[self.number % 100] = gzip.compress(document(self.number % 100))
        head = (
            b'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Encoding: gzip\r\nETag: "%d"\r\n'
            % self.number
        )
        self.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def write(self, data: bytes) -> None:
        self.transport.write(data)  # type: ignore[attr-defined]


async def serve(port: int, listed: str | None) -> None:
    """Listen on every loopback address, or over TLS on those of the certificates; says so on stdout."""
    loop, servers = asyncio.get_running_loop(), []
    if listed is None:
        servers.append(await loop.create_server(Publisher, "0.0.0.0", port, backlog=4096))
    for both, hosts in json.loads(Path(listed).read_text()).items() if listed else ():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        servers.append(await loop.create_server(Publisher, hosts, port, ssl=context, backlog=128))
    print("listening", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
