"""The one picture of the newsroom: a small PNG (RFC 2083), made here so that no binary file has to be kept."""

import zlib

_WIDTH, _HEIGHT = 640, 360


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def _draw() -> bytes:
    """A grey scale from top to bottom, 8 bits a pixel."""
    rows = b"".join(b"\0" + bytes([96 + row * 96 // _HEIGHT]) * _WIDTH for row in range(_HEIGHT))
    header = _WIDTH.to_bytes(4) + _HEIGHT.to_bytes(4) + bytes([8, 0, 0, 0, 0])
    body = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


PICTURE = _draw()
