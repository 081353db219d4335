"""Makes aggregator/normalise/ngrams.bin out of py3langid's model. `python -m benchmarks.language_distil [FILE]`

Needs py3langid and numpy, which the program itself does not. Of the model's 100,000 byte n-grams those stay that tell the
languages of one script apart best, counted double where one of the five languages most of our sources write is concerned;
their log probabilities become 8-bit steps of 1/16 around the mean of the script's languages. The same model gives the same
file.
"""

import json
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

CYRILLIC = "ru uk be bg mk sr kk ky tt ba uz tg mn"
LATIN = "en de fr es pt it nl pl tr az uz tk id ro cs hu sv fi da hr sq crh et lt lv sk sl ca gl no is af ku tl sw vi eo eu mt so"
FIRST = ("ru", "kk", "az", "tr", "en")
SIZES = {"cyrillic": 4_000, "latin": 10_000}
STEPS = 16
TARGET = Path(__file__).parents[1] / "aggregator" / "normalise" / "ngrams.bin"


def grams(model: Any) -> dict[int, bytes]:
    """Number of a feature → its bytes, by walking the model's automaton: a state that is met first is a node of its trie."""
    import numpy as np

    moves, base, told = np.asarray(model.tk_nextmove), np.asarray(model._rowbase), model.tk_output  # noqa: SLF001
    seen, strings, frontier = np.zeros(len(base), bool), {0: b""}, [0]
    seen[0] = True
    while frontier:
        following = []
        for state in frontier:
            row = moves[int(base[state]) : int(base[state]) + 256]
            for byte in map(int, np.nonzero(~seen[row])[0]):
                node = int(row[byte])
                if not seen[node]:
                    seen[node] = True
                    strings[node] = strings[state] + bytes((byte,))
                    following.append(node)
        frontier = following
    found = {}
    for node, string in strings.items():
        if string and told[node] not in (-1, None):
            suffix = 0
            for byte in string[1:]:
                suffix = int(moves[int(base[suffix]) + byte])
            own = _numbers(told[node]) - _numbers(told[suffix])
            found.update(dict.fromkeys(own, string))
    return found


def _numbers(output: Any) -> set[int]:
    return {output} - {-1} if isinstance(output, int) else set(output or ())


def _is_cyrillic(gram: bytes) -> bool:
    bound = all(byte in b" -" or 0x80 <= byte <= 0xBF or 0xD0 <= byte <= 0xD3 for byte in gram)
    return bound and any(byte >= 0x80 for byte in gram)


def _is_latin(gram: bytes) -> bool:
    bound = all(byte in b" -'" or 97 <= byte <= 122 or 0x80 <= byte <= 0xBF or 0xC3 <= byte <= 0xCA for byte in gram)
    return bound and any(97 <= byte <= 122 or byte >= 0xC3 for byte in gram)


def table(
    model: Any, found: dict[int, bytes], languages: list[str], allowed: Any, size: int
) -> tuple[Any, list[bytes], Any]:
    """(priors, n-grams, rows of steps): the `size` most telling n-grams for these languages."""
    import numpy as np

    columns = [list(model.nb_classes).index(language) for language in languages]
    numbers = [number for number, gram in found.items() if len(gram) > 1 and gram == gram.lower() and allowed(gram)]
    logs = model.nb_ptc[numbers][:, columns].astype(np.float64)
    shares = np.exp(logs)
    telling = shares * np.abs(logs - np.log(shares.mean(axis=1, keepdims=True)))
    first = [place for place, language in enumerate(languages) if language in FIRST]
    best = np.argsort(-(telling.mean(axis=1) + telling[:, first].mean(axis=1)), kind="stable")[:size]
    rows = logs[best] - logs[best].mean(axis=1, keepdims=True)
    priors = model.nb_pc[columns] - model.nb_pc[columns].mean()
    steps = np.clip(np.round(rows * STEPS), -127, 127).astype(np.int8)
    return priors, [found[numbers[place]] for place in best], steps


def main() -> None:
    from py3langid import langid

    model = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    found = grams(model)
    head, body = [], b""
    for name, listed, allowed in (("cyrillic", CYRILLIC, _is_cyrillic), ("latin", LATIN, _is_latin)):
        languages = listed.split()
        priors, chosen, rows = table(model, found, languages, allowed, SIZES[name])
        head.append(
            {
                "script": name,
                "languages": languages,
                "priors": [round(float(one), 4) for one in priors],
                "grams": len(chosen),
            }
        )
        body += b"".join(bytes([len(gram)]) + gram for gram in chosen) + rows.tobytes()
    text = json.dumps(head).encode()
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_bytes(zlib.compress(struct.pack("<I", len(text)) + text + body, 9))
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
