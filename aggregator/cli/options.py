"""Options that several commands share."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

ConfigDir = Annotated[
    Path, typer.Option("--config", metavar="DIR", envvar="AGGREGATOR_CONFIG", help="Directory of the configuration.")
]
Database = Annotated[
    str,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="AGGREGATOR_DATABASE_URL",
        help="sqlite:///relative, sqlite:////absolute or postgresql://…",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and everything else on stderr.")]

CONFIG = Path("config")
DATABASE = "sqlite:///data/aggregator.db"


def unknown(what: str, word: str, known: Iterable[str], option: str) -> typer.BadParameter:
    """The usage error for an id that does not exist, with the nearest that do."""
    ids = sorted(known)
    near = difflib.get_close_matches(word.lower(), ids, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(ids[:10])}{', …' * (len(ids) > 10)}"
    return typer.BadParameter(f"there is no {what} {word}; " + (hint if ids else "there are none"), param_hint=option)


def public_url(url: str) -> str:
    """A database's address without the password in it."""
    return re.sub(r"(//[^/@:]*):[^/@]*@", r"\1@", url)
