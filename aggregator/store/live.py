"""The configuration in force: the operator's files as they were when they were last valid."""

from aggregator.store.engine import Db, get_meta, set_meta


def config_digest(db: Db) -> str | None:
    return get_meta(db, "config digest")


def files(db: Db) -> str | None:
    """JSON: relative path → text."""
    return get_meta(db, "config files")


def keep(db: Db, digest: str, files_json: str) -> None:
    set_meta(db, "config digest", digest)
    set_meta(db, "config files", files_json)
