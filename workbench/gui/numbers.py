"""A box for numbers that accepts what people type: 1e-4, 0,001, full-width digits; and says what it cannot take."""

from __future__ import annotations

import math
import unicodedata

from PySide6.QtCore import QEvent, QLocale, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator
from PySide6.QtWidgets import QAbstractSpinBox

from workbench.core.language import tr
from workbench.core.options import Option

_LADDER = (1.0, 2.0, 5.0, 10.0)  # the steps of a number: 1, 2, 5, 10, 20, 50 ... in each decade


def parse_number(text: str) -> float | None:
    """The number that `text` stands for; None if it is none. A single comma is a decimal comma."""
    plain = unicodedata.normalize("NFKC", text).strip().replace(" ", "").replace("\u2212", "-")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    plain = plain.replace(",", "")
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def format_number(value: float) -> str:
    """The shortest text that gives `value` back, with an exponent for very small and very large numbers."""
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    small = f"{value:.12g}"
    mantissa, _, exponent = small.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else small


class NumberBox(QAbstractSpinBox):
    """Shows one number of `option`; `edited(value)` comes for each legal value, `refused(text)` for anything else.

    `typed` comes with every key, when what is written may not be a number yet.
    """

    edited = Signal(object)
    refused = Signal(str)
    typed = Signal()

    def __init__(self, option: Option) -> None:
        super().__init__()
        self._option = option
        self._value: float = float(option.default)  # type: ignore[arg-type]
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)
        self.lineEdit().textEdited.connect(lambda _text: self.typed.emit())
        self.editingFinished.connect(self.read)
        self._show()

    def value(self) -> float | int:
        """The last legal value."""
        return round(self._value) if self._option.kind == "integer" else self._value

    def set_value(self, value: float) -> None:
        """Show `value`, unless the user is writing that very number now."""
        same = parse_number(self.lineEdit().text()) == value
        self._value = float(value)
        if not (self.hasFocus() and same):
            self._show()

    def read(self) -> None:
        """Take over what is written: `edited` if it is legal, else `refused`."""
        text = self.lineEdit().text()
        if self._option.zero_means and text.strip() == tr(self._option.zero_means):
            number: float | None = 0.0
        else:
            number = parse_number(text)
        legal = number is not None and self._option.check(self._typed_value(number)) is None
        if not legal:
            self.refused.emit(text)
            return
        self._value = float(number)  # type: ignore[arg-type]
        if not self.hasFocus():
            self._show()
        self.edited.emit(self.value())

    def _typed_value(self, number: float) -> float | int:
        return int(number) if self._option.kind == "integer" and number.is_integer() else number

    def _show(self) -> None:
        special = self._option.zero_means if self._value == 0 else ""
        self.lineEdit().setText(tr(special) if special else format_number(self._value))

    def retranslate(self) -> None:
        """Say special values in the language spoken now."""
        if not self.hasFocus():
            self._show()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            line = self.lineEdit()
            undo = event.matches(QKeySequence.StandardKey.Undo) and not line.isUndoAvailable()
            redo = event.matches(QKeySequence.StandardKey.Redo) and not line.isRedoAvailable()
            if undo or redo:  # nothing was typed: the key belongs to the plan
                event.ignore()
                return False
        return super().event(event)

    def validate(self, text: str, position: int):
        return QValidator.State.Acceptable, text, position  # judged by `read`, which can say why

    def stepEnabled(self):
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        if self._value > self._option.minimum:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        if self._value < self._option.maximum:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        return flags

    def stepBy(self, steps: int) -> None:
        value = self._value
        for _ in range(abs(steps)):
            value = self._neighbour(value, 1 if steps > 0 else -1)
        value = float(self._option.nearest(value))  # type: ignore[arg-type]
        self._value = value
        self._show()
        self.lineEdit().selectAll()
        self.edited.emit(self.value())

    def _neighbour(self, value: float, direction: int) -> float:
        if self._option.kind == "integer":
            small = self._option.maximum <= 1000 or value < 20
            if small:
                return value + direction
            return value * 2 if direction > 0 else math.ceil(value / 2)
        if value <= 0:
            return 10.0**-3 if direction > 0 else value
        if self._option.maximum <= 1 and value >= 0.01:
            return round(value + 0.05 * direction, 12)
        decade = 10.0 ** math.floor(math.log10(value) + 1e-9)
        rungs = [float(f"{decade * rung * scale:.6g}") for scale in (0.1, 1.0) for rung in _LADDER]
        later = [rung for rung in rungs if rung > value * (1 + 1e-9)]
        earlier = [rung for rung in rungs if rung < value * (1 - 1e-9)]
        return min(later, default=value * 2) if direction > 0 else max(earlier, default=value / 2)

    def wheelEvent(self, event) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # scrolling the column must not change values

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.setLocale(QLocale())
            self.retranslate()
