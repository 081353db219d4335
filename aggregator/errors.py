"""Every error that this program raises on purpose, as one tree.

AggregatorError
├── ConfigError          config/ holds faults; each names file, line, key and the mend (exit status 2)
├── FetchError           a document could not be had; `kind` says what to do about it
│   ├── AddressRefused   the guard of addresses refused a host, port or scheme
│   ├── RedirectError    loop, too many hops, or a downgrade to http
│   ├── TooLarge         more decoded bytes or header bytes than allowed
│   ├── DeadlineExceeded the whole exchange took longer than allowed
│   ├── ConnectionFailed name look-up, TCP or TLS failed
│   ├── RobotsRefused    robots.txt forbids the page
│   └── HttpStatus       the server answered with an error status
├── ParseError           the bytes are not a document of the kind that was asked for
├── StoreError           the database cannot do what was asked
│   ├── DatabaseUnavailable
│   │   └── BadDatabaseUrl   (exit status 2)
│   ├── SchemaOutdated   run `aggregator db upgrade`
│   └── LeaseLost        another run took the feed over; nothing of this poll was stored
├── CannotCompare        two articles could not be compared, by a fault of ours
└── NotFound             no such article, story, source or topic
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from aggregator.model import TermList, Topic

FailureKind = Literal["soft", "hard", "temporary"]
"""soft: the document was bad, try at the usual pace; hard: back off to daily; temporary: retry with back-off."""


class AggregatorError(Exception):
    """Anything this program raises on purpose."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in config/: where it stands, what is wrong, how to mend it. `line` counts from 1."""

    file: str
    line: int
    key: str
    message: str
    mend: str = ""

    def __str__(self) -> str:
        mend = f" ({self.mend})" if self.mend else ""
        return f"{self.file}:{self.line}: {self.key}: {self.message}{mend}"


class ConfigError(AggregatorError):
    """The configuration has faults. All of them are listed: mend them and run `aggregator check`.

    `topics` and `lists` are what can be read of the rules nevertheless, so that their terms can be judged as well.
    """

    def __init__(
        self, faults: tuple[Fault, ...], topics: "tuple[Topic, ...]" = (), lists: "tuple[TermList, ...]" = ()
    ) -> None:
        self.faults = tuple(sorted(faults))
        self.topics = topics
        self.lists = lists
        super().__init__("\n".join(map(str, self.faults)))


class FetchError(AggregatorError):
    """A document could not be had from `url`. `retry_after` is in seconds from now, when the server named it."""

    kind: FailureKind = "temporary"

    def __init__(
        self,
        message: str,
        *,
        url: str,
        kind: FailureKind | None = None,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.url = url
        self.status = status
        self.retry_after = retry_after
        self.kind = kind or type(self).kind


class AddressRefused(FetchError):
    """The address is not public, or its port or scheme is not allowed. An exception goes into [fetch] allow."""

    kind = "hard"


class RedirectError(FetchError):
    """The redirects do not end, or lead from https to http."""

    kind = "hard"


class TooLarge(FetchError):
    """The body or its headers exceed the caps; [fetch] max_bytes raises the first."""

    kind = "soft"


class DeadlineExceeded(FetchError):
    """The exchange took longer than [fetch] timeout in all."""


class ConnectionFailed(FetchError):
    """Name look-up, TCP, TLS or the HTTP exchange failed."""


class RobotsRefused(FetchError):
    """robots.txt of the host forbids this page; `robots = false` in the source overrides it."""

    kind = "hard"


class HttpStatus(FetchError):
    """The server answered with an error status (RFC 9110, section 15)."""


class ParseError(AggregatorError):
    """The bytes are not what they should be (an HTML page instead of a feed, an empty body, broken XML)."""


class StoreError(AggregatorError):
    """The database cannot do what was asked."""


class DatabaseUnavailable(StoreError):
    """The database does not answer; see --database."""


class BadDatabaseUrl(DatabaseUnavailable):
    """--database is no address of a database we can use (exit status 2)."""


class SchemaOutdated(StoreError):
    """The database was made by another version: run `aggregator db upgrade`."""


class LeaseLost(StoreError):
    """Another run took this feed over while it was being polled; nothing of this poll was stored."""


class CannotCompare(AggregatorError):
    """Two articles could not be compared, by a fault of this program; `pair` names them."""

    def __init__(self, a: int, b: int) -> None:
        self.pair = (a, b)
        super().__init__(f"articles {a} and {b} cannot be compared")


class NotFound(AggregatorError):
    """No such article, story, source or topic."""
