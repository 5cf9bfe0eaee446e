"""Serving of the demo over HTTP, by uvicorn."""

from __future__ import annotations

import contextlib
import importlib
import socket
from collections.abc import Callable, Mapping
from typing import Any

from keras_sounddream.errors import InputError, MissingPackageError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CONNECTIONS = 200  # at once; whoever comes then is told to come back
_KEEP_ALIVE = 5  # s, of a connection on which nothing is asked


def check_packages() -> None:
    """Raises `MissingPackageError` if a package that serves is not installed."""
    for name in ("starlette", "uvicorn"):
        try:
            importlib.import_module(name)
        except ImportError:
            raise MissingPackageError(name, "The demo server", "demo") from None


def check_host(host: str, to_others: bool) -> None:
    """Checks that a server that others can reach is meant to be one.

    Raises:
        InputError: if `host` is not of this machine alone, and `to_others` is not set.
    """
    if host not in LOOPBACK and not to_others:
        raise InputError(
            f"Others can reach a server on {host}: add --to-others if they may. Without, it is "
            "reached from this machine alone, on 127.0.0.1."
        )


def serve(
    networks: Mapping[str, Any],
    styles: Mapping[str, Any],
    host: str,
    port: int,
    began: Callable[[str], None],
) -> None:
    """Serves the demo until it is interrupted.

    Args:
        networks: `Network`s by name.
        styles: `Style`s by name.
        host: address to listen on.
        port: to listen on; 0 for any that is free.
        began: called with the page's address when the server listens.

    Raises:
        InputError: if the port is taken.
    """
    import uvicorn

    from keras_sounddream.web.server.app import Demo
    from keras_sounddream.web.server.limits import Limits

    hosts = LOOPBACK if host in LOOPBACK else ("*",)
    app = Demo(networks, Limits(), [*hosts, "[::1]"], styles).app
    settings: dict[str, Any] = {
        "log_level": "warning",
        "limit_concurrency": _CONNECTIONS,
        "timeout_keep_alive": _KEEP_ALIVE,
        "server_header": False,
    }
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, **settings))
    with _listening(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        began(f"http://{shown}:{listener.getsockname()[1]}/")
        with contextlib.suppress(KeyboardInterrupt):  # the way to end it
            server.run(sockets=[listener])


def _listening(host, port):
    """A socket that listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"Cannot listen on {host}, port {port}: {reason}. Name another.") from None
