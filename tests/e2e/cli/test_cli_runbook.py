"""docs/operating.md's runbook, word by word: each of its lines is run as it stands, in its order, on real databases."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from papers import Papers, serving, write_config
from sqlalchemy import select
from tests_support import new_database

from aggregator.store import Store
from aggregator.store.tables import ARTICLE, RENDERING

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[3] / "docs" / "operating.md"


def runbook() -> list[str]:
    """The shell blocks of the section."""
    section = PAGE.read_text("utf-8").split("## Runbook")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def published(url: str) -> dict[tuple[str, str], bytes]:
    opened = Store(url)
    with opened.reading() as db:
        rows = list(db.execute(select(RENDERING.c.publication, RENDERING.c.format, RENDERING.c.body)))
    opened.close()
    return {(row.publication, row.format): bytes(row.body) for row in rows}


def test_every_line_of_the_runbook_does_what_it_says(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    blocks = runbook()
    assert len(blocks) == 4
    script = 'set -e\naggregator() { "$PYTHON" -m aggregator "$@"; }\n' + "\n".join(blocks)
    for url in new_database("postgresql", request, tmp_path):
        with serving(Papers(6)) as papers:
            write_config(tmp_path / "config", papers)
            done = subprocess.run(
                ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
                env=os.environ | {"PG": url, "PYTHON": sys.executable},
            )  # fmt: skip
            assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
            last = [line for line in done.stdout.splitlines() if line.startswith("{")][-1]
            assert json.loads(last)["url"] in papers.links()
            moved = Store(url)
            with moved.reading() as db:
                assert set(db.execute(select(ARTICLE.c.url)).scalars()) == papers.links()
            moved.close()
        feeds = published(f"sqlite:///{tmp_path / 'data' / 'aggregator.db'}")
        assert len(feeds) >= 6
        assert published(url) == feeds
        assert (tmp_path / "data" / "aggregator.db.before-restore").exists()
        assert (tmp_path / "backups" / "before-upgrade").stat().st_size > 50_000
