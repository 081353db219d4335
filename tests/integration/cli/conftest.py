"""The command line inside this process, over a newsroom of four small papers that was collected once."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_inside import Inside
from papers import Papers, serving, write_config


@dataclass
class World:
    papers: Papers
    config: Path
    database: str
    common: tuple[str, ...]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Papers, Path]]:
    from aggregator.bootstrap import open_live, open_store
    from aggregator.cli import loop
    from aggregator.worker.local import fetch_round

    home = tmp_path_factory.mktemp("newsroom")
    with serving(Papers(count=4, broken={3})) as papers:
        config = write_config(home / "config", papers)
        opened = open_store(f"sqlite:///{home / 'news.db'}")
        live, _ = open_live(opened, config, int(papers.began))
        loop.run(fetch_round(opened, live, everything=True))
        opened.close()
        yield papers, home


@pytest.fixture
def world(collected: tuple[Papers, Path], tmp_path: Path) -> World:
    """A copy of the newsroom that a test may change."""
    papers, home = collected
    shutil.copytree(home / "config", tmp_path / "config")
    shutil.copyfile(home / "news.db", tmp_path / "news.db")
    database = f"sqlite:///{tmp_path / 'news.db'}"
    return World(papers, tmp_path / "config", database, ("--config", str(tmp_path / "config"), "--database", database))


@pytest.fixture
def aggregator(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside(monkeypatch, capsys)
