"""Forms as they are posted: read within bounds, before anything is believed of them."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from aggregator.web.held import Message, Scope
from aggregator.web.problems import Problem

Receive = Callable[[], Awaitable[Message]]

MOST_BYTES = 8192
MOST_FIELDS = 30
_FORM = b"application/x-www-form-urlencoded"


def refuse_other_sites(scope: Scope) -> None:
    """Errors: Problem 403 when a browser says that another site sent the form."""
    if dict(scope["headers"]).get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
        raise Problem(403, "another site sent this form")


async def form_body(scope: Scope, receive: Receive, most: int = MOST_BYTES) -> bytes:
    """The body of a posted form. Errors: Problem 400, 413, 415."""
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    if kind.partition(b";")[0].strip().lower() != _FORM:
        raise Problem(415, f"forms are sent as {_FORM.decode()}")
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "the request broke off")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            raise Problem(413, f"a form has at most {most} bytes")
    return body


def form_fields(body: bytes) -> list[tuple[str, str]]:
    """Names and values. Errors: Problem 400."""
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem(400, "the form cannot be read") from error
