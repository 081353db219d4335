"""The dial fence: nothing that runs under it can send a packet beyond loopback.

`install()` replaces the outgoing calls of `socket.socket` and the name look-ups of `socket`, and wraps uvloop's own
(they bypass the socket module) and our network backend's as soon as those are imported. A forbidden dial raises DialFenced before the system
call and is recorded in `violations`, so that code which swallows the error is caught as well; a forbidden look-up
fails like an unknown name. Unix sockets and loopback pass. Children inherit the fence through sitecustomize.
"""

import contextlib
import importlib.abc
import importlib.util
import ipaddress
import socket
import sys
from typing import Any

violations: list[str] = []
_installed = False
_DIALS = ("connect", "connect_ex", "sendto", "sendmsg")
_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo")


class DialFenced(RuntimeError):
    """A test tried to reach an address beyond loopback. Not an OSError: no retry or fallback may mistake it for one."""


class NameFenced(socket.gaierror):
    """A test tried to look up a name of the real world; script a resolver instead."""


def is_loopback(host: object) -> bool:
    """Whether `host` is a loopback address literal or a name that never leaves the machine."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    name = text.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def check_dial(family: int, address: Any) -> None:
    """Raise DialFenced unless `address` of `family` stays on this machine."""
    if family == socket.AF_UNIX:
        return
    if family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) and is_loopback(address[0]):
        return
    violations.append(f"{address!r}")
    raise DialFenced(f"the dial fence stopped a packet to {address!r}")


def check_name(host: Any) -> None:
    """Raise NameFenced for a name whose look-up could ask a name server; literals ask nobody."""
    if host in (None, "", b"") or is_loopback(host):
        return
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        with contextlib.suppress(OSError):
            socket.inet_aton(text)  # "0x7f.1" and the like are addresses too
            return
        raise NameFenced(socket.EAI_NONAME, f"the dial fence resolves no {text!r}") from None


def _fenced_dial(name: str) -> Any:
    original = getattr(socket.socket, name)
    position = {"connect": 0, "connect_ex": 0, "sendto": -1, "sendmsg": 3}[name]

    def dial(self: socket.socket, *args: Any) -> Any:
        if position < len(args):  # sendmsg without an address uses a socket that connect has checked
            check_dial(self.family, args[position])
        return original(self, *args)

    dial.__name__ = name
    dial.fenced = True  # type: ignore[attr-defined]
    return dial


def _fenced_lookup(name: str) -> Any:
    original = getattr(socket, name)

    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        check_name(host[0] if isinstance(host, tuple) else host)
        return original(host, *args, **options)

    look_up.__name__ = name
    look_up.fenced = True  # type: ignore[attr-defined]
    return look_up


def _family(host: Any) -> int:
    return socket.AF_INET6 if ":" in str(host) else socket.AF_INET


def fence_uvloop(uvloop: Any) -> None:
    """Check the addresses of uvloop's own dials, which never pass through `socket.socket`."""
    loop = uvloop.Loop

    async def create_connection(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        if host is not None:
            check_dial(_family(host), (host, port))
        return await originals["create_connection"](self, factory, host, port, **options)

    async def create_datagram_endpoint(
        self: Any, factory: Any, local_addr: Any = None, remote_addr: Any = None, **options: Any
    ) -> Any:
        if isinstance(remote_addr, tuple):
            check_dial(_family(remote_addr[0]), remote_addr)
        return await originals["create_datagram_endpoint"](self, factory, local_addr, remote_addr, **options)

    async def sock_connect(self: Any, sock: Any, address: Any) -> Any:
        check_dial(sock.family, address)
        return await originals["sock_connect"](self, sock, address)

    async def sock_sendto(self: Any, sock: Any, data: Any, address: Any) -> Any:
        check_dial(sock.family, address)
        return await originals["sock_sendto"](self, sock, data, address)

    async def getaddrinfo(self: Any, host: Any, port: Any, **options: Any) -> Any:
        check_name(host)
        return await originals["getaddrinfo"](self, host, port, **options)

    fenced = (create_connection, create_datagram_endpoint, sock_connect, sock_sendto, getaddrinfo)
    originals = {function.__name__: getattr(loop, function.__name__) for function in fenced}
    for function in fenced:
        function.fenced = True  # type: ignore[attr-defined]
        setattr(loop, function.__name__, function)


def fence_backend(backend: Any) -> None:
    """Check the addresses that our own network backend dials, whatever event loop does it."""
    original = backend.dial

    async def dial(address: str, port: int) -> Any:
        check_dial(_family(address), (address, port))
        return await original(address, port)

    dial.fenced = True  # type: ignore[attr-defined]
    backend.dial = dial


class _Finder(importlib.abc.MetaPathFinder):
    """Fences a module at the moment it is imported, so that processes which never use it do not pay for it."""

    def __init__(self) -> None:
        self.waiting = {"uvloop": fence_uvloop, "aggregator.fetch.backend": fence_backend}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        fence = self.waiting.pop(name, None)
        spec = importlib.util.find_spec(name) if fence else None
        if fence and spec and spec.loader:
            execute = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                execute(module)
                fence(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def install() -> None:
    """Raise the fence in this process, once."""
    global _installed
    if _installed:
        return
    _installed = True
    for name in _DIALS:
        setattr(socket.socket, name, _fenced_dial(name))
    for name in _LOOKUPS:
        setattr(socket, name, _fenced_lookup(name))
    finder = _Finder()
    for name in finder.waiting.keys() & sys.modules.keys():
        finder.waiting.pop(name)(sys.modules[name])
    sys.meta_path.insert(0, finder)


def is_up() -> bool:
    """Whether every door is still fenced: a test that replaced one must put it back."""
    doors = [getattr(socket.socket, name) for name in _DIALS] + [getattr(socket, name) for name in _LOOKUPS]
    return all(getattr(door, "fenced", False) for door in doors)
