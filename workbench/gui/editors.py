"""Field kind -> the widget in which a person fills it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from workbench.core.fields import Field, Number, Text
from workbench.core.language import tr


class TextEditor(QPlainTextEdit):
    """Several lines of text. While an input method composes, Enter belongs to it; what is composed is not text yet.

    `edited` carries the text whenever it changes by a finished edit.
    """

    edited = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setTabChangesFocus(True)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        line = self.fontMetrics().lineSpacing()
        self.setMinimumHeight(3 * line + 16)
        self.setMaximumHeight(14 * line + 16)
        self._told = ""
        self._composing = ""
        self.textChanged.connect(self._tell)

    @property
    def composing(self) -> str:
        """What the input method is composing; "" if nothing."""
        return self._composing

    def value(self) -> str:
        """The text, without what is being composed."""
        return self.toPlainText()

    def set_value(self, text: str) -> None:
        """Put `text` in; Ctrl+Z takes it back."""
        cursor = self.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(text)
        self.setTextCursor(cursor)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = event.preeditString()
        super().inputMethodEvent(event)
        self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._composing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: object) -> None:
        self._composing = ""
        super().focusOutEvent(event)

    def insertFromMimeData(self, source: object) -> None:
        """Paste words only, whatever else the clipboard holds."""
        self.insertPlainText(source.text())

    def _tell(self) -> None:
        text = self.value()
        if text != self._told:
            self._told = text
            self.edited.emit(text)


class NumberEditor(QLineEdit):
    """One number, as people write it; its field judges it."""

    edited = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.textChanged.connect(self.edited)

    def value(self) -> str:
        """The number as it was typed."""
        return self.text()

    def set_value(self, text: str) -> None:
        """Put `text` in."""
        self.setText(text)


Editor = TextEditor | NumberEditor
_EDITORS: dict[str, Callable[[str], Editor]] = {Text.kind: TextEditor, Number.kind: NumberEditor}


class FieldEditor(QWidget):
    """The editor of one field with its name above it."""

    edited = Signal()

    def __init__(self, key: str, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key, self.field = key, field
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.editor = _EDITORS.get(field.kind, TextEditor)(f"editor_{key}")
        self.label.setBuddy(self.editor)
        self.editor.edited.connect(lambda _text: self.edited.emit())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.label)
        layout.addWidget(self.editor, 1)
        label_height = self.label.sizeHint().height() + layout.spacing()
        self.setMaximumHeight(min(self.editor.maximumHeight() + label_height, 16_777_215))
        self.retranslate()

    def value(self) -> str:
        """What was filled in."""
        return self.editor.value()

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.label.setText(tr(self.field.title))
        self.editor.setAccessibleName(tr(self.field.title))
        self.editor.setPlaceholderText(tr("Type or paste here; the answer comes while you type."))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
