"""Texts to try a model with, one button each."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr
from workbench.gui import theme
from workbench.gui.eliding import ElidedButton

_COUNT = 3
_LENGTH = 160  # characters of an example


class Examples(QWidget):
    """Offers texts; `chosen(text)` when one is pressed. Hidden while there are none."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("examples")
        self.buttons: list[ElidedButton] = []
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        theme.set_role(self._label, "muted")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACE)
        self._column.addWidget(self._label)
        self.retranslate()
        self.hide()

    def show_texts(self, texts: list[str]) -> None:
        """Offer `texts` instead of what was offered."""
        for button in self.buttons:
            self._column.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = [self._button(number, text) for number, text in enumerate(texts)]
        self.setVisible(bool(texts))
        self.retranslate()

    def _button(self, number: int, text: str) -> ElidedButton:
        button = ElidedButton(text, wide=True)
        button.setObjectName(f"example_{number}")
        button.clicked.connect(lambda: self.chosen.emit(text))
        self._column.addWidget(button)
        return button

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def retranslate(self) -> None:
        """Speak the language in force."""
        self._label.setText(tr("Examples to try"))
        for button in self.buttons:
            button.setAccessibleName(tr("Try the example: {text}", text=button.toolTip()))


def texts_to_try(studio: Any, plan: Any) -> list[str]:
    """Texts to try: the sample's own, else those of the data file's first rows that are short."""
    for sample in studio.samples():
        if sample.path == plan.dataset.path and sample.try_out:
            return list(sample.try_out)
    path = plan.dataset.test_path or plan.dataset.validation_path or plan.dataset.path
    try:
        head = studio.preview(path, plan.dataset.reading)
        place = head.columns.index(plan.dataset.columns["text"])
    except (WorkbenchError, OSError, ValueError, KeyError):
        return []  # examples are a courtesy: the file may be gone by now
    texts = [row[place].strip() for row in head.rows if place < len(row)]
    return [text for text in dict.fromkeys(texts) if 0 < len(text) <= _LENGTH][:_COUNT]
