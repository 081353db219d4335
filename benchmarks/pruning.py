"""What dropping old texts costs on PostgreSQL, by DELETE and VACUUM or by a partition: `python -m benchmarks.pruning`."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from benchmarks.store_scale import databases

PARTS = 8


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pruning", description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--bytes", type=int, default=2000)
    given = parser.parse_args()
    step = given.rows // PARTS
    with tempfile.TemporaryDirectory() as home, databases(["postgresql"], Path(home)) as urls:
        url = make_url(urls["postgresql"]).set(drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as db:
            run = db.exec_driver_sql
            blob = f"decode(repeat(md5(n::text), {given.bytes // 16}), 'hex')"
            run("CREATE TABLE plain (article BIGINT PRIMARY KEY, blob BYTEA NOT NULL)")
            run("CREATE TABLE parted (article BIGINT PRIMARY KEY, blob BYTEA NOT NULL) PARTITION BY RANGE (article)")
            for part in range(PARTS):
                bounds = f"FROM ({part * step}) TO ({(part + 1) * step})"
                run(f"CREATE TABLE parted_{part} PARTITION OF parted FOR VALUES {bounds}")
            for table in ("plain", "parted"):
                run(f"ALTER TABLE {table} ALTER blob SET STORAGE EXTERNAL") if table == "plain" else None
                filled = timed(
                    lambda table=table: run(
                        f"INSERT INTO {table} SELECT n, {blob} FROM generate_series(0, {given.rows - 1}) AS s(n)"
                    )
                )
                print(f"{table}: filled in {filled / given.rows * 1e6:.1f} µs a row")
            some = ", ".join(str(n * 7919 % given.rows) for n in range(50))
            asked = f"SELECT sum(length(blob)) FROM {{}} WHERE article IN ({some})"
            for table in ("plain", "parted"):
                reads = min(timed(lambda table=table: run(asked.format(table)).scalar()) for _ in range(10))
                print(f"{table}: fifty texts read in {reads * 1000:.2f} ms")
            deleted = timed(lambda: run(f"DELETE FROM plain WHERE article < {step}"))
            vacuumed = timed(lambda: run("VACUUM plain"))
            dropped = timed(lambda: run("DROP TABLE parted_0"))
            print(
                f"{step} rows of {given.bytes} bytes: DELETE {deleted / step * 1e6:.1f} µs a row, VACUUM "
                f"{vacuumed / step * 1e6:.1f} µs a row, DROP of a partition {dropped * 1000:.0f} ms in all"
            )
        engine.dispose()


if __name__ == "__main__":
    main()
