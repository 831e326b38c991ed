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


class GivenUpError(Exception):
    """Nobody waits for the answer of this work any more."""


class Ticket:
    """One piece of work under way. After `cancel` neither `done` nor `failed` comes; the work may `check` for it.

    `ended` comes in any case, when the work no longer runs.
    """

    def __init__(
        self,
        owner: QObject,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None,
        ended: Callable[[], None] | None = None,
    ) -> None:
        self._owner = weakref.ref(owner)
        self._done = done
        self._failed = failed
        self._ended = ended
        self.cancelled = False
        self.finished = False

    def cancel(self) -> None:
        """Forget the work: its answer is not told. Work that asks `cancelled` may end early."""
        self.cancelled = True

    def check(self) -> None:
        """Raise GivenUpError once the work is cancelled. For the work, in its thread."""
        if self.cancelled:
            raise GivenUpError

    def deliver(self, answer: Any, error: Exception | None) -> None:
        """Call the fitting callbacks, unless nobody is left to hear them. For this module."""
        self.finished = True
        done, failed, ended = self._done, self._failed, self._ended
        self._done, self._failed, self._ended = _nothing, None, None
        owner = self._owner()
        if owner is None or not shiboken6.isValid(owner):
            return
        cancelled = self.cancelled
        if ended is not None:
            ended()
        if cancelled:
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
    *,
    ended: Callable[[], None] | None = None,
) -> Ticket:
    """Run `work` in a thread of the pool, then `done(answer)` or `failed(error)` on the GUI thread.

    Call it on the GUI thread. No callback comes after `owner` is destroyed; once the ticket is cancelled only `ended`
    comes, which is called first in any case. Without `failed` the error is raised on the GUI thread, where the
    application's hook for bugs sees it.
    """
    ticket = Ticket(owner, done, failed, ended)
    _start(ticket, work)
    return ticket


def _start(ticket: Ticket, work: Callable[[], Any]) -> None:
    desk = _the_desk()
    task = _Work(ticket, work, desk)
    desk.under_way.add(task)
    desk.pool.start(task)


class Lane:
    """Work of which one piece at most runs: a newer one cancels the older one and begins when that has ended.

    So that long work cannot fill the pool, where a run or an answer would have to wait for it.
    """

    def __init__(self, owner: QObject) -> None:
        self._owner = owner
        self._ticket: Ticket | None = None
        self._next: Callable[[], Ticket] | None = None

    def submit(
        self,
        work: Callable[[Ticket], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """As the function `submit`; `work` is given its ticket, and should `check` it often."""

        def begin() -> Ticket:
            ticket = Ticket(self._owner, done, failed, self._ended)
            _start(ticket, lambda: work(ticket))
            return ticket

        if self._ticket is None:
            self._ticket = begin()
        else:
            self._ticket.cancel()
            self._next = begin

    def cancel(self) -> None:
        """Give up what runs and what waits."""
        self._next = None
        if self._ticket is not None:
            self._ticket.cancel()

    def _ended(self) -> None:
        begin, self._next = self._next, None
        self._ticket = begin() if begin is not None else None


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
