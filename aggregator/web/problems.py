"""What went wrong with a request, as problem+json (RFC 9457) for machines; pages.py has the same for people."""

import json
from http import HTTPStatus

from aggregator.errors import AggregatorError


class Problem(AggregatorError):
    """A request that is not answered with what it asked for.

    `parameter` names the query parameter at fault; `retry_after` in seconds; `allow` the methods of a 405.
    """

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        parameter: str | None = None,
        retry_after: int | None = None,
        allow: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.parameter = parameter
        self.retry_after = retry_after
        self.allow = allow

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        found = [(b"cache-control", b"no-store" if self.status >= 429 else b"public, max-age=60")]
        if self.retry_after is not None:
            found.append((b"retry-after", b"%d" % self.retry_after))
        if self.allow is not None:
            found.append((b"allow", self.allow.encode("ascii")))
        return found


class Moved(AggregatorError):
    """What was asked for has another address from now on (301). `location` is a path of this site, with its query."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def reason(status: int) -> str:
    """Not Found"""
    return HTTPStatus(status).phrase


def problem_json(problem: Problem) -> bytes:
    """The body; "about:blank" says that the title is the status's own."""
    told = {
        "type": "about:blank",
        "title": reason(problem.status),
        "status": problem.status,
        "detail": problem.detail or None,
        "parameter": problem.parameter,
    }
    return json.dumps({name: value for name, value in told.items() if value is not None}, ensure_ascii=False).encode()
