"""Where connections are made: only addresses that the guard has checked are dialled, and only here."""

import asyncio
import contextlib
from collections.abc import Sequence

import httpx

from aggregator.fetch.http1 import Connection

NEXT_ADDRESS_AFTER = 3.0
"""Seconds until the next address of a name is tried when one does not answer."""
MAX_ADDRESSES = 4


async def dial(address: str, port: int) -> Connection:
    """Connect to an address literal; the only place in the program that opens a connection to a publisher."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, address, port)
    return connection


async def dial_first(addresses: Sequence[str], port: int) -> Connection:
    """Connect to the first address that answers. Raises httpx.ConnectError."""
    *others, last = addresses[:MAX_ADDRESSES]
    for address in others:
        with contextlib.suppress(OSError):  # TimeoutError is one
            async with asyncio.timeout(NEXT_ADDRESS_AFTER):
                return await dial(address, port)
    try:
        return await dial(last, port)
    except OSError as error:
        raise httpx.ConnectError(str(error)) from error
