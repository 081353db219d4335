"""Forms as they are posted: read within bounds, before anything is believed of them."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from aggregator.web.held import Message, Scope
from aggregator.web.problems import Problem

Receive = Callable[[], Awaitable[Message]]

MOST_BYTES = 8192
MOST_FIELDS = 30
_FORM = b"application/x-www-form-urlencoded"


async def form_body(scope: Scope, receive: Receive) -> bytes:
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
        if len(body) > MOST_BYTES:
            raise Problem(413, f"a form has at most {MOST_BYTES} bytes")
    return body


def form_fields(body: bytes) -> list[tuple[str, str]]:
    """Names and values. Errors: Problem 400."""
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem(400, "the form cannot be read") from error
