"""What a database refuses, in one sentence: where, what, and the mend."""

from sqlalchemy.engine import URL

MENDS = (
    ("unable to open database file", "give this user write access to its directory, and see --database"),
    (
        "readonly database",
        "give this user write access to the file and its directory, where SQLite keeps a log beside it",
    ),
    ("database is locked", "another program holds it for long (`fuser FILE` names it): end that one, then try again"),
    ("is full", "make room on its disk, then try again: nothing was half written"),
    ("no space left", "make room on its disk, then try again: nothing was half written"),
    ("could not extend file", "make room on the server's disk, then try again: nothing was half written"),
    ("disk i/o error", "look at its disk (is it full, is a quota reached?), then try again: nothing was half written"),
    ("not a database", "it is another file or a damaged one: see --database, or `aggregator db restore FILE`"),
    ("malformed", "the file is damaged: `aggregator db restore FILE` puts a backup in its place"),
    ("connection refused", "start PostgreSQL, or see --database"),
    ("could not translate host name", "that host is unknown: see --database"),
    ("name or service not known", "that host is unknown: see --database"),
    ("password authentication failed", "user or password in --database are not the server's"),
    ("no password supplied", "the server wants a password: postgresql://USER:PASSWORD@HOST/NAME"),
    ("too many clients", "start fewer processes, or raise the server's max_connections"),
    ("starting up", "the server is starting: try again in a moment"),
    ("shutting down", "the server is stopping: try again when it is back"),
    ("permission denied", "the owner of the database must grant this user the right to it"),
)
"""Words of a driver's message, in lower case → what to do about it. The first that fits holds."""


def told(url: URL, error: object) -> str:
    """One line: the address without its password, the message, the mend."""
    message = " ".join(str(error).split())
    mend = next((mend for words, mend in MENDS if words in message.lower()), _by_kind(message))
    return f"{shown(url)}: {message} ({mend})"


def _by_kind(message: str) -> str:
    return "create it: `createdb NAME`, or see --database" if "does not exist" in message else "see --database"


def shown(url: URL) -> str:
    """The address as operators write it."""
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
