"""Copies by our sketch and containment, beside MinHash-LSH (datasketch, rensa) and SimHash: quality and cost on one set of texts.

The texts: one article of each story of the sample newsroom of more than fifty words, and each of them as other newsrooms
edit it (another headline; a cut tail; an added lead; boilerplate around it; typos; quotes; all of it). Beside them, template
series of thirty issues, of which no two are copies. All in one language-blind set for the peers; shingles of four folded
words for everybody. Found pairs of an original and its edits, and of edits of one original, are right; all others wrong.

Run: python -m benchmarks.stories_peers
"""

import random
import re
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import combinations

from aggregator.model import Report
from aggregator.stories import compare, describe
from aggregator.stories.shingles import words
from benchmarks.stories_newsroom import Item, candidates, newsroom

Pairs = set[tuple[int, int]]
Finder = Callable[[Sequence[str]], tuple[Pairs, float]]
"""Texts → pairs of their indexes, and the bytes of index a text takes."""


# ---------------------------------------------------------------- texts


def edits(text: str, dice: random.Random) -> list[str]:
    """What newsrooms make of a text, by kind."""
    paragraphs = text.split("\n")
    cut = "\n".join(paragraphs[: max(2, round(len(paragraphs) * dice.uniform(0.5, 0.8)))])
    lead = "Об этом стало известно сегодня утром, передаёт наш корреспондент со ссылкой на агентство.\n"
    below = "\nПодписывайтесь на наш канал и узнавайте новости первыми. Материалы по теме: курс валют, погода, афиша недели."
    typed = text.split(" ")
    for _ in range(len(typed) // 50 + 1):
        n = dice.randrange(len(typed))
        typed[n] = typed[n][:2] + typed[n][3:]
    quoted = re.sub("[«»“”]", '"', text).replace("—", "-").replace("ё", "е")
    return [text, cut, lead + text, f"Читайте нас в мессенджере\n{text}{below}", " ".join(typed), quoted, lead + cut]


def series(dice: random.Random) -> Iterable[str]:
    """Issues of three templates, thirty each."""
    templates = (
        (
            "Нацбанк установил официальный курс на {d} мая. Доллар стоит {a},{b} тенге, евро — {c},{e} тенге, рубль — {f},{g} "
            "тенге. Торги прошли спокойно, аналитики не ждут резких движений до конца недели."
        ),
        (
            "В Актау ожидается переменная облачность без осадков. Ветер северо-западный {g}–{f} метров в секунду, температура "
            "ночью {e} градусов, днём {b} градусов тепла. Влажность {a} процентов, давление {c} миллиметров ртутного столба."
        ),
        (
            "За сутки порт обработал {a} тонн грузов и {c} контейнеров. У причалов стоят {f} судов, на рейде ожидают ещё {g}. Из "
            "Туркменбаши прибыли {e} вагонов, в Актау отправлено {b} вагонов. Средний простой не изменился."
        ),
    )
    for template in templates:
        for day in range(30):
            drawn = {key: dice.randrange(4, 900) for key in "abcefg"}
            yield template.format(d=day + 1, **drawn)


def collection() -> tuple[list[Item], list[str], Pairs]:
    """Originals with their edits and the series: items, texts, true pairs."""
    dice, seen = random.Random(7), set[str]()
    items: list[Item] = []
    texts: list[str] = []
    truth: Pairs = set()
    for item in newsroom():
        if item.story in seen or item.kind == "bulletin" or len(item.text.split()) <= 50:
            continue
        seen.add(item.story)
        family = range(len(texts), len(texts) + 8)
        made = [item.text, *edits(item.text, dice)]
        texts += made
        items += [item] * len(made)
        truth |= set(combinations(family, 2))
    issues = list(series(dice))
    return items + [items[0]] * len(issues), texts + issues, truth


# ---------------------------------------------------------------- finders


def ours(items: Sequence[Item]) -> Finder:
    def find(texts: Sequence[str]) -> tuple[Pairs, float]:
        reports = [
            Report(n, f"s{n}", item.language, "", text, n, replace(describe("", text, item.language), clues=()))
            for n, (item, text) in enumerate(zip(items, texts, strict=False), 1)
        ]
        found = {(i, j) for i, j in candidates(reports) if (e := compare(reports[i], reports[j])) and e.kind == "copy"}
        return found, 24 * 8

    return find


def grams(text: str) -> list[str]:
    tokens = words(text)
    return [" ".join(tokens[n : n + 4]) for n in range(max(1, len(tokens) - 3))]


def datasketch(threshold: float, permutations: int) -> Finder:
    def find(texts: Sequence[str]) -> tuple[Pairs, float]:
        from datasketch import MinHash, MinHashLSH

        lsh, found = MinHashLSH(threshold=threshold, num_perm=permutations), Pairs()
        for n, text in enumerate(texts):
            sketch = MinHash(num_perm=permutations)
            sketch.update_batch([gram.encode() for gram in grams(text)])
            found |= {(other, n) for other in lsh.query(sketch)}
            lsh.insert(n, sketch)
        return found, permutations * 8

    return find


def rensa(threshold: float, permutations: int, bands: int) -> Finder:
    def find(texts: Sequence[str]) -> tuple[Pairs, float]:
        from rensa import RMinHash, RMinHashLSH

        lsh = RMinHashLSH(threshold=threshold, num_perm=permutations, num_bands=bands)
        sketches, found = [], Pairs()
        for n, text in enumerate(texts):
            sketch = RMinHash(num_perm=permutations, seed=42)
            sketch.update(grams(text))
            near = (other for other in lsh.query(sketch) if sketches[other].jaccard(sketch) >= threshold)
            found |= {(other, n) for other in near}
            lsh.insert(n, sketch)
            sketches.append(sketch)
        return found, permutations * 4

    return find


def simhash(bits: int) -> Finder:
    """Charikar 2002 as Manku 2007 uses it: 64 bits, candidates by four blocks of sixteen, at most `bits` differ."""

    def find(texts: Sequence[str]) -> tuple[Pairs, float]:
        blocks: dict[tuple[int, int], list[int]] = defaultdict(list)
        values: list[int] = []
        found = Pairs()
        for n, text in enumerate(texts):
            hashes = [int.from_bytes(blake2b(gram.encode(), digest_size=8).digest(), "big") for gram in grams(text)]
            value = sum(1 << bit for bit in range(64) if 2 * sum(h >> bit & 1 for h in hashes) > len(hashes))
            keys = [(block, value >> 16 * block & 0xFFFF) for block in range(4)]
            near = {other for key in keys for other in blocks[key] if (values[other] ^ value).bit_count() <= bits}
            found |= {(other, n) for other in near}
            for key in keys:
                blocks[key].append(n)
            values.append(value)
        return found, 4 * 8

    return find


def main() -> None:
    warnings.simplefilter("ignore")
    items, texts, truth = collection()
    first_issue = len(texts) - 90
    print(
        f"{len(texts)} texts of {sum(len(words(t)) for t in texts) / len(texts):.0f} words, {len(truth)} true pairs\n"
    )
    print("| method | P | R | F1 | pairs of series | µs a text | bytes a text |\n|---|---|---|---|---|---|---|")
    finders: dict[str, Finder] = {
        "ours: bottom-24, containment .5, guards": ours(items),
        "MinHash-LSH .5, 128 (datasketch)": datasketch(0.5, 128),
        "MinHash-LSH .8, 128 (datasketch)": datasketch(0.8, 128),
        "MinHash-LSH .5, 128, 32 bands (rensa)": rensa(0.5, 128, 32),
        "SimHash, 3 bits of 64": simhash(3),
        "SimHash, 8 bits of 64": simhash(8),
    }
    for name, find in finders.items():
        find(texts[:50])
        begin = time.process_time()
        found, size = find(texts)
        spent = (time.process_time() - begin) / len(texts) * 1e6
        found = {(min(pair), max(pair)) for pair in found}
        right, issues = len(found & truth), sum(1 for a, _ in found if a >= first_issue)
        precision, recall = right / max(1, len(found)), right / len(truth)
        f1 = 2 * right / (len(found) + len(truth))
        print(
            f"| {name} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {issues} | {spent:.0f} | {size:.0f} |", flush=True
        )


if __name__ == "__main__":
    main()
