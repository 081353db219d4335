"""Fetching: documents from publishers by HTTP, politely, safely and cheaply.

The only door to httpx and httpcore. `Fetcher.get(Request(url))` returns a Document or raises a FetchError.
"""

from aggregator.fetch.fetcher import Fetcher
from aggregator.fetch.request import Request

__all__ = ["Fetcher", "Request"]
