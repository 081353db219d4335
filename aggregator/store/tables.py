"""The tables as queries name them; declared.py says what they hold.

To declare them takes SQLModel, pydantic and SQLAlchemy's mapper, 0.15 s of which a round of cron has no other use. So
the finished tables are kept beside the bytecode of declared.py and under its rule: they hold for one state of that file.
Where nothing can be kept, they are declared anew.
"""

import os
import pickle
import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from zlib import crc32

import sqlalchemy
from sqlalchemy import MetaData, Table

_DECLARED = Path(__file__).with_name("declared.py")
_KEPT = Path(cache_from_source(str(_DECLARED))).with_suffix(".tables")
_CHECK = 4


def load(kept: Path = _KEPT, declared: Path = _DECLARED) -> MetaData:
    """The tables as kept, else as declared, and then kept."""
    mark = _mark(declared)
    try:
        content = kept.read_bytes()
    except OSError:
        content = b""
    packed = content[len(mark) + _CHECK :]
    if content == _sealed(mark, packed):
        found = pickle.loads(packed)  # noqa: S301 - a file of ours, trusted as the bytecode beside it is
        assert isinstance(found, MetaData)
        return found
    tables = _plain_tables()
    _keep(kept, _sealed(mark, pickle.dumps(tables)))
    return tables


def _sealed(mark: bytes, packed: bytes) -> bytes:
    """With a checksum: a machine that lost power may leave half a file."""
    return mark + crc32(packed).to_bytes(_CHECK, "big") + packed


def _mark(declared: Path) -> bytes:
    try:
        state = declared.stat()
    except OSError:  # a package without its sources
        return f"{sqlalchemy.__version__}\n".encode()
    return f"{sqlalchemy.__version__} {state.st_mtime_ns} {state.st_size}\n".encode()


def _plain_tables() -> MetaData:
    """Copies of the declared tables that need nothing but SQLAlchemy."""
    from aggregator.store import declared

    plain = MetaData()
    for table in declared.SQLModel.metadata.tables.values():
        for column in table.to_metadata(plain).columns:
            if isinstance(column.type, declared.AutoString):
                column.type = sqlalchemy.String()
    return plain


def _keep(path: Path, content: bytes) -> None:
    if sys.dont_write_bytecode:
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError:  # a directory of somebody else's: it works without
        with suppress(OSError):
            draft.unlink()


TABLES = load()


def _named(*names: str) -> list[Table]:
    return [TABLES.tables[name] for name in names]


META, RUN, HOST, FEED, LISTENING = _named("meta", "run", "host", "feed", "listening")
SOURCE, RULES, ARTICLE, BODY, REVISION = _named("source", "rules", "article", "body", "revision")
SIGHTING, MATCH, SKETCH, CLUE, FACTS = _named("sighting", "article_topic", "sketch", "clue", "facts")
EDGE, RULING, STORY, ENTRY, PUBLICATION = _named("edge", "ruling", "story", "topic_entry", "publication")
RENDERING, SUBSCRIPTION, TOKEN, INCIDENT = _named("rendering", "subscription", "token", "incident")
