"""How the file is read: sheet, encoding, delimiter, header. Guessed, and changeable with the preview following."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from workbench.core.language import mark, tr
from workbench.gui import theme
from workbench.gui.forms import Combo
from workbench.gui.panels.card import text_label
from workbench.gui.session import Session

_DELIMITERS = {",": mark("comma"), ";": mark("semicolon"), "\t": mark("tab"), "|": mark("vertical bar")}
_ENCODINGS = ("utf-8", "gb18030", "big5", "utf-16", "windows-1252", "shift_jis", "euc-kr")
_TITLES = {"sheet": mark("Sheet"), "encoding": mark("Encoding"), "delimiter": mark("Delimiter")}
_GUESSED = frozenset({"encoding", "delimiter"})


class ReadingForm(QWidget):
    """Shows how the head of the file was understood; a change is read again in the background.

    What makes no sense for a file's kind is hidden: a workbook has sheets, a text an encoding, Parquet nothing.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.sheet, self.encoding, self.delimiter, self.header = Combo(), Combo(), Combo(), QCheckBox()
        self._combos = {"sheet": self.sheet, "encoding": self.encoding, "delimiter": self.delimiter}
        self._labels = {name: text_label(wrap=False) for name in self._combos}
        self._confidence = text_label("muted", "readingConfidence")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.GAP)
        grid.setColumnStretch(1, 1)
        for row, (name, combo) in enumerate(self._combos.items()):
            combo.setObjectName(f"reading{name.capitalize()}")
            self._labels[name].setBuddy(combo)
            grid.addWidget(self._labels[name], row, 0)
            grid.addWidget(combo, row, 1)
            combo.activated.connect(lambda _row, name=name: self._choose(name))
        self.header.setObjectName("readingHeader")
        grid.addWidget(self.header, len(self._combos), 0, 1, 2)
        grid.addWidget(self._confidence, len(self._combos) + 1, 0, 1, 2)
        self.header.clicked.connect(lambda checked: session.set_reading(header=checked))
        session.head_changed.connect(self._show)
        self.retranslate()

    @property
    def first(self) -> QWidget:
        """What the keyboard should go to: the first thing that can be chosen for this file."""
        editors = (*self._combos.values(), self.header)
        return next((editor for editor in editors if not editor.isHidden()), self)

    def _choose(self, name: str) -> None:
        self._session.set_reading(**{name: self._combos[name].currentData()})

    def _show(self, head: Any, _roles: Any) -> None:
        self.setEnabled(head is not None)
        if head is None:
            return
        settings = head.settings
        for name, combo in self._combos.items():
            combo.setVisible(name in settings)
            self._labels[name].setVisible(name in settings)
        self.header.setVisible("header" in settings)
        _fill(self.sheet, [(name, name) for name in head.sheets], head.reading.sheet)
        encodings = dict.fromkeys((*head.encodings, *_ENCODINGS))
        _fill(self.encoding, [(name, name.upper()) for name in encodings], head.reading.encoding)
        known = [(value, tr(title)) for value, title in _DELIMITERS.items()]
        if head.reading.delimiter and head.reading.delimiter not in _DELIMITERS:
            known.append((head.reading.delimiter, head.reading.delimiter))
        _fill(self.delimiter, known, head.reading.delimiter)
        self.header.setChecked(bool(head.reading.header))
        self._confidence.setText("\n".join((*_certainty(head), *head.notes)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        for name, title in _TITLES.items():
            self._labels[name].setText(tr(title))
            self._combos[name].setAccessibleName(tr(title))
        self.header.setText(tr("The first row holds the names"))
        self._show(self._session.head, self._session.roles)


def _certainty(head: Any) -> tuple[str, ...]:
    """How sure the guess is, where something was guessed."""
    if not head.settings:
        return (tr("The file itself says how it is read; there is nothing to choose."),)
    if _GUESSED.isdisjoint(head.settings):
        return ()
    return (tr("Detected, {percent} % sure.", percent=f"{head.confidence * 100:.0f}"),)


def _fill(combo: Combo, entries: list[tuple[str, str]], chosen: str | None) -> None:
    combo.clear()
    for value, title in entries:
        combo.addItem(title, value)
    combo.setCurrentIndex(combo.findData(chosen))
