"""The dial fence is active (checklist row 47): no test, child process or event loop can reach beyond loopback."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import dialfence
import pytest
import uvloop

PUBLIC_V4 = ("192.0.2.1", 9)
PUBLIC_V6 = ("2001:db8::1", 9)
BEYOND = [
    (socket.AF_INET, PUBLIC_V4),
    (socket.AF_INET6, (*PUBLIC_V6, 0, 0)),
    (socket.AF_INET, ("0.0.0.0", 9)),
    (socket.AF_INET6, ("::ffff:192.0.2.1", 9, 0, 0)),
    (socket.AF_INET, ("example.org", 9)),
]
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.parametrize(("family", "address"), BEYOND)
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_socket_dials_nothing_beyond_loopback(
    family: int, address: tuple[Any, ...], kind: int, dial_fence: list[str]
) -> None:
    """Row 47."""
    with socket.socket(family, kind) as sock:
        for dial in (sock.connect, sock.connect_ex):
            with pytest.raises(dialfence.DialFenced):
                dial(address)
        with pytest.raises(dialfence.DialFenced):
            sock.sendto(b"x", address)
        with pytest.raises(dialfence.DialFenced):
            sock.sendto(b"x", 0, address)
        with pytest.raises(dialfence.DialFenced):
            sock.sendmsg([b"x"], [], 0, address)
    assert len(dial_fence) == 5
    dial_fence.clear()


def test_loopback_and_unix_sockets_pass(tmp_path: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)


@pytest.mark.parametrize("look_up", [socket.gethostbyname, lambda name: socket.getaddrinfo(name, 80)])
def test_names_of_the_real_world_do_not_resolve(look_up: Callable[[str], Any]) -> None:
    """Row 47."""
    with pytest.raises(dialfence.NameFenced):
        look_up("example.org")
    assert look_up("localhost")


async def _connect(loop: asyncio.AbstractEventLoop) -> None:
    await loop.create_connection(asyncio.Protocol, *PUBLIC_V4)


async def _sock_connect(loop: asyncio.AbstractEventLoop) -> None:
    with socket.socket() as sock:
        sock.setblocking(False)
        await loop.sock_connect(sock, PUBLIC_V4)


async def _datagram(loop: asyncio.AbstractEventLoop) -> None:
    await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=PUBLIC_V6)


@pytest.mark.parametrize("new_loop", LOOPS)
@pytest.mark.parametrize("dial", [_connect, _sock_connect, _datagram])
def test_both_event_loops_are_fenced(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
    dial: Callable[[asyncio.AbstractEventLoop], Coroutine[Any, Any, None]],
    dial_fence: list[str],
) -> None:
    """Row 47: uvloop dials without the socket module, so it is fenced by itself."""
    loop = new_loop()
    try:
        with pytest.raises(dialfence.DialFenced):
            loop.run_until_complete(dial(loop))
    finally:
        loop.close()
    assert dial_fence
    dial_fence.clear()


@pytest.mark.parametrize("new_loop", LOOPS)
def test_event_loops_resolve_no_real_names(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """Row 47."""
    loop = new_loop()
    try:
        with pytest.raises(socket.gaierror):
            loop.run_until_complete(loop.getaddrinfo("example.org", 80))
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


CHILD = """
import {first}, dialfence, asyncio, socket
try:
    {dial}
except dialfence.DialFenced:
    print("fenced")
"""


@pytest.mark.parametrize(
    ("first", "dial"),
    [
        ("socket", "socket.create_connection(('192.0.2.1', 9))"),
        ("uvloop", "uvloop.run(asyncio.wait_for(asyncio.open_connection('192.0.2.1', 9), 1))"),
    ],
)
def test_child_processes_are_fenced(first: str, dial: str) -> None:
    """Row 47: a child started by a test inherits the fence."""
    code = CHILD.format(first=first, dial=dial)
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (child.stdout.strip(), child.returncode) == ("fenced", 0), child.stderr
