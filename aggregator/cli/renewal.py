"""`aggregator stories recompute`: the archive under the rules of this program."""

from typing import Annotated

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json
from aggregator.cli.output import dump, say


def recompute(
    *,
    anew: Annotated[bool, typer.Option("--anew", help="Begin again with the first article.")] = False,
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Judge the archive's stories under today's rules.

    It goes on where it was broken off; a running service does the same by itself. Public ids and rulings hold.
    """
    from aggregator.bootstrap import Tools
    from aggregator.cli.acting import act
    from aggregator.stories import RULE_VERSION
    from aggregator.worker.renewal import renew

    counts: list[int] = []

    async def work(tools: Tools) -> None:
        counts.append(await renew(tools, anew=anew))

    act(work, config, database, lambda _: None)
    if as_json:
        dump({"rule": RULE_VERSION, "articles": counts[0]})
    elif counts[0]:
        say(f"{counts[0]} articles were judged under rule version {RULE_VERSION}")
    else:
        say(f"everything stands under rule version {RULE_VERSION}; --anew judges it again")
