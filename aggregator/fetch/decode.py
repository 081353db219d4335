"""Content codings, decoded as a stream that never holds more than the cap (RFC 9110, section 8.4.1).

A bomb (a few kilobytes that unfold to gigabytes) is stopped at the cap: every decoder is asked for limited output.
"""

import zlib
from collections.abc import Callable, Iterable

STEP = 65_536
"""Bytes a decoder may produce before the cap is looked at."""
MAX_CODINGS = 3
ACCEPT_ENCODING = "gzip, br, zstd, deflate"


class Bomb(Exception):
    """The decoded body exceeds the cap."""


class Undecodable(Exception):
    """The body is not in the coding its headers name."""


class Body:
    """Collects a body: `feed` it raw chunks, then `finish` returns the decoded bytes. Raises Bomb, Undecodable."""

    def __init__(self, content_encoding: Iterable[str], cap: int) -> None:
        self._out = bytearray()
        self._cap = cap
        self._raw = 0
        self._decoders: list[_Decoder] = []
        sink: Callable[[bytes], None] = self._collect
        for coding in _codings(content_encoding):
            decoder = _DECODERS[coding](sink)
            self._decoders.insert(0, decoder)
            sink = decoder.feed
        self._first = sink

    def feed(self, chunk: bytes) -> None:
        self._raw += len(chunk)
        if self._raw > self._cap:
            raise Bomb
        self._first(chunk)

    def finish(self) -> bytes:
        for decoder in self._decoders:
            decoder.finish()
        return bytes(self._out)

    def beginning(self) -> bytes:
        """What was decoded up to the cap, for readers that are content with the beginning."""
        return bytes(self._out[: self._cap])

    def close(self) -> None:
        """Let go of everything: body and decoders hold each other, and would stay until the next search for cycles."""
        for decoder in self._decoders:
            vars(decoder).clear()
        self._out = bytearray()
        self._decoders = []
        self._first = _nowhere

    def _collect(self, data: bytes) -> None:
        self._out += data
        if len(self._out) > self._cap:
            raise Bomb


def _nowhere(_: bytes) -> None:
    raise Bomb


def _codings(content_encoding: Iterable[str]) -> list[str]:
    """The codings in the order they were applied; the last is undone first."""
    named = [name.strip().lower().removeprefix("x-") for value in content_encoding for name in value.split(",")]
    codings = [name for name in named if name not in ("", "identity")]
    unknown = [name for name in codings if name not in _DECODERS]
    if unknown or len(codings) > MAX_CODINGS:
        raise Undecodable(f"unknown Content-Encoding {', '.join(unknown or codings)[:80]!r}")
    return codings


class _Zlib:
    """gzip and deflate. A body that lacks the coding's signature passes as it is: publishers mislabel plain bodies."""

    def __init__(self, sink: Callable[[bytes], None], *, gzip: bool) -> None:
        self._sink = sink
        self._gzip = gzip
        self._head = b""
        self._decoder: zlib._Decompress | None = None
        self._plain = False

    def feed(self, data: bytes) -> None:
        if self._plain:
            return self._sink(data)
        if self._decoder is None:
            self._head += data
            if len(self._head) < 2:
                return None
            data = self._head
            self._plain = self._gzip and data[:2] != b"\x1f\x8b"
            if self._plain:
                return self._sink(data)
            self._decoder = zlib.decompressobj(self._window(data))
        return self._inflate(data)

    def _window(self, head: bytes) -> int:
        if self._gzip:
            return zlib.MAX_WBITS | 16
        has_header = head[0] & 0x0F == 8 and int.from_bytes(head[:2]) % 31 == 0  # RFC 1950; some send raw RFC 1951
        return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS

    def _inflate(self, data: bytes) -> None:
        while data and self._decoder:
            try:
                out = self._decoder.decompress(data, STEP)
            except zlib.error as error:
                raise Undecodable(str(error)) from error
            self._sink(out)
            data = self._decoder.unconsumed_tail
            if self._decoder.eof:
                data = self._next_member(self._decoder.unused_data)

    def _next_member(self, rest: bytes) -> bytes:
        """Go on with a further gzip member (RFC 1952, section 2.2); ignore padding and rubbish after the last."""
        if self._gzip and rest[:2] == b"\x1f\x8b":
            self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
            return rest
        return b""

    def finish(self) -> None:
        if self._decoder is None:
            return self._sink(self._head) if self._head and not self._plain else None
        if not self._decoder.eof:
            raise Undecodable("the compressed body ends too early")
        return None


class _Brotli:
    """br (RFC 7932)."""

    def __init__(self, sink: Callable[[bytes], None]) -> None:
        import brotli  # type: ignore[import-untyped]

        self._sink = sink
        self._error = brotli.error
        self._decoder = brotli.Decompressor()
        self._fed = False

    def feed(self, data: bytes) -> None:
        self._fed = self._fed or bool(data)
        try:
            out = self._decoder.process(data, output_buffer_limit=STEP)
            while out:
                self._sink(out)
                out = self._decoder.process(b"", output_buffer_limit=STEP)
        except self._error as error:
            raise Undecodable(f"brotli: {error}") from error

    def finish(self) -> None:
        if self._fed and not self._decoder.is_finished():
            raise Undecodable("the compressed body ends too early")


class _Zstandard:
    """zstd with a window of at most 8 MB (RFC 9659)."""

    def __init__(self, sink: Callable[[bytes], None]) -> None:
        import zstandard

        self._sink = sink
        self._error = zstandard.ZstdError
        decompressor = zstandard.ZstdDecompressor(max_window_size=8 * 2**20)
        self._writer = decompressor.stream_writer(self, closefd=False)  # type: ignore[arg-type]

    def write(self, data: bytes) -> int:
        self._sink(bytes(data))
        return len(data)

    def feed(self, data: bytes) -> None:
        try:
            self._writer.write(data)
        except self._error as error:
            raise Undecodable(f"zstd: {error}") from error

    def finish(self) -> None:
        return None


_Decoder = _Zlib | _Brotli | _Zstandard
_DECODERS: dict[str, Callable[[Callable[[bytes], None]], _Decoder]] = {
    "gzip": lambda sink: _Zlib(sink, gzip=True),
    "deflate": lambda sink: _Zlib(sink, gzip=False),
    "br": _Brotli,
    "zstd": _Zstandard,
}
