"""What every test of the window stands on: one application in English, and nothing left behind."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication

from workbench.gui import awake, background, theme
from workbench.gui.languages import set_language


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning of Qt is a failure."""
    for item in items:
        if "gui" in item.path.parts:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints"))  # of the offscreen platform


def _settle() -> None:
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def _active_timers() -> list[QTimer]:
    found = [thing for thing in gc.get_objects() if isinstance(thing, QTimer)]
    return [timer for timer in found if shiboken6.isValid(timer) and timer.isActive()]


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


@pytest.fixture(autouse=True)
def _the_computer_may_sleep(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that train do not ask this computer to stay awake; the tests of that do."""
    if request.path.stem != "test_awake":
        monkeypatch.setattr(awake, "command", lambda: None)


@pytest.fixture(autouse=True)
def _nothing_is_left(qapp: QApplication) -> Iterator[None]:
    """Threads, timers, background work and windows that a test leaves behind fail it."""
    set_language("en")
    theme.apply(qapp, "light")
    timers, threads = {id(timer) for timer in _active_timers()}, _threads()
    yield
    until = time.monotonic() + 5
    while background.busy() and time.monotonic() < until:
        _settle()
        time.sleep(0.01)
    _settle()
    assert background.busy() == 0, "background work was left behind"
    left = [timer for timer in _active_timers() if id(timer) not in timers]
    assert not left, f"timers were left behind: {[timer.parent() for timer in left]}"
    assert not [thread for thread in _threads() - threads if thread.is_alive()], "threads were left behind"
    running = [t for t in gc.get_objects() if isinstance(t, QThread) and shiboken6.isValid(t) and t.isRunning()]
    assert not [thread for thread in running if thread.objectName() == "training"], "a run was left behind"
    set_language("en")
