"""How bodies, hits and integers are packed into columns."""

import json
import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import zstandard

from aggregator.model import Enclosure, Hit

LEVEL = 3
BODY_BYTES, DICTIONARY_BYTES = 8192, 65_536
"""About so large both are; zstd sizes its tables by it."""

DICTIONARY = 1
"""Number of the dictionary that bodies are written with, and their first byte; `python -m benchmarks.bodies_train` makes one.

Bodies written with another one are read with that: a dictionary that was ever released stays in data/.
"""

_PLAIN = zstandard.FRAME_HEADER[0]
"""First byte of a body written before there was a dictionary: of zstd's own mark, which frames behind a number lack."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of an article: `html` sanitised and complete, `text` as matched, without boilerplate."""

    html: str
    text: str


@lru_cache
def _dictionary(number: int) -> zstandard.ZstdCompressionDict:
    return _read(number)


def _read(number: int) -> zstandard.ZstdCompressionDict:
    content = Path(__file__).with_name("data").joinpath(f"bodies-{number}.dict").read_bytes()
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


@lru_cache
def _for_writing() -> tuple[zstandard.ZstdCompressionParameters, zstandard.ZstdCompressionDict]:
    """Prepared before any thread works with it: preparing a dictionary again frees the tables that another one uses."""
    how = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, source_size=BODY_BYTES, dict_size=DICTIONARY_BYTES, format=zstandard.FORMAT_ZSTD1_MAGICLESS
    )
    dictionary = _read(DICTIONARY)
    dictionary.precompute_compress(compression_params=how)
    return how, dictionary


class _Codec(threading.local):
    """zstd's objects of one thread: they give up the interpreter's lock while they work and must not be shared."""

    def __init__(self) -> None:
        self.plain = zstandard.ZstdDecompressor()
        self._compressor: zstandard.ZstdCompressor | None = None
        self._decompressors: dict[int, zstandard.ZstdDecompressor] = {}

    @property
    def compressor(self) -> zstandard.ZstdCompressor:
        if self._compressor is None:
            how, dictionary = _for_writing()
            self._compressor = zstandard.ZstdCompressor(compression_params=how, dict_data=dictionary)
        return self._compressor

    def decompressor(self, number: int) -> zstandard.ZstdDecompressor:
        if number not in self._decompressors:
            self._decompressors[number] = zstandard.ZstdDecompressor(
                dict_data=_dictionary(number), format=zstandard.FORMAT_ZSTD1_MAGICLESS
            )
        return self._decompressors[number]


_codec = _Codec()


def pack_texts(texts: Texts) -> bytes:
    """The second text repeats the first, so that one frame holds both in little more than one takes."""
    return bytes((DICTIONARY,)) + _codec.compressor.compress(f"{texts.html}\0{texts.text}".encode())


def unpack_texts(blob: bytes) -> Texts:
    packed = memoryview(blob)
    number = packed[0]
    told = _codec.plain.decompress(packed) if number == _PLAIN else _codec.decompressor(number).decompress(packed[1:])
    return Texts(*told.decode().split("\0", 1))


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
