"""Ctrl+C: the first one stops the run and keeps its model, the second one ends the program at once.

SIGTERM, the system's wish at shutdown, pauses the run: it can be resumed exactly there.
"""

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
def gentle_interrupts(stop: Callable[[], None], pause: Callable[[], None]) -> Iterator[Interrupts]:
    """Inside the block, the first Ctrl+C calls `stop`, the second raises KeyboardInterrupt; SIGTERM calls `pause`."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        interrupts.asked = True
        stop()

    def on_end(number: int, frame: FrameType | None) -> None:
        interrupts.asked = True
        pause()

    before = signal.signal(signal.SIGINT, on_interrupt), signal.signal(signal.SIGTERM, on_end)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
