"""How the file is read: encoding, delimiter, header. Guessed, and changeable with the preview following at once."""

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


class ReadingForm(QWidget):
    """Shows how the head of the file was understood; a change is read again in the background."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.encoding, self.delimiter, self.header = Combo(), Combo(), QCheckBox()
        self.encoding.setObjectName("readingEncoding")
        self.delimiter.setObjectName("readingDelimiter")
        self.header.setObjectName("readingHeader")
        self._labels = (text_label(wrap=False), text_label(wrap=False))
        self._confidence = text_label("muted", "readingConfidence")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.GAP)
        grid.setColumnStretch(1, 1)
        for row, (label, combo) in enumerate(zip(self._labels, (self.encoding, self.delimiter), strict=True)):
            label.setBuddy(combo)
            grid.addWidget(label, row, 0)
            grid.addWidget(combo, row, 1)
        grid.addWidget(self.header, 2, 0, 1, 2)
        grid.addWidget(self._confidence, 3, 0, 1, 2)
        self.encoding.activated.connect(lambda _row: session.set_reading(encoding=self.encoding.currentData()))
        self.delimiter.activated.connect(lambda _row: session.set_reading(delimiter=self.delimiter.currentData()))
        self.header.clicked.connect(lambda checked: session.set_reading(header=checked))
        session.head_changed.connect(self._show)
        self.retranslate()

    def _show(self, head: Any, _roles: Any) -> None:
        self.setEnabled(head is not None)
        if head is None:
            return
        encodings = dict.fromkeys((*head.encodings, *_ENCODINGS))
        _fill(self.encoding, [(name, name.upper()) for name in encodings], head.reading.encoding)
        known = [(value, tr(title)) for value, title in _DELIMITERS.items()]
        if head.reading.delimiter and head.reading.delimiter not in _DELIMITERS:
            known.append((head.reading.delimiter, head.reading.delimiter))
        _fill(self.delimiter, known, head.reading.delimiter)
        self.header.setChecked(bool(head.reading.header))
        notes = [tr("Detected, {percent} % sure.", percent=f"{head.confidence * 100:.0f}"), *head.notes]
        self._confidence.setText("\n".join(notes))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self._labels[0].setText(tr("Encoding"))
        self._labels[1].setText(tr("Delimiter"))
        self.encoding.setAccessibleName(tr("Encoding"))
        self.delimiter.setAccessibleName(tr("Delimiter"))
        self.header.setText(tr("The first row holds the names"))
        self._show(self._session.head, self._session.roles)


def _fill(combo: Combo, entries: list[tuple[str, str]], chosen: str | None) -> None:
    combo.clear()
    for value, title in entries:
        combo.addItem(title, value)
    combo.setCurrentIndex(combo.findData(chosen))
