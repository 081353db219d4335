"""Trains the dictionary that bodies are compressed with anew: `python -m benchmarks.bodies_train [--write FILE]`.

From the texts of the sample newsroom, five languages of news; four fifths train, and what the others come to is told beside
no dictionary. What is written is trained with all of them. Stored bodies need the dictionary that they were written
with for ever: a new one gets a new number in aggregator/store/codec.py, the old files stay.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import zstandard

from benchmarks.end_to_end import ROOT

SIZE = 65_536
LEVEL = 3


def texts() -> list[bytes]:
    """Bodies as the store packs them: html, NUL, text."""
    lines = [
        line
        for path in sorted((ROOT / "aggregator" / "demo" / "newsroom").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    told = [json.loads(line).get("paragraphs", ()) for line in lines]
    return ["{}\0{}".format("".join(f"<p>{p}</p>" for p in one), "\n".join(one)).encode() for one in told if one]


def train(samples: Sequence[bytes], size: int = SIZE) -> bytes:
    """What the samples have in common, as plain content.

    zstd's own format adds statistics of letters, which helped no text of another newsroom and harmed some.
    """
    return zstandard.train_dictionary(size, list(samples), k=512, d=8).as_bytes()


def cost(samples: Sequence[bytes], content: bytes | None) -> tuple[float, float]:
    """(bytes, µs) a body."""
    dictionary = None
    if content is not None:
        dictionary = zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        dictionary.precompute_compress(level=LEVEL)
    compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary)
    began = time.process_time()
    size = sum(len(compressor.compress(sample)) for sample in samples)
    return size / len(samples), (time.process_time() - began) / len(samples) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bodies_train", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE")
    given = parser.parse_args()
    samples = texts()
    random.Random(1).shuffle(samples)
    cut = len(samples) * 4 // 5
    for name, content in (("none", None), ("trained", train(samples[:cut]))):
        size, spent = cost(samples[cut:], content)
        print(
            f"{name}: {size:.0f} bytes and {spent:.0f} µs a body that was not trained on ({len(samples) - cut} bodies)"
        )
    if given.write is not None:
        given.write.write_bytes(train(samples))


if __name__ == "__main__":
    main()
