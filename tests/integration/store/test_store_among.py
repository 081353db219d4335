"""Many ids in one parameter: what is found, and that no table is read from end to end for it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import ClauseElement, Dialect, select
from store_making import ingest, one_claim, prepared

from aggregator.store import Store, edges, entries, placing, reports
from aggregator.store.among import among
from aggregator.store.tables import ARTICLE


def test_rows_whose_number_is_among_the_given_are_found(opened: Store) -> None:
    ingest(opened, one_claim(opened), *(prepared(key) for key in "abcd"))
    query = select(ARTICLE.c.key).where(among(ARTICLE.c.id), ARTICLE.c.placed.is_(False)).order_by(ARTICLE.c.id)
    with opened.reading() as db:
        assert db.execute(query, {"ids": {2, 4, 9}}).scalars().all() == ["g:b", "g:d"]
        assert db.execute(query, {"ids": []}).scalars().all() == []
        assert db.execute(query, {"ids": range(1, 40_000)}).scalars().all() == ["g:a", "g:b", "g:c", "g:d"]


def statements(dialect: Dialect) -> Iterator[tuple[str, ClauseElement]]:
    """Those of placing that ask by many ids."""
    for module in (edges, entries, placing, reports):
        for name, value in vars(module).items():
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, ClauseElement) and "json_each" in str(one.compile(dialect=dialect)):
                    yield f"{module.__name__}.{name}", one


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_statement_reads_a_whole_table(opened: Store) -> None:
    found = list(statements(opened.engine.dialect))
    assert len(found) > 12
    with opened.reading() as db:
        for name, one in found:
            words = str(one.compile(dialect=opened.engine.dialect))
            plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", ("[1,2]",) * words.count("?")).all()
            scans = [row[3] for row in plan if row[3].startswith("SCAN") and "json_each" not in row[3]]
            assert [scan for scan in scans if scan != "SCAN ruling"] == [], name
