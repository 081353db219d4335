"""Options that several commands share."""

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
