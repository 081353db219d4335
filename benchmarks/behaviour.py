"""`python -m benchmarks.behaviour`: how feed readers behave towards publishers, ours beside lemon24's `reader`.

Three days in steps of half an hour, with a restart in the middle; a publisher for each criterion. Takes some minutes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.behaviour_criteria import CRITERIA, MORE, NOT_SUBSCRIBED, SITES, Criterion, Verdict
from benchmarks.behaviour_server import NET, Answer, Seen, Watcher, watching

START = 1_795_341_600  # Sun, 22 Nov 2026 10:00:00 GMT
STEP, STEPS = 1800, 144
CLIENTS = {"aggregator": "benchmarks.peers.behaviour_ours", "reader": "benchmarks.peers.behaviour_reader"}
LOGIN = "me:secret@"
"""Part of an address for one client, a configured header for the other, as each prefers it."""
ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "BEHAVIOUR_LOGIN": "Basic bWU6c2VjcmV0"}


def control(seen: Seen) -> Answer:
    """Takes the time; leaves no trace."""
    seen.watcher.now = float(seen.path.partition("?")[2])
    seen.watcher.seen.remove(seen)
    return Answer(200, {}, b"ok")


def subscriptions(watcher: Watcher) -> list[str]:
    urls = [
        watcher.url(site, path) for site in SITES if site not in NOT_SUBSCRIBED for path in MORE.get(site, ("/feed",))
    ]
    return [url.replace("//", f"//{LOGIN}", 1) if url == watcher.url("secret") else url for url in urls]


def prepare(home: Path, urls: Sequence[str]) -> None:
    """The same subscriptions for every client."""
    (home / "urls.txt").write_text("\n".join(urls))
    config = home / "config"
    (config / "sources").mkdir(parents=True)
    (config / "topics").mkdir()
    (config / "aggregator.toml").write_text(
        '[site]\ntitle = "Behaviour"\nbase_url = "http://127.0.0.1:8080"\nlanguages = ["en"]\n'
        '[fetch]\ncontact = "https://operator.example/about-our-fetcher"\nallow = [["127.0.0.0/8", 0]]\n'
    )
    tables = [
        f'[[source]]\nid = "s{n}"\nname = "S{n}"\nurl = "http://127.0.0.1/"\ncountry = "INT"\nlanguage = "en"\n'
        f'feeds = [{{ url = "{url.replace(LOGIN, "")}" }}]\n'
        + ('headers = { Authorization = "$BEHAVIOUR_LOGIN" }\n' if LOGIN in url else "")
        for n, url in enumerate(urls)
    ]
    (config / "sources" / "all.toml").write_text("\n".join(tables))


def observe(client: str, steps: int, port: int) -> Watcher:
    """Let a client live through the days; two processes, one after the other."""
    watcher = Watcher({**SITES, "control": control}, port)
    with watching(watcher), tempfile.TemporaryDirectory(prefix="behaviour-") as name:
        home = Path(name)
        prepare(home, subscriptions(watcher))
        times = [START + STEP * step for step in range(steps)]
        for part in (times[: steps // 2], times[steps // 2 :]):
            (home / "ticks.json").write_text(json.dumps(part))
            command = [
                sys.executable,
                "-m",
                CLIENTS[client],
                name,
                str(home / "ticks.json"),
                watcher.url("control", "/t"),
            ]
            done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, env=ENVIRONMENT)
            if done.returncode != 0:
                sys.exit(f"{client} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return watcher


def judge(criterion: Criterion, watcher: Watcher) -> Verdict:
    seen = watcher.of(criterion.site)
    return criterion.judge(seen) if seen else Verdict(0.0, "never asked")


def table(watchers: Mapping[str, Watcher]) -> str:
    """Criteria as rows, clients as columns, with what each verdict rests on."""
    lines = ["| criterion | " + " | ".join(watchers) + " |", "|---|" + "---|" * len(watchers)]
    totals = dict.fromkeys(watchers, 0.0)
    for criterion in CRITERIA:
        cells = []
        for client, watcher in watchers.items():
            verdict = judge(criterion, watcher)
            totals[client] += verdict.score or 0.0
            cells.append(f"{_mark(verdict)} {verdict.counted}")
        lines.append(f"| {criterion.name} | " + " | ".join(cells) + " |")
    lines.append(f"| **of {len(CRITERIA)}** | " + " | ".join(f"**{total:.1f}**" for total in totals.values()) + " |")
    lines.append("| requests in all | " + " | ".join(str(len(one.seen)) for one in watchers.values()) + " |")
    sent = (f"{sum(seen.sent for seen in one.seen) / 1000:.0f} KB" for one in watchers.values())
    lines.append("| bytes sent to it | " + " | ".join(sent) + " |")
    return "\n".join(lines)


def _mark(verdict: Verdict) -> str:
    if verdict.score is None:
        return "–"
    return "yes:" if verdict.score >= 0.999 else "no:" if verdict.score <= 0.001 else f"{verdict.score:.2f}:"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", nargs="*", choices=list(CLIENTS), default=list(CLIENTS))
    parser.add_argument("--steps", type=int, default=STEPS, help="half hours")
    parser.add_argument("--port", type=int, default=8360, help=f"on {NET}.*")
    given = parser.parse_args()
    watchers = {}
    for client in given.clients:
        watchers[client] = observe(client, given.steps, given.port)
        print(table({client: watchers[client]}), file=sys.stderr, flush=True)
    print(table(watchers))


if __name__ == "__main__":
    main()
