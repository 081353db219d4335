"""A small valid configuration, and the means to break it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

GOOD = {
    "aggregator.toml": """\
[site]
title = "Caspian topics"
base_url = "http://127.0.0.1:8080"
languages = ["ru", "en"]
[fetch]
contact = "https://example.org/fetcher"
""",
    "sources/kazakhstan.toml": """\
# publishers
[[source]]
id = "alpha"
name = "Alpha"
url = "https://alpha.example/"
country = "KZ"
language = "en"
feeds = [{ url = "https://alpha.example/feed" }]

[[source]]
id = "beta"
name = "Beta"
url = "https://beta.example/"
feeds = [
  { url = "https://beta.example/a" },
  { url = "https://beta.example/b", enabled = false },
]
""",
    "topics/rail.toml": """\
title = { en = "Rail" }
require_any = ["@region"]
[terms.en]
strong = ["railway", "block train"]
""",
    "topics/_lists.toml": """\
[region]
en = ["Caspian"]
countries = ["KZ"]
""",
}

WriteConfig = Callable[..., Path]


@pytest.fixture
def write_config(tmp_path: Path) -> WriteConfig:
    """Write the good configuration with some files replaced (None: left out, bytes: as they are); its directory."""

    def write(files: Mapping[str, str | bytes | None] | None = None) -> Path:
        directory = tmp_path / "config"
        for name, content in {**GOOD, **(files or {})}.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is not None:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return directory

    return write
