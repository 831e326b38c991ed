"""A disk that fails, or ends the process, at the n-th call: wherever in Python the call comes from."""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EDQUOT, errno.EMFILE)
CALLS: dict[str, tuple[tuple[Any, str], ...]] = {
    "open": ((os, "open"), (builtins, "open"), (io, "open")),
    "write": ((os, "write"),),
    "fsync": ((os, "fsync"),),
    "rename": ((os, "rename"), (os, "replace")),
    "unlink": ((os, "unlink"), (os, "remove"), (os, "rmdir")),
    "mkdir": ((os, "mkdir"),),
    "stat": ((os, "stat"), (os, "lstat"), (os, "fstat"), (os, "scandir"), (os, "listdir")),
}
Real = Callable[..., Any]


@dataclass
class Seen:
    """How many calls there were, and which one was hit ("" if none)."""

    calls: int = 0
    hit: str = ""


@contextmanager
def disk(
    hit: Callable[[str, Real, tuple[Any, ...], dict[str, Any]], Any], number: int, lasting: bool
) -> Iterator[Seen]:
    """For the block, call `hit(name, real, arguments, options)` for the n-th call, and for later ones if `lasting`."""
    seen = Seen()
    restore = [(home, name, getattr(home, name)) for places in CALLS.values() for home, name in places]

    def watched(kind: str, real: Real) -> Real:
        def call(*arguments: Any, **options: Any) -> Any:
            seen.calls += 1
            if seen.calls == number or (lasting and seen.calls > number):
                seen.hit = seen.hit or kind
                return hit(kind, real, arguments, options)
            return real(*arguments, **options)

        return call

    for kind, places in CALLS.items():
        for home, name in places:
            setattr(home, name, watched(kind, getattr(home, name)))
    try:
        yield seen
    finally:
        for home, name, real in restore:
            setattr(home, name, real)


@contextmanager
def faults(number: int, error: int, *, lasting: bool = False) -> Iterator[Seen]:
    """For the block, the n-th call of the disk fails with `error`; `lasting`: and every one after it."""

    def fail(kind: str, real: Real, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        path = arguments[0] if arguments and not isinstance(arguments[0], int) else None
        raise OSError(error, os.strerror(error), path)

    with disk(fail, number, lasting) as seen:
        yield seen


@contextmanager
def short_writes(number: int) -> Iterator[Seen]:
    """For the block, the n-th call writes only half of what it should, if it is a write."""

    def half(kind: str, real: Real, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if kind != "write":
            return real(*arguments, **options)
        file, data = arguments
        return real(file, bytes(data)[: max(1, len(data) // 2)])

    with disk(half, number, lasting=False) as seen:
        yield seen


def killed_at(number: int, work: Callable[[], None], *, torn: bool = False) -> bool:
    """Do `work` in a child process that is killed before its n-th call. Returns whether it was, or came to its end.

    `torn`: if that call is a write, half of it is still written.
    """

    def kill(kind: str, real: Real, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if torn and kind == "write":
            real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    def doomed() -> None:
        with disk(kill, number, lasting=False):
            work()

    status = os.waitpid(child(doomed), 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"the child failed with status {status}"
    return os.WIFSIGNALED(status)


def child(work: Callable[[], None]) -> int:
    """Start `work` in a child process; its exit status is 0, or 1 if it raises. Returns the process's id."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return process
