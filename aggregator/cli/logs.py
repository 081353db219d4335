"""Logs on stderr: one line an event, key=value for people, JSON where AGGREGATOR_LOG=json (containers, collectors)."""

import os
import sys

import structlog

from aggregator.cli.output import coloured


def configure() -> None:
    """Set up structlog for this process. A traceback is part of its event and shows no local variables."""
    as_json = os.environ.get("AGGREGATOR_LOG") == "json"
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=coloured(sys.stderr), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if as_json else []),
            renderer,
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # what it is when something is logged
        cache_logger_on_first_use=False,
    )
