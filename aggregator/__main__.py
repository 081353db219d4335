"""The command `aggregator`: runs the CLI and turns our errors into exit statuses (1 could not be done, 2 usage, config)."""

import sys

from aggregator.errors import AggregatorError, BadDatabaseUrl, ConfigError, counted


def main() -> None:
    """Entry point. Every error we raise on purpose ends in a message on stderr, never in a traceback."""
    from aggregator.cli import app

    try:
        app()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n{counted(error.faults)} in the configuration\n")
        sys.exit(2)
    except BadDatabaseUrl as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    except AggregatorError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(1)
    except BrokenPipeError:  # `aggregator articles | head`
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # a file or directory of the operator's that cannot be read or written
        if error.filename is None:
            raise
        sys.stderr.write(f"error: {error.filename}: {error.strerror}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
