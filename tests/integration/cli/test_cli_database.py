"""`aggregator db` as scripts use it: JSON alone on stdout, exit statuses."""

import json
from pathlib import Path
from typing import Any


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
