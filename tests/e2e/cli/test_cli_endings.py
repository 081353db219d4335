"""How commands end when the world around them does: a reader that leaves, Ctrl-C, a disk that cannot be written."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from papers import Papers, serving, write_config

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "aggregator"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    papers = Papers(count=250, port=9)  # never polled here; more than a pipe's buffer when listed
    return write_config(tmp_path / "config", papers)


@pytest.mark.parametrize("words", ["sources list", "sources list --json", "sources export"])
def test_a_reader_that_leaves_early_is_no_error(config: Path, words: str) -> None:
    with subprocess.Popen(
        [*COMMAND, *words.split(), "--config", str(config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


def test_ctrl_c_ends_a_command_with_one_line_and_status_130(tmp_path: Path) -> None:
    """`sources preview` waits for a publisher that never answers."""
    with serving(Papers(count=1, slow=60)) as papers:
        config = write_config(tmp_path / "config", papers)
        words = ["sources", "preview", papers.url(1), "--config", str(config)]
        process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not papers.asked and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")


def test_a_round_ended_by_ctrl_c_ends_in_order_and_reports(tmp_path: Path) -> None:
    with serving(Papers(count=6, slow=1.0)) as papers:
        config = write_config(tmp_path / "config", papers)
        words = ["fetch", "--all", "--json", "--config", str(config), "--database", f"sqlite:///{tmp_path / 'x.db'}"]
        process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not papers.asked and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.startswith('{"feeds": ')
    assert "Traceback" not in err


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc/self").exists(), reason="no directory that refuses root")
@pytest.mark.parametrize(
    "words",
    ["articles --database sqlite:////proc/x/news.db", "db backup /proc/x/copy.db", "publish --to /proc/x/site",
     "fetch --database sqlite:////sys/news.db", "sources export --to /proc/x/list.opml"],
)  # fmt: skip
def test_what_cannot_be_written_is_named_without_a_traceback(config: Path, tmp_path: Path, words: str) -> None:
    command = [*COMMAND, *words.split()]
    if "backup" in words:
        subprocess.run([*COMMAND, "db", "upgrade"], cwd=tmp_path, capture_output=True, check=True)
    if "articles" not in words and "db" not in words:
        command += ["--config", str(config)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
    assert "/proc/x" in done.stderr or "/sys" in done.stderr


def shown(words: list[str], columns: int, **environment: str) -> str:
    """What a command shows on a terminal of that many columns."""
    import fcntl
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environ = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [*COMMAND, *words], stdout=follower, stderr=follower, env={**environ, "TERM": "xterm", **environment}
    )
    os.close(follower)
    parts = []
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other end closed
            break
        if not part:
            break
        parts.append(part)
    os.close(leader)
    assert process.wait(60) == 0
    return b"".join(parts).decode().replace("\r\n", "\n")


def test_a_table_fits_a_terminal_of_80_columns_and_addresses_stay_whole(config: Path) -> None:
    lines = shown(["sources", "list", "--config", str(config)], 80).splitlines()
    assert lines[0].startswith("\x1b[1mid")
    assert max(map(len, lines[1:])) <= 80
    assert sum("http://127.77.0.7:9/feed.xml" in line for line in lines) == 1
    plain = shown(["sources", "list", "--config", str(config)], 80, NO_COLOR="1")
    assert "\x1b" not in plain


def test_a_bar_is_for_whoever_waits_at_a_terminal(tmp_path: Path) -> None:
    with serving(Papers(count=3, slow=0.3)) as papers:
        config = write_config(tmp_path / "config", papers)
        words = ["--config", str(config), "--database", f"sqlite:///{tmp_path / 'x.db'}"]
        watched = shown(["fetch", "--all", *words], 100)
        assert "preparing" in watched
        assert "3/3" in watched
        assert "writing files" in shown(["publish", "--to", str(tmp_path / "site"), *words], 100)
        piped = subprocess.run(
            [*COMMAND, "fetch", "--all", *words], capture_output=True, text=True, timeout=60, check=True
        )
    assert piped.stderr == ""
    assert piped.stdout.startswith("3 feeds polled in ")


def test_output_that_cannot_be_written_is_an_error_in_one_line(config: Path) -> None:
    words = [*COMMAND, "sources", "list", "--config", str(config)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: the disk or output cannot be written: No space left on device\n"


def test_a_closed_output_is_as_good_as_none(config: Path) -> None:
    words = " ".join([*COMMAND, "sources", "list", "--config", str(config)])
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        done = subprocess.run(f"{words} {closed}", shell=True, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_pipes_speak_utf_8_whatever_the_locale(config: Path) -> None:
    papers = config / "sources" / "papers.toml"
    papers.write_text(papers.read_text().replace('name = "Paper 1"', 'name = "АЗƏРТАС қазақ"'), encoding="utf-8")
    old = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = [*COMMAND, "sources", "list", "--config", str(config)]
    for more in ([], ["--json"]):
        done = subprocess.run([*words, *more], env=old, capture_output=True, timeout=60, check=True)
        assert "АЗƏРТАС қазақ" in done.stdout.decode("utf-8")
