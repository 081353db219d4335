"""The only door to the database. Functions take an open transaction (`Db`) and models, and give models back.

    with store.writing() as db:
        articles.ingest(db, …)

The rooms load on first use: a worker process that prepares documents never opens a database.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aggregator.store import among as among
    from aggregator.store import articles as articles
    from aggregator.store import backup as backup
    from aggregator.store import candidates as candidates
    from aggregator.store import copying as copying
    from aggregator.store import edges as edges
    from aggregator.store import entries as entries
    from aggregator.store import feeds as feeds
    from aggregator.store import health as health
    from aggregator.store import hub as hub
    from aggregator.store import incidents as incidents
    from aggregator.store import listening as listening
    from aggregator.store import live as live
    from aggregator.store import operator as operator
    from aggregator.store import placing as placing
    from aggregator.store import postings as postings
    from aggregator.store import publications as publications
    from aggregator.store import reading as reading
    from aggregator.store import renewal as renewal
    from aggregator.store import reports as reports
    from aggregator.store import retention as retention
    from aggregator.store import rules as rules
    from aggregator.store import runs as runs
    from aggregator.store import schema as schema
    from aggregator.store import stuck as stuck
    from aggregator.store import templates as templates
    from aggregator.store import tokens as tokens
    from aggregator.store import work as work
    from aggregator.store.engine import Db as Db
    from aggregator.store.engine import Store as Store


def __getattr__(name: str) -> Any:
    if name in {"Db", "Store"}:
        return getattr(import_module("aggregator.store.engine"), name)
    try:
        return import_module(f"aggregator.store.{name}")
    except ModuleNotFoundError as error:
        raise AttributeError(name) from error
