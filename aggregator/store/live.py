"""The configuration in force: the operator's files as they were when they were last valid."""

from aggregator.store.engine import Db, get_meta, set_meta


def config_digest(db: Db) -> str | None:
    return get_meta(db, "config digest")


def files(db: Db) -> str | None:
    """JSON: relative path → text."""
    return get_meta(db, "config files")


def tag(db: Db) -> str | None:
    """The beginning of our tag: URIs."""
    return get_meta(db, "tag")


def keep(db: Db, digest: str, files_json: str, tag_: str) -> None:
    """Remember a configuration that went live; the tag only the first time."""
    set_meta(db, "config digest", digest)
    set_meta(db, "config files", files_json)
    if get_meta(db, "tag") is None:
        set_meta(db, "tag", tag_)
