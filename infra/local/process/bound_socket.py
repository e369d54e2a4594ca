"""Loopback sockets that the stage opens and hands to its processes: no port is guessed."""

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
    """A listening socket and where clients find it, also after our copy of the socket is closed."""

    socket: socket.socket = field(repr=False)
    port: int

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def bound_socket(port: int = 0) -> Iterator[BoundSocket]:
    """Listen on loopback, on a port that the system chooses unless one is asked for.

    Raises:
        PortTaken: somebody listens there.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(port) from error
        listener.listen(_BACKLOG)
        yield BoundSocket(listener, listener.getsockname()[1])
