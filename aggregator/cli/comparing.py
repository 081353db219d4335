"""What shadow mode found, for people: fields, differences, and documents that only one of the two could read."""

from collections.abc import Mapping
from typing import Any

from aggregator.cli.output import counted, say, table

SHOWN = 20
"""Differences shown; --json lists more."""


def tell(found: Mapping[str, Any]) -> None:
    """The `shadow` part of a round's report."""
    say(
        f"shadow: {counted(found['documents'], 'document')} with {counted(found['entries'], 'entry', 'entries')} "
        f"compared with feedparser; entries only we saw {found['only_ours']}, only feedparser {found['only_feedparser']}"
    )
    if found["fields"]:
        rows = [(name, f["compared"], f["different"], _share(f)) for name, f in found["fields"].items()]
        table(("field", "compared", "different", "%"), rows)
    for one in found["differences"][:SHOWN]:
        say(f"  {one['source']}  {one['url']}\n    {one['field']} of {one['entry'] or 'the feed'!r}")
        say(f"      ours        {one['ours']}\n      feedparser  {one['feedparser']}")
    if len(found["differences"]) > SHOWN:
        say(f"  and {len(found['differences']) - SHOWN} more differences: see --json")
    for one in found["unread"]:
        say(
            f"  {one['source']}  {one['url']}\n    ours: {one['ours'] or 'read'}; feedparser: {one['feedparser'] or 'read'}"
        )
    for why, times in found["skipped"].items():
        say(f"  {counted(times, 'document')} not compared: {why}")


def _share(told: Mapping[str, int]) -> str:
    return f"{100 * told['different'] / told['compared']:.2f}" if told["compared"] else ""
