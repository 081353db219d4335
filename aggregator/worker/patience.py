"""A feed that is due may still ask to be left alone just now: hours and days to skip, which a late round could fall into."""

from aggregator import schedule, store
from aggregator.bootstrap import Tools
from aggregator.model import Claim


async def postpone(claim: Claim, tools: Tools) -> bool:
    """Put a leased feed off without a request, when it asks for that; True when it did."""
    now = tools.now()
    if (later := schedule.postponed(claim.pace, now)) > now:
        await tools.write(store.feeds.postpone, claim, later)
    return later > now
