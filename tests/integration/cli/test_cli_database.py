"""`aggregator db` as scripts use it: JSON alone on stdout, exit statuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest


def told(ran: tuple[int, str, str]) -> Any:
    """The one JSON value that stands on stdout."""
    assert ran[0] == 0, ran
    return json.loads(ran[1])


def test_what_is_done_to_the_database_is_told_in_json(aggregator, world, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    done = told(aggregator("db", "backup", str(copy), "--json", *world.common))
    assert done == {"file": str(copy), "bytes": copy.stat().st_size}
    status, out, err = aggregator("db", "backup", str(copy), "--json", *world.common)
    assert (status, out) == (1, "")
    assert "exists already" in err
    assert told(aggregator("db", "restore", str(copy), "--json", *world.common)) == {"restored": str(copy)}
    assert told(aggregator("db", "prune", "--days", "31", "--json", *world.common)) == {"articles": 0, "days": 31}
    assert set(told(aggregator("db", "upgrade", "--json", *world.common))) == {"revision"}
    assert aggregator("db", "prune", "--days", "3", *world.common)[0] == 2


@pytest.mark.parametrize(
    "words", [("backup", "x.bak"), ("prune",), ("copy", "--to", "sqlite:///other.db")], ids=lambda words: words[0]
)
def test_of_a_mistyped_address_no_empty_database_is_made(aggregator, tmp_path: Path, monkeypatch, words) -> None:
    """A nightly backup in the wrong directory must not succeed night after night."""
    monkeypatch.chdir(tmp_path)
    status, out, err = aggregator("db", *words, "--database", "sqlite:///dada/aggregator.db")
    assert (status, out) == (1, "")
    assert "there is no database dada/aggregator.db: see --database" in err
    assert list(tmp_path.iterdir()) == []


def test_a_copy_tells_its_end_alone_where_nobody_watches(aggregator, world, tmp_path: Path) -> None:
    address = world.common[world.common.index("--database") + 1]
    status, out, err = aggregator("db", "copy", "--to", f"sqlite:///{tmp_path / 'a.db'}", "--database", address)
    assert (status, err) == (0, "")
    assert re.fullmatch(r"\d+ rows copied and counted in [\d.]+ s; start the programs with --database URL\n", out)
    status, out, err = aggregator("db", "copy", "--to", f"sqlite:///{tmp_path / 'a.db'}", "--database", address)
    assert (status, out) == (1, "")
    assert "holds data already" in err
    status, out, err = aggregator("db", "copy", "--to", address, "--database", address)
    assert (status, out) == (1, "")
    assert "is both source and target" in err


def test_what_an_operator_types_wrong_at_night_is_answered_in_a_sentence(aggregator, world, tmp_path: Path) -> None:
    junk, cut, whole = tmp_path / "junk", tmp_path / "cut", tmp_path / "whole"
    assert aggregator("db", "backup", str(whole), *world.common)[0] == 0
    junk.write_text("hello")
    cut.write_bytes(whole.read_bytes()[:9000])
    for words, status, told in (
        (("restore", str(tmp_path / "nothing")), 1, "does not exist"),
        (("restore", str(tmp_path)), 1, "is a directory"),
        (("restore", str(junk)), 1, "is no backup of ours"),
        (("restore", str(cut)), 1, "is no backup of ours"),
        (("backup", str(tmp_path)), 1, "exists already; name a new file"),
        (("copy",), 2, "Missing option '--to'"),
        (("copy", "--to", "nonsense"), 2, "is not a database address"),
        (("copy", "--to", "postgresql://u:secret@127.0.0.1:1/x"), 1, "start PostgreSQL, or see --database"),
        (("prune", "--days", "3"), 2, "greater than or equal to 31"),
    ):
        found, out, err = aggregator("db", *words, *world.common)
        assert (found, out) == (status, ""), words
        assert told in err, words
        assert "Traceback" not in err
        assert "secret" not in err
