"""Work off the GUI thread: `submit` it, and its answer comes back on the GUI thread."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

T = TypeVar("T")

_STACK = 16 * 2**20  # macOS gives secondary threads 512 KiB, too little for importing large libraries
_THREADS = 4


class Ticket:
    """One piece of work under way. After `cancel` no callback comes any more; the work may ask `cancelled`."""

    def __init__(self, owner: QObject, done: Callable[[Any], None], failed: Callable[[Exception], None] | None) -> None:
        self._owner = weakref.ref(owner)
        self._done = done
        self._failed = failed
        self.cancelled = False
        self.finished = False

    def cancel(self) -> None:
        """Forget the work: its callbacks are not called. Work that asks `cancelled` may end early."""
        self.cancelled = True

    def deliver(self, answer: Any, error: Exception | None) -> None:
        """Call the fitting callback, unless nobody is left to hear it. For this module."""
        self.finished = True
        done, failed = self._done, self._failed
        self._done, self._failed = _nothing, None
        owner = self._owner()
        if self.cancelled or owner is None or not shiboken6.isValid(owner):
            return
        if error is None:
            done(answer)
        elif failed is not None:
            failed(error)
        else:
            raise error


def _nothing(_answer: Any) -> None:
    pass


class _Work(QRunnable):
    def __init__(self, ticket: Ticket, work: Callable[[], Any], desk: _Desk) -> None:
        super().__init__()
        self.setAutoDelete(False)
        self._ticket, self._work, self._desk = ticket, work, desk

    def run(self) -> None:
        answer: Any = None
        error: Exception | None = None
        if not self._ticket.cancelled:
            try:
                answer = self._work()
            except Exception as caught:
                error = caught
            except BaseException as caught:  # the fast tokenizers panic past `except Exception`
                error = RuntimeError(f"{type(caught).__name__}: {caught}")
        self._desk.answers.append((self, self._ticket, answer, error))
        if shiboken6.isValid(self._desk):
            self._desk.poked.emit()


class _Desk(QObject):
    """Lives on the GUI thread and hands the answers out there."""

    poked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.answers: deque[tuple[_Work, Ticket, Any, Exception | None]] = deque()
        self.under_way: set[_Work] = set()
        self.pool = QThreadPool(self)
        self.pool.setMaxThreadCount(_THREADS)
        self.pool.setStackSize(_STACK)
        self.poked.connect(self._hand_out, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def _hand_out(self) -> None:
        while self.answers:
            work, ticket, answer, error = self.answers.popleft()
            self.under_way.discard(work)
            ticket.deliver(answer, error)


_desk: _Desk | None = None


def _the_desk() -> _Desk:
    global _desk
    if _desk is None or not shiboken6.isValid(_desk):
        _desk = _Desk()
    return _desk


def submit(
    owner: QObject,
    work: Callable[[], T],
    done: Callable[[T], None],
    failed: Callable[[Exception], None] | None = None,
) -> Ticket:
    """Run `work` in a thread of the pool, then `done(answer)` or `failed(error)` on the GUI thread.

    Call it on the GUI thread. No callback comes after `owner` is destroyed or the ticket is cancelled. Without
    `failed` the error is raised on the GUI thread, where the application's hook for bugs sees it.
    """
    desk = _the_desk()
    ticket = Ticket(owner, done, failed)
    task = _Work(ticket, work, desk)
    desk.under_way.add(task)
    desk.pool.start(task)
    return ticket


def finish(milliseconds: int) -> bool:
    """Drop what has not begun and wait for the rest. True if all of it ended in time."""
    if _desk is None or not shiboken6.isValid(_desk):
        return True
    _desk.pool.clear()
    ended = _desk.pool.waitForDone(milliseconds)
    _desk.answers.clear()
    _desk.under_way.clear() if ended else None
    return ended


def busy() -> int:
    """How many pieces of work have not delivered their answer yet."""
    return 0 if _desk is None or not shiboken6.isValid(_desk) else len(_desk.under_way)
