"""Tokens: the keys to private feeds, the operations feed and the metrics. Only their hashes are kept."""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import delete, insert, select

from aggregator.errors import NotFound
from aggregator.model import Seconds
from aggregator.store.engine import Db
from aggregator.store.tables import TOKEN

BYTES = 24
"""Of randomness in a token: 192 bits, so a plain hash of it cannot be turned back."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: anything but the token itself."""

    id: int
    scope: str
    note: str
    created: Seconds


def make(db: Db, scope: str, note: str, now: Seconds) -> str:
    """A new token for a private topic, "operations" or "metrics"; it can be read now and never again."""
    token = secrets.token_urlsafe(BYTES)
    db.execute(insert(TOKEN).values(scope=scope, digest=_digest(token), note=note, created=now))
    return token


def revoke(db: Db, id_: int) -> None:
    """Errors: NotFound."""
    if db.execute(delete(TOKEN).where(TOKEN.c.id == id_)).rowcount != 1:
        raise NotFound(f"there is no token {id_}; `aggregator tokens list` shows them")


def listed(db: Db) -> tuple[Token, ...]:
    rows = db.execute(select(TOKEN).order_by(TOKEN.c.scope, TOKEN.c.id))
    return tuple(Token(row.id, row.scope, row.note, row.created) for row in rows)


def opens(db: Db, scope: str, token: str) -> bool:
    """Whether a token opens a scope. How long it takes says nothing about any token: hashes are compared, in constant
    time, and all of them.
    """
    given = _digest(token)
    held = db.execute(select(TOKEN.c.digest).where(TOKEN.c.scope == scope)).scalars()
    return sum([hmac.compare_digest(given, digest) for digest in held]) > 0


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()
