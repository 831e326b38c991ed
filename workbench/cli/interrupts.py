"""Ctrl+C: the first one stops the run and keeps its model, the second one ends the program at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Whether the user asked for the end."""

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def gentle_interrupts(stop: Callable[[], None], say: Callable[[], None]) -> Iterator[Interrupts]:
    """Inside the block, the first Ctrl+C calls `say` and `stop`; the second raises KeyboardInterrupt."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        interrupts.asked = True
        stop()
        say()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
