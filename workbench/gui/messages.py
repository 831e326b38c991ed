"""What the user is told: banners that stay, one toast that goes, one dialog for a decision. All are kept in a list."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.dialogs import Action, decide, show_details
from workbench.gui.toast import Toast, close_button, toast_milliseconds

__all__ = ["Action", "Banner", "Messages", "Severity", "Toast", "Told", "decide", "show_details", "toast_milliseconds"]

Severity = Literal["info", "success", "warning", "danger"]
_REPEAT = 10.0  # seconds in which the same text is told once
_KEPT = 200
_BANNERS = 3


class Told(Struct, frozen=True):
    """One message of the past: when (seconds since 1970), how grave, what."""

    when: float
    severity: Severity
    text: str


class Banner(QFrame):
    """A message inside the window that stays until it is closed or its cause is gone."""

    closed = Signal()

    def __init__(self, key: str, text: str, severity: Severity, actions: Sequence[Action], details: str) -> None:
        super().__init__()
        self.key, self.text = key, text
        self.setObjectName(f"banner-{key}")
        self.setProperty("role", severity)
        self.setAccessibleName(text)
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close = close_button()
        close.clicked.connect(self.closed)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(label, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.PAD, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        column.addLayout(row)
        buttons = QHBoxLayout()
        for caption, call in actions:
            buttons.addWidget(_action_button(caption, call, self.closed.emit))
        if details:
            buttons.addWidget(self._details_button(details))
        buttons.addStretch()
        if buttons.count() > 1:
            column.addLayout(buttons)

    def _details_button(self, details: str) -> QPushButton:
        button = QPushButton(tr("Show details"))
        button.setObjectName("showDetails")
        button.setProperty("role", "quiet")
        button.clicked.connect(lambda: show_details(self, self.text, details))
        return button


class Messages(QWidget):
    """The banners at the head of the page, and the toast. Everything told is kept in `past`."""

    def __init__(self, window: QWidget) -> None:
        super().__init__()
        self.setObjectName("messages")
        self.toast = Toast(window)
        self.toast.closed.connect(self._next_toast)
        self._waiting: deque[tuple[str, Callable[[], None] | None]] = deque()
        self.past: deque[Told] = deque(maxlen=_KEPT)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GAP)
        self.hide()

    @property
    def banners(self) -> list[Banner]:
        """The banners that are shown, the latest first."""
        widgets = (self._column.itemAt(row).widget() for row in range(self._column.count()))
        return [widget for widget in widgets if isinstance(widget, Banner)]

    def banner(
        self, key: str, text: str, severity: Severity = "info", actions: Sequence[Action] = (), details: str = ""
    ) -> None:
        """Show a banner; another one with the same `key` is replaced."""
        self.clear(key)
        banner = Banner(key, text, severity, actions, details)
        banner.closed.connect(lambda: self.clear(key))
        self._column.insertWidget(0, banner)
        for old in self.banners[_BANNERS:]:
            self.clear(old.key)
        self.show()
        self._keep(severity, text)
        announce(self, text, urgent=severity == "danger")

    def clear(self, key: str) -> None:
        """Take the banner `key` away."""
        for banner in self.banners:
            if banner.key == key:
                had_focus = banner.isAncestorOf(self.window().focusWidget()) if self.window().focusWidget() else False
                self._column.removeWidget(banner)
                banner.hide()
                banner.deleteLater()
                if had_focus:
                    self.window().setFocus()
        self.setVisible(bool(self.banners))

    def notify(self, text: str, undo: Callable[[], None] | None = None) -> None:
        """Show a toast: one at a time, and the same text at most once in ten seconds (unless it can be undone)."""
        now = time.time()
        if undo is None and any(told.text == text and now - told.when < _REPEAT for told in self.past):
            return
        self._keep("info", text)
        if self.toast.isVisible():
            self._waiting.append((text, undo))
            return
        self.toast.tell(text, undo)
        announce(self.toast, text)

    def problems(self, key: str, problems: Sequence[Problem], actions: Sequence[Action] = ()) -> None:
        """Show what the user can mend, all at once."""
        worst: Severity = "danger" if any(problem.severity == "error" for problem in problems) else "warning"
        self.banner(key, "\n".join(str(problem) for problem in problems), worst, actions)

    def error(self, key: str, error: BaseException, details: str = "", actions: Sequence[Action] = ()) -> None:
        """Show `error`: in its own words if the user can mend it, else as our bug with details."""
        if isinstance(error, WorkbenchError):
            self.problems(key, error.problems, actions)
            return
        text = tr("Something in Model Workbench went wrong. Your files are safe.")
        self.banner(key, text, "danger", actions, details or f"{type(error).__name__}: {error}")

    def _next_toast(self) -> None:
        if self._waiting:
            text, undo = self._waiting.popleft()
            self.toast.tell(text, undo)

    def _keep(self, severity: Severity, text: str) -> None:
        self.past.append(Told(time.time(), severity, text))


def _action_button(caption: str, call: Callable[[], None], after: Callable[[], None]) -> QPushButton:
    button = QPushButton(caption)

    def press() -> None:
        after()
        call()

    button.clicked.connect(press)
    return button
