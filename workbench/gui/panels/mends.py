"""What is done to the rows before the model sees them: the mends of the plan, in their order, each with a way out."""

from __future__ import annotations

from collections import Counter
from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from workbench.core.language import tr, trn
from workbench.gui import theme
from workbench.gui.panels.card import text_label

_REASONS = 5  # that are listed
_COUNTED = 200_000  # rows: more would keep the window waiting


class MendsView(QWidget):
    """Lists mends; hidden while there are none. `remove_requested(place)` when one is to be taken out."""

    remove_requested = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("mends")
        self.buttons: list[QToolButton] = []
        self._titles: tuple[str, ...] = ()
        self._reasons: tuple[tuple[str, int], ...] = ()
        self._heading = text_label("small")
        self._left_out = text_label("muted", "mendsLeftOut")
        self._note = text_label("muted", "mendsNote")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.GAP)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.SPACE, 0, theme.SPACE)
        column.setSpacing(theme.SPACE)
        column.addWidget(self._heading)
        column.addLayout(self._grid)
        column.addWidget(self._left_out)
        column.addWidget(self._note)
        theme.notifier.changed.connect(self._redraw)
        self.retranslate()
        self.hide()

    def show_mends(self, titles: tuple[str, ...], reasons: tuple[tuple[str, int], ...] = ()) -> None:
        """Show `titles` in their order, and the (reason, rows) for which rows are left out."""
        if titles != self._titles:
            focus = next((place for place, button in enumerate(self.buttons) if button.hasFocus()), None)
            self._titles = titles
            while (item := self._grid.takeAt(0)) is not None:
                item.widget().hide()
                item.widget().deleteLater()
            self.buttons = [self._add(place, title) for place, title in enumerate(titles)]
            self.setVisible(bool(titles))
            if focus is not None and self.buttons:
                self.buttons[min(focus, len(self.buttons) - 1)].setFocus()
        self._reasons = reasons
        self.retranslate()

    def _add(self, place: int, title: str) -> QToolButton:
        number, words, button = text_label("muted", wrap=False), text_label("small", f"mend-{place}"), QToolButton()
        number.setText(f"{place + 1}.")
        words.setText(title)
        button.setObjectName(f"removeMend-{place}")
        button.setProperty("role", "icon")
        button.setIcon(theme.icon("close"))
        button.clicked.connect(lambda: self.remove_requested.emit(place))
        cells: tuple[QLabel | QToolButton, ...] = (number, words, button)
        for column, cell in enumerate(cells):
            self._grid.addWidget(cell, place, column)
            cell.show()  # at once: it may be given the focus
        return button

    def _redraw(self) -> None:
        for button in self.buttons:
            button.setIcon(theme.icon("close"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text of its own in the language spoken now; whoever shows mends brings their titles."""
        self._heading.setText(tr("What is done to the rows"))
        lines = [
            trn(
                "{rows} row left out: {reason}", "{rows} rows left out: {reason}", rows, rows=f"{rows:,}", reason=reason
            )
            for reason, rows in self._reasons
        ]
        self._left_out.setText("\n".join(lines))
        self._left_out.setVisible(bool(lines))
        self._note.setText(tr("In this order, before the model sees them. The file itself is never changed."))
        for button, title in zip(self.buttons, self._titles, strict=True):
            button.setAccessibleName(tr("Take out: {mend}", mend=title))
            button.setToolTip(tr("Take out: {mend}", mend=title))


def left_out(profile: Any) -> tuple[tuple[str, int], ...]:
    """(reason, rows) of the rows that `profile` counts as skipped, the commonest reasons first."""
    counts = Counter(row.reason for row in profile.skipped[:_COUNTED])
    return tuple(counts.most_common(_REASONS))
