"""The command `aggregator`: runs the CLI and turns our errors into exit statuses.

0 done · 1 could not be done · 2 usage or configuration · 130 interrupted by Ctrl-C.
"""

import atexit
import gc
import sys
from typing import NoReturn

from aggregator.errors import AggregatorError, BadDatabaseUrl, ConfigError, FetchError

INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it."""

YOUNG = 500_000
"""New objects between two searches for cycles, so that a start makes none. Python's 700 cost it a fifth and find nothing."""


def main() -> None:
    """Entry point. Every error we raise on purpose ends in a message on stderr, never in a traceback."""
    gc.set_threshold(YOUNG, 20, 20)
    atexit.register(gc.freeze)  # else the end of a process searches all modules for cycles, several times: 0.2 s
    try:
        _run()
    except ConfigError as error:
        from aggregator.cli.output import counted

        _end(2, f"{error}\n{counted(len(error.faults), 'fault')} in the configuration")
    except BadDatabaseUrl as error:
        _end(2, f"error: {error}")
    except FetchError as error:
        _end(1, f"error: {error}" if error.url in str(error) else f"error: {error.url}: {error}")
    except AggregatorError as error:
        _end(1, f"error: {error}")
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)
    except OSError as error:  # a file or directory of the operator's that cannot be read or written
        if error.filename is None:
            raise
        _end(1, f"error: {error.filename}: {error.strerror}")


def _run() -> None:
    from aggregator.cli import app, streams

    streams.prepare()
    try:
        app(prog_name="aggregator")
    except SystemExit as end:
        if end.code == INTERRUPTED:  # Typer answers Ctrl-C with the status alone
            raise KeyboardInterrupt from None
        raise


def _end(status: int, message: str) -> NoReturn:
    """End the process; control characters in what others wrote cannot reach the terminal."""
    from aggregator.cli.output import warn

    warn(message)
    sys.exit(status)


if __name__ == "__main__":
    main()
