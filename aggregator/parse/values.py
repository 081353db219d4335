"""Values out of JSON: whatever type they came as, text that every database and encoding can hold."""

import re
from typing import Any

_control = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def clean(value: Any) -> str:
    """`value` as text without control characters; a lone half of a surrogate pair becomes U+FFFD. Not a text: empty."""
    return _plain(value) if isinstance(value, str) else ""


def scalar(value: Any) -> str:
    """Like `clean`, but a number is the text it is written as: ids and sizes come as either."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else clean(value)


def cleaned(value: Any) -> Any:
    """`value` with every text in its lists and objects clean."""
    if isinstance(value, dict):
        return {key: cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    return clean(value) if isinstance(value, str) else value


def _plain(value: str) -> str:
    if not value.isprintable():
        value = _control.sub("", value)
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
