"""config/ → Config: TOML files read, validated and cross-checked; every fault with file, line, key and the mend.

aggregator.toml holds the site and the manners of fetching, sources/*.toml the publishers, topics/*.toml one topic's
rules each, topics/_lists.toml their shared lists. `aggregator.config.edit` changes the files for the command line.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aggregator.model import Config

__all__ = ["load", "locate", "schemas"]


def load(directory: Path, *, environ: Mapping[str, str] = os.environ) -> Config:
    """All of `directory`, valid as a whole; `environ` serves the secrets that headers name.

    Raises ConfigError with all faults at once: unreadable files, TOML syntax, types, bounds, unknown keys, and what is
    wrong between files. Soft findings stand in Config.warnings. Faults name files below `directory` as it was given.
    """
    from aggregator.config.loading import load_directory

    return load_directory(directory, environ)


def locate(directory: Path, file_stem: str, key_path: str | tuple[str | int, ...], text: str = "") -> tuple[str, int]:
    """File and line of a key in topics/<file_stem>.toml, for findings of stages that know only the key.

    `file_stem` is a topic's id, `_lists`, or `@name` for one list; `key_path` is written as in faults
    (`terms.ru.strong[3]`) or as a tuple; with `text`, the element of the list at `key_path` that is this text. A key
    that is not there gives the line of the table around it; a file that cannot be read the line that says why.
    """
    from aggregator.config.loading import locate_key

    return locate_key(directory, file_stem, key_path, text)


def schemas() -> Mapping[str, dict[str, Any]]:
    """JSON Schemas (2020-12) of the four kinds of file, for editors: aggregator, sources, topic, lists."""
    from aggregator.config.loading import schemas_by_kind

    return schemas_by_kind()
