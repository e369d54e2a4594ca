"""Reads the processes of a stage and their listening addresses from Linux's /proc."""

import contextlib
import ipaddress
import struct
from collections.abc import Collection
from pathlib import Path

import pytest

PROC = Path("/proc")
LISTENING = "0A"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def processes_in(directory: Path) -> set[int]:
    """Return the processes whose temporary files are in a directory."""
    return {pid for pid in _pids() if str(directory).encode() in _read(pid, "environ")}


def processes_below(parents: Collection[int]) -> set[int]:
    """Return the descendants of these processes."""
    parent_of = {pid: int(_read(pid, "stat").rpartition(b")")[2].split()[1]) for pid in _pids()}
    below: set[int] = set()
    while new := {p for p, up in parent_of.items() if up in {*parents, *below}} - below:
        below |= new
    return below


def listening_addresses(pids: Collection[int]) -> list[Address]:
    """Return the addresses of all TCP sockets on which these processes listen."""
    sockets = {
        link
        for pid in pids
        for descriptor in (PROC / str(pid) / "fd").iterdir()
        for link in [_target(descriptor)]
        if link.startswith("socket:")
    }
    addresses: list[Address] = []
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and f"socket:[{fields[9]}]" in sockets:
                addresses.append(_address(fields[1].partition(":")[0]))
    return addresses


def _pids() -> list[int]:
    if not PROC.is_dir():
        pytest.skip("processes and sockets are looked up in /proc, which only Linux has")
    return [
        int(entry.name)
        for entry in PROC.iterdir()
        if entry.name.isdecimal() and _read(int(entry.name), "stat")
    ]


def _read(pid: int, name: str) -> bytes:
    with contextlib.suppress(OSError):  # it ended meanwhile, or is not ours
        return (PROC / str(pid) / name).read_bytes()
    return b""


def _target(link: Path) -> str:
    with contextlib.suppress(OSError):  # closed meanwhile
        return str(link.readlink())
    return ""


def _address(text: str) -> Address:
    """Parse an address, which the kernel writes as hexadecimal words in its byte order."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    return ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))
