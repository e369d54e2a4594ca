"""A process that dies as soon as it opens an internet socket: a seccomp filter of Linux."""

import ctypes
import platform
import struct
import sys

# Numbers of the system call socket(2).
_SOCKET = {"x86_64": 41, "aarch64": 198}
IS_SUPPORTED = sys.platform == "linux" and platform.machine() in _SOCKET

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_NUMBER, _FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data
_INET, _INET6 = 2, 10


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_network() -> None:
    """Let the kernel kill this process (SIGSYS) where it opens an IPv4 or IPv6 socket.

    It cannot be undone, and holds for every thread started later and every child process.

    Raises: OSError, where the kernel does not take the filter.
    """
    instructions = (
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_IF_EQUAL, 0, 4, _SOCKET[platform.machine()]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_JUMP_IF_EQUAL, 1, 0, _INET),
        (_JUMP_IF_EQUAL, 0, 1, _INET6),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    program = ctypes.byref(_Program(len(instructions), code))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _MODE_FILTER, program
    ):
        raise OSError(ctypes.get_errno(), "prctl")
