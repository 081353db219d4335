"""How bodies, hits and integers are packed into columns."""

import json
import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import zstandard

from aggregator.model import Enclosure, Hit

LEVEL = 3


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of an article: `html` sanitised and complete, `text` as matched, without boilerplate."""

    html: str
    text: str


class _Codec(threading.local):
    """zstd's objects of one thread: they give up the interpreter's lock while they work and must not be shared."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_codec = _Codec()


def pack_texts(texts: Texts) -> bytes:
    """The second text repeats the first, so that one frame holds both in little more than one takes."""
    return _codec.compressor.compress(f"{texts.html}\0{texts.text}".encode())


def unpack_texts(blob: bytes) -> Texts:
    return Texts(*_codec.decompressor.decompress(blob).decode().split("\0", 1))


def pack_integers(values: Sequence[int]) -> bytes:
    """Signed 64-bit integers, native little-endian order of every machine we run on."""
    return array("q", values).tobytes()


def unpack_integers(blob: bytes) -> tuple[int, ...]:
    return tuple(array("q", bytes(blob)))


def pack_hits(hits: Sequence[Hit]) -> str:
    """Hits as JSON lists: term, form, where, start, end, points."""
    rows = [[hit.term, hit.form, hit.where, hit.start, hit.end, hit.points] for hit in hits]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def unpack_hits(why: str) -> tuple[Hit, ...]:
    return tuple(Hit(*row) for row in json.loads(why))


def pack_extras(categories: Sequence[str], enclosures: Sequence[Enclosure]) -> str | None:
    """Categories and enclosures as JSON, None when there are none."""
    if not categories and not enclosures:
        return None
    media = [[item.url, item.type, item.length] for item in enclosures]
    return json.dumps([list(categories), media], ensure_ascii=False, separators=(",", ":"))


def unpack_extras(extras: str | None) -> tuple[tuple[str, ...], tuple[Enclosure, ...]]:
    if not extras:
        return (), ()
    categories, media = json.loads(extras)
    return tuple(categories), tuple(Enclosure(*item) for item in media)
