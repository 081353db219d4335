"""Secrets from the environment: $NAME and ${NAME} in a value, $$ for a dollar sign."""

import re
from collections.abc import Mapping

from aggregator.config.values import Wrong

_REFERENCE = re.compile(r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})?")


def expand(text: str, environ: Mapping[str, str]) -> str:
    """`text` with its references replaced; Wrong, which never shows a secret, when one cannot be."""

    def value(found: re.Match[str]) -> str:
        dollar, plain, braced = found.groups()
        return dollar or _look_up(plain or braced, environ)

    return _REFERENCE.sub(value, text)


def names(text: str) -> list[str]:
    """The environment variables that `text` refers to."""
    return [plain or braced for _, plain, braced in _REFERENCE.findall(text) if plain or braced]


def _look_up(name: str | None, environ: Mapping[str, str]) -> str:
    if not name:
        raise Wrong("has a $ that names no environment variable", "write $$ for a dollar sign, $NAME for a variable")
    if not (value := environ.get(name)):
        state = "empty" if name in environ else "not set"
        raise Wrong(f"the environment variable {name} is {state}", f"set it before the program starts: export {name}=…")
    if not value.isascii() or not value.isprintable():
        raise Wrong(f"the environment variable {name} holds more than plain ASCII text", "check for a line break in it")
    return value
