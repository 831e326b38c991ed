"""Locks between processes. The system lets go of a lock when its process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workbench.store.safe_io import naming

_HELD = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}


class Lock:
    """A lock that this process holds until `release` or its end."""

    def __init__(self, path: Path, file: int) -> None:
        self._path = path
        self._file = file

    def pass_on(self) -> Lock:
        """The same lock for another holder; this one holds it no longer, and its `release` does nothing."""
        file, self._file = self._file, -1
        return Lock(self._path, file)

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
    while True:
        with naming(Path(path)):
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with naming(Path(path)):
                _lock(file)
                if _lies_at(path, file):
                    return Lock(Path(path), file)
        except OSError as error:
            os.close(file)
            if error.errno in _HELD:
                return None
            raise
        except BaseException:
            os.close(file)
            raise
        # Its last holder took the file away between our opening and locking it: such a lock keeps nobody out.
        os.close(file)


def _lies_at(path: str | Path, file: int) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


def patient_lock(path: str | Path, seconds: float = 0.2) -> Lock | None:
    """As `try_lock`, but one that is held only for a moment, to look whether somebody holds it, is waited for."""
    end = time.monotonic() + seconds
    while (lock := try_lock(path)) is None and time.monotonic() < end:
        time.sleep(0.02)
    return lock


@contextmanager
def waiting_lock(path: str | Path, seconds: float = 30.0) -> Iterator[None]:
    """Hold the lock at `path` for the block; wait for it at most `seconds`, then raise TimeoutError."""
    lock = patient_lock(path, seconds)
    if lock is None:
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), str(path))
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
