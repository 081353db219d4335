"""`aggregator tokens`: keys to private topics, to the operations feed and page, and to the metrics."""

import time
from typing import Annotated

import typer

from aggregator.cli.options import CONFIG, DATABASE, ConfigDir, Database, Json
from aggregator.cli.output import dump, iso, say, table
from aggregator.cli.shell import example
from aggregator.errors import NotFound

app = typer.Typer(help="Make and revoke the keys to what is private.", no_args_is_help=True)


@app.command(epilog=example("tokens make operations --note 'my reader'"))
def make(
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help="A private topic's id, operations, or metrics.")],
    *,
    note: Annotated[str, typer.Option(help="Who gets it; shown by `tokens list`.")] = "",
    as_json: Json = False,
    config: ConfigDir = CONFIG,
    database: Database = DATABASE,
) -> None:
    """Make a token and print the addresses that it opens. It is shown once: only its hash is kept."""
    from aggregator import config as configuration
    from aggregator import store
    from aggregator.bootstrap import open_store

    loaded = configuration.load(config)
    known = ["operations", "metrics", *(topic.id for topic in loaded.topics if topic.private)]
    if scope not in known:
        raise NotFound(f"there is nothing private called {scope}; there are {', '.join(known)}")
    opened = open_store(database)
    with opened.writing() as db:
        token = store.tokens.make(db, scope, note, int(time.time()))
    opened.close()
    addresses = _addresses(loaded.site.base_url.rstrip("/"), scope, token)
    if as_json:
        dump({"scope": scope, "token": token, "addresses": addresses})
        return
    for address in addresses:
        say(address)


def _addresses(base: str, scope: str, token: str) -> list[str]:
    home = f"{base}/private/{token}/{scope}"
    feeds = [f"{home}.{format_}" for format_ in ("atom", "rss", "json")]
    return {"metrics": [home], "operations": [home, *feeds]}.get(scope, feeds)


@app.command("list", epilog=example("tokens list --json"))
def list_tokens(*, as_json: Json = False, database: Database = DATABASE) -> None:
    """What each token opens, its note and its age.

    The tokens themselves are known to their holders alone.
    """
    from aggregator import store
    from aggregator.bootstrap import open_store

    opened = open_store(database)
    with opened.reading() as db:
        found = store.tokens.listed(db)
    opened.close()
    rows = [(one.id, one.scope, one.note, iso(one.created)) for one in found]
    if as_json:
        dump([dict(zip(("id", "scope", "note", "created"), row, strict=True)) for row in rows])
        return
    table(("id", "scope", "note", "created"), rows)


@app.command(epilog=example("tokens revoke 3"))
def revoke(
    id_: Annotated[int, typer.Argument(metavar="ID", help="Its number; `aggregator tokens list` shows it.")],
    *,
    database: Database = DATABASE,
) -> None:
    """End a token at once, on every server."""
    from aggregator import store
    from aggregator.bootstrap import open_store

    opened = open_store(database)
    with opened.writing() as db:
        store.tokens.revoke(db, id_)
    opened.close()
    say(f"token {id_} opens nothing any more")
