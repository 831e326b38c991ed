"""Locks between processes. The system lets go of a lock when its process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HELD = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}


class Lock:
    """A lock that this process holds until `release` or its end."""

    def __init__(self, path: Path, file: int) -> None:
        self._path = path
        self._file = file

    def release(self, *, remove: bool = False) -> None:
        """Let go; `remove` takes the lock's file away too. A second time does nothing."""
        if self._file < 0:
            return
        file, self._file = self._file, -1
        # Windows cannot remove an open file, so it goes after closing there; elsewhere before, while still ours.
        if remove and os.name != "nt":
            with suppress(OSError):
                os.unlink(self._path)
        os.close(file)
        if remove and os.name == "nt":
            with suppress(OSError):
                os.unlink(self._path)


def try_lock(path: str | Path) -> Lock | None:
    """The lock at `path`, or None if it is held, by another process or by this one. Raises OSError."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _lock(file)
    except OSError as error:
        os.close(file)
        if error.errno in _HELD:
            return None
        raise
    except BaseException:
        os.close(file)
        raise
    return Lock(Path(path), file)


@contextmanager
def waiting_lock(path: str | Path, seconds: float = 30.0) -> Iterator[None]:
    """Hold the lock at `path` for the block; wait for it at most `seconds`, then raise TimeoutError."""
    end = time.monotonic() + seconds
    while (lock := try_lock(path)) is None:
        if time.monotonic() > end:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), str(path))
        time.sleep(0.02)
    try:
        yield
    finally:
        lock.release()


def is_held(path: str | Path) -> bool:
    """Whether someone alive holds the lock at `path`. Raises OSError, but not for a lock that does not exist."""
    if not os.path.exists(path):
        return False
    lock = try_lock(path)
    if lock is None:
        return True
    lock.release()
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
