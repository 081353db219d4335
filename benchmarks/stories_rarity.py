"""Writes aggregator/stories/data/rarity.txt: how rare stems and ids are, as levels 0 (everywhere) … 6.

Two sources: the frequency-ordered word lists of justext (BSD-2-Clause; made of Wikipedia, about 3,000–5,000 words a
language, 500 for English), read as a Zipf curve, and the training half of the sample newsroom, counted by story. What
neither holds stays at level 7. Run: python -m benchmarks.stories_rarity
"""

import importlib.util
import math
from collections import defaultdict
from pathlib import Path

from aggregator.stories import letters, lexicon
from aggregator.stories.alphabet import as_text, in_bytes
from aggregator.stories.units import keys
from benchmarks.stories_newsroom import Item, is_training, newsroom

LISTS = {"ru": "Russian", "kk": "Kazakh", "az": "Azerbaijani", "tr": "Turkish", "en": "English"}
PRIORS = {"country": 0.06, "capital": 0.04, "concept": 0.02, "sea": 0.03, "region": 0.03, "energy": 0.02, "goods": 0.02}
NAME_PRIOR = 0.006
CALENDAR = """january february march april may june july august september october november december
monday tuesday wednesday thursday friday saturday sunday"""
CALENDAR_PRIOR = 0.15
"""All articles of a month may name it, whatever the month of the sample."""
STEM_PRIOR = 0.0015
PRIOR_WEIGHT = 40.0
ARTICLE_WORDS = 150
OUTPUT = Path(__file__).parent.parent / "aggregator/stories/data/rarity.txt"


def listed() -> dict[str, float]:
    """Stem → probability that an article holds it, from the word lists."""
    spec = importlib.util.find_spec("justext")
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "stoplists"
    best: dict[str, float] = {}
    for language, name in LISTS.items():
        share: dict[str, float] = defaultdict(float)
        for rank, line in enumerate((folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()):
            word = line.strip(".,:;!?«»“”\"'()").lower().replace("i\u0307", "i")
            if word.isalpha() and len(word) > 2:
                share[as_text(letters.stem(in_bytes(word), language))] += 0.1 / (rank + 3)
        for stem, frequency in share.items():
            best[stem] = max(best.get(stem, 0.0), 1 - math.exp(-ARTICLE_WORDS * frequency))
    return best


def counted(items: list[Item]) -> tuple[dict[str, float], int]:
    """Key → in how many stories it stands (each article of a story has its share), and the number of stories."""
    stories: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        stories[item.story].append(item)
    counts: dict[str, float] = defaultdict(float)
    for members in stories.values():
        for member in members:
            for key in keys(member.title, member.text, member.language).values():
                counts[key] += 1 / len(members)
    return counts, len(stories)


def level(probability: float) -> int:
    """0 for half of all articles … 7 for one in five hundred and rarer."""
    return max(0, min(7, round(-math.log(probability) * 7 / 6.2)))


def main() -> None:
    lexicon.rarity.cache_clear()
    table = lexicon.lexicon()
    table.rarity.clear()
    prior = listed()
    for identifier, kind in table.kinds.items():
        prior[identifier] = PRIORS.get(kind, NAME_PRIOR)
    prior.update(dict.fromkeys(("=" + name for name in CALENDAR.split()), CALENDAR_PRIOR))
    counts, stories = counted([item for item in newsroom() if is_training(item)])
    shelves: dict[int, list[str]] = defaultdict(list)
    for key in prior.keys() | counts.keys():
        if key[0] in "#~" or not key.isprintable():  # letters of other scripts share bytes
            continue
        expected = prior.get(key, STEM_PRIOR)
        chance = (counts.get(key, 0.0) + PRIOR_WEIGHT * expected) / (stories + PRIOR_WEIGHT)
        shelves[level(chance)].append(key)
    lines = ["# level, then stems and ids; written by benchmarks/stories_rarity.py"]
    for number in sorted(shelves):
        keys = sorted(shelves[number])
        if number < 7:
            lines += [f"{number} {' '.join(keys[i : i + 20])}" for i in range(0, len(keys), 20)]
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print({number: len(keys) for number, keys in sorted(shelves.items())})


if __name__ == "__main__":
    main()
