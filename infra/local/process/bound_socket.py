"""Loopback sockets that the stage binds and hands to its processes: no port is guessed."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.local.errors import PortTaken

if TYPE_CHECKING:
    from collections.abc import Iterator

_BACKLOG = 512


@dataclass(frozen=True, slots=True)
class BoundSocket:
    """A listening socket and its address, which stays valid after our copy is closed."""

    socket: socket.socket = field(repr=False)
    port: int

    @property
    def url(self) -> str:
        """The address for clients, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def bound_socket(port: int = 0) -> Iterator[BoundSocket]:
    """Listen on a port of loopback; 0 is any free one.

    Raises:
        PortTaken: another process listens on that port.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(port) from error
        server.listen(_BACKLOG)
        yield BoundSocket(server, server.getsockname()[1])
