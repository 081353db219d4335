"""Serves what was published: feeds, pages, JSON and operations over HTTP. The one door to Starlette and uvicorn."""

from aggregator.web.app import create_app
from aggregator.web.server import Server

__all__ = ["Server", "create_app"]
