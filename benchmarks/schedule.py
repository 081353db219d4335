"""`python -m benchmarks.schedule`: how long entries wait under our schedule, polling at fixed intervals, and polling as often
as a feed publishes; θ is chosen on some feeds and measured on others. Writes the plot of docs/fetching.md.
"""

import argparse
import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from aggregator.schedule import THETA
from benchmarks.schedule_world import (
    DAY,
    PROFILES,
    Measured,
    by_frequency,
    fixed,
    invented,
    learnt,
    measure,
    newsroom,
)

DAYS = 28
PLOT = Path(__file__).parent.parent / "docs" / "images" / "schedule.svg"
Feeds = list[list[int]]
Curve = list[tuple[float, float]]


def world(seed: int, feeds: int) -> dict[str, Feeds]:
    """Feeds by type; half of them have none."""
    rng = random.Random(seed)
    each = max(1, feeds // 2 // len(PROFILES))
    found = {name: [invented(rng, profile).times(rng, DAYS) for _ in range(each)] for name, profile in PROFILES.items()}
    return found | {"of no type": [newsroom(rng, DAYS) for _ in range(feeds // 2)]}


def together(found: dict[str, Feeds]) -> Feeds:
    return [feed for feeds in found.values() for feed in feeds]


def chosen(feeds: Feeds, polls: float) -> float:
    """The θ that spends so many polls a feed and day on these feeds."""
    low, high = 0.1, 4.0
    for _ in range(7):
        middle = (low * high) ** 0.5
        spent = measure(feeds, DAYS, learnt(middle, random.Random(7))).polls
        low, high = (middle, high) if spent > polls else (low, middle)
    return (low * high) ** 0.5


def curves(feeds: Feeds, theta: float) -> dict[str, Curve]:
    """Delay over polls, for each way of polling."""
    found: dict[str, list[Measured]] = {
        "fixed interval": [measure(feeds, DAYS, fixed(DAY / polls)) for polls in (8, 12, 16, 24, 36, 48, 60)],
        "as often as it publishes": [measure(feeds, DAYS, by_frequency(factor)) for factor in (0.3, 0.5, 0.8, 1.3, 2.1)],
        "ours": [measure(feeds, DAYS, learnt(theta * by, random.Random(7))) for by in (0.4, 0.6, 0.8, 1.0, 1.5, 2.2, 3.0)],
    }  # fmt: skip
    return {name: sorted((one.polls, one.delay) for one in points) for name, points in found.items()}


def at(curve: Curve, polls: float) -> float:
    """The delay at so many polls, between the measured points (1/delay is nearly linear in polls)."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x0 <= polls <= x1:
            return 1 / (1 / y0 + (1 / y1 - 1 / y0) * (polls - x0) / (x1 - x0))
    return float("nan")


def tell(held_out: dict[str, Feeds], theta: float, drawn: dict[str, Curve]) -> str:
    """The tables in words and numbers."""
    feeds = together(held_out)
    ours = measure(feeds, DAYS, learnt(theta, random.Random(7)))
    same = measure(feeds, DAYS, fixed(DAY / ours.polls))
    other = at(drawn["as often as it publishes"], ours.polls)
    lines = [
        f"θ = {theta:.3f} chosen for 24 polls a feed and day on other feeds (the program's own: {THETA})",
        "",
        f"| {len(feeds)} feeds held out, {DAYS} days | polls a feed and day | mean delay, minutes | of fixed |",
        "|---|---:|---:|---:|",
        f"| fixed interval, as many requests | {same.polls:.1f} | {same.delay:.1f} | 100 % |",
        f"| as often as it publishes, as many requests | {ours.polls:.1f} | {other:.1f} | {other / same.delay:.0%} |",
        f"| ours | {ours.polls:.1f} | {ours.delay:.1f} | {ours.delay / same.delay:.0%} |",
        "",
        "| type of feed | polls, ours | delay, ours | delay, fixed at the same total |",
        "|---|---:|---:|---:|",
    ]
    for name, some in held_out.items():
        mine = measure(some, DAYS, learnt(theta, random.Random(7)))
        plain = measure(some, DAYS, fixed(DAY / ours.polls))
        lines.append(f"| {name} | {mine.polls:.1f} | {mine.delay:.1f} | {plain.delay:.1f} |")
    return "\n".join(lines)


# ---------------------------------------------------------------- the plot

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 400, 56, 48, 24, 16
COLOURS = {"fixed interval": "#8a8a8a", "as often as it publishes": "#c2571a", "ours": "#1a6fc2"}


def svg(drawn: dict[str, Curve], most_polls: float = 60, most_delay: float = 90) -> str:
    """The curves as SVG, readable on light and dark pages."""

    def x(polls: float) -> float:
        return LEFT + polls / most_polls * (WIDTH - LEFT - RIGHT)

    def y(delay: float) -> float:
        return HEIGHT - BOTTOM - delay / most_delay * (HEIGHT - BOTTOM - TOP)

    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" '
        f'font-size="12"><title>Mean delay of an entry over polls a feed and day</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    )
    parts = [head]
    for polls in range(0, int(most_polls) + 1, 12):
        parts.append(
            f'<path d="M{x(polls):.0f} {y(0):.0f}V{TOP}" stroke="#e4e4e4"/>'
            f'<text x="{x(polls):.0f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#444">{polls}</text>'
        )
    for delay in range(0, int(most_delay) + 1, 15):
        parts.append(
            f'<path d="M{LEFT} {y(delay):.0f}H{WIDTH - RIGHT}" stroke="#e4e4e4"/>'
            f'<text x="{LEFT - 8}" y="{y(delay) + 4:.0f}" text-anchor="end" fill="#444">{delay}</text>'
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle" fill="#222">polls a feed and day</text>'
        f'<text transform="translate(14 {HEIGHT / 2:.0f}) rotate(-90)" text-anchor="middle" fill="#222">'
        "mean delay of an entry, minutes</text>"
    )
    for place, (name, curve) in enumerate(drawn.items()):
        inside = [(x(p), y(d)) for p, d in curve if p <= most_polls and d <= most_delay]
        path = "L".join(f"{px:.1f} {py:.1f}" for px, py in inside)
        parts.append(f'<path d="M{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{COLOURS[name]}"/>' for px, py in inside]
        parts.append(
            f'<text x="{WIDTH - RIGHT - 12}" y="{TOP + 24 + 20 * place}" text-anchor="end" font-weight="bold" '
            f'fill="{COLOURS[name]}">{name}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=160, help="to choose θ on, and as many to measure it on")
    parser.add_argument("--plot", type=Path, default=PLOT, metavar="FILE")
    given = parser.parse_args(arguments)
    theta = chosen(together(world(1, given.feeds)), 24)
    held_out = world(2, given.feeds)
    drawn = curves(together(held_out), theta)
    given.plot.write_text(svg(drawn), encoding="utf-8")
    print(tell(held_out, theta, drawn))


if __name__ == "__main__":
    main()
