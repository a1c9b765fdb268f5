"""No network, ever: a guard over this process, and the proof that it holds.

Two of them.  Python's own audit hook refuses every connection, datagram and name
look-up, on every system.  On Linux the kernel refuses network sockets to the whole
process besides (a seccomp filter), so that native code and the processes started
from here are bound as well.  A socket that is only opened or bound, as some
libraries do to learn whether there is IPv6, is no connection.
"""

from __future__ import annotations

import ctypes
import platform
import socket
import struct
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping

from core.messages import say
from desktop.channel import Guard

_REACHING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKING_UP = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"})
# Addresses that documentation uses: nobody is there, should a guard not hold.
_NOBODY, _NOBODY_6, _NAME = "192.0.2.1", "2001:db8::1", "vademecum.invalid"

# Machine -> (its number in AUDIT_ARCH, its number of socket(2), its number of seccomp(2)).
_MACHINES = {"x86_64": (0xC000003E, 41, 317), "aarch64": (0xC00000B7, 198, 277)}
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # 13: EACCES
_SET_NO_NEW_PRIVILEGES, _SET_FILTER, _ALL_THREADS = 38, 1, 1

# Of the whole process, as the guard itself is.
_attempts: Counter[str] = Counter()
_proving = threading.local()


class NetworkForbidden(PermissionError):
    """Something in this process tried to reach a network."""


def forbid_network() -> None:
    """From now on this process, for as long as it lives, reaches nothing but sockets of this very machine's files.

    Call it before other threads are started and once only.
    """
    sys.addaudithook(_guard)
    _bar_sockets()


def attempts() -> Mapping[str, int]:
    """What Python code of this process tried to reach a network with since the guard stands, the proofs apart."""
    return dict(_attempts)


def prove_offline(language: str) -> tuple[Guard, ...]:
    """Tries to get out, each way, and tells what became of it."""
    tried: tuple[tuple[str, Callable[[], object]], ...] = (
        ("guard_ipv4", lambda: _connect(socket.AF_INET, (_NOBODY, 443))),
        ("guard_ipv6", lambda: _connect(socket.AF_INET6, (_NOBODY_6, 443))),
        ("guard_names", lambda: socket.getaddrinfo(_NAME, 443)),
        ("guard_datagrams", _send_datagram),
    )
    _proving.now = True  # of this thread alone
    try:
        guards = [_outcome(key, _is_refused(attempt), language) for key, attempt in tried]
        if sys.platform == "linux":
            guards.append(_outcome("guard_native", _native_socket_is_refused(), language))
    finally:
        _proving.now = False
    return tuple(guards)


def _outcome(key: str, held: bool, language: str) -> Guard:
    result = say("guard_held" if held else "guard_open", language)
    return Guard(say("guard_line", language, tried=say(key, language), result=result), held)


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event in _REACHING:
        endpoint, address = arguments[0], arguments[-1]
        if getattr(endpoint, "family", None) == getattr(socket, "AF_UNIX", -1):
            return
        # Windows has no other way to make a pair of sockets than over its own loopback.
        if sys.platform == "win32" and isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1"):
            return
        raise _forbidden(event)
    if event in _LOOKING_UP:
        raise _forbidden(event)


def _forbidden(event: str) -> NetworkForbidden:
    if not getattr(_proving, "now", False):
        _attempts[event] += 1
    return NetworkForbidden(f"{event} is not allowed here")


def _bar_sockets() -> None:
    """Have the kernel refuse every socket that is not AF_UNIX, where it can."""
    machine = _MACHINES.get(platform.machine()) if sys.platform == "linux" else None
    if machine is None:
        return
    architecture, number_of_socket, number_of_seccomp = machine
    # Classic BPF over struct seccomp_data: the call at 0, the architecture at 4, the first argument at 16.
    steps = (
        (_LOAD, 0, 0, 4),
        (_IF_EQUAL, 0, 5, architecture),
        (_LOAD, 0, 0, 0),
        (_IF_EQUAL, 0, 3, number_of_socket),
        (_LOAD, 0, 0, 16),
        (_IF_EQUAL, 1, 0, int(socket.AF_UNIX)),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    # An old or confined kernel says no; then the first guard stands alone, and the proof says so.
    system.syscall(ctypes.c_long(number_of_seccomp), _SET_FILTER, _ALL_THREADS, program)


def _is_refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except PermissionError:
        return True
    except OSError:  # it failed, but not by a guard: without a cable it would have looked the same
        return False
    return False


def _connect(family: int, address: tuple[str, int]) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.settimeout(1.0)
        made.connect(address)


def _send_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"vademecum", (_NOBODY, 53))


def _native_socket_is_refused() -> bool:
    system = ctypes.CDLL(None, use_errno=True)
    made = int(system.socket(int(socket.AF_INET), int(socket.SOCK_STREAM), 0))
    if made >= 0:
        system.close(made)
    return made < 0
