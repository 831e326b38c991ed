"""Hands for the tests: a real window on a real studio, and what a person does with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from workbench.gui.main_window import MainWindow
from workbench.studio import Studio

CSV = "text,label\n" + "".join(
    f"{word} number {n},{label}\n" for n in range(20) for word, label in (("a good day", "good"), ("a bad day", "bad"))
)


def make_studio(folder: Path) -> Studio:
    """A real studio with nothing in it."""
    return Studio(folder / "workspace", settings_path=folder / "settings.json")


@contextmanager
def window_on(qtbot: Any, studio: Any, *, sample: bool = True) -> Iterator[MainWindow]:
    """The real window, shown, with the first sample open; closed and deleted afterwards."""
    window = MainWindow(studio)
    window.session.prepare = lambda: None  # torch is imported by the tests that train
    window.show()
    qtbot.waitExposed(window)
    if sample:
        window.commands.open_first_sample()
        qtbot.waitUntil(lambda: window.session.profile is not None, timeout=20000)
    try:
        yield window
    finally:
        window.session.stop()
        window.session.bridge.wait(60000)
        qtbot.waitUntil(lambda: window.session.training.ready, timeout=60000)
        window.close()
        window.rest()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        assert not shiboken6.isValid(window)


def child(parent: QWidget, name: str) -> Any:
    """The widget called `name`."""
    found = parent.findChild(QWidget, name)
    assert found is not None, name
    return found


def click(widget: QWidget) -> None:
    """Press the left button in the middle of `widget`."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.rect().center())


def write(box: QWidget, text: str) -> None:
    """Replace what stands in `box` by `text` with the keyboard, and leave with Tab."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


def mime(*paths: Path | str) -> QMimeData:
    """What a file manager drags."""
    data = QMimeData()
    data.setUrls([QUrl(path) if "://" in str(path) else QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drag_over(widget: QWidget, data: QMimeData) -> bool:
    """Hold `data` over `widget`; whether it would be taken."""
    event = QDragEnterEvent(
        QPoint(40, 40), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def drag_away(widget: QWidget) -> None:
    """Leave again without letting go."""
    QApplication.sendEvent(widget, QDragLeaveEvent())


def drop(widget: QWidget, data: QMimeData) -> bool:
    """Drag `data` over `widget` and let go; whether it was taken."""
    drag_over(widget, data)
    event = QDropEvent(
        QPoint(40, 40), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def choose(combo: Any, value: object) -> None:
    """Choose the entry with `value` by the keyboard: arrows up to the top, then down."""
    combo.setFocus()
    wanted = combo.findData(value)
    assert wanted >= 0, value
    QTest.keyClick(combo, Qt.Key.Key_Home)
    for _ in range(wanted):
        QTest.keyClick(combo, Qt.Key.Key_Down)
    assert combo.currentIndex() == wanted


def wait_for(qtbot: Any, condition: Callable[[], bool], timeout: int = 20000) -> None:
    """Wait until `condition` holds."""
    qtbot.waitUntil(condition, timeout=timeout)
