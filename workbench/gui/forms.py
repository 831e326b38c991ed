"""Option -> widget, two ways: what the plan says is shown, what the user types goes into the plan."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from workbench.core.language import mark, tr
from workbench.core.options import Option, Scalar
from workbench.gui import theme
from workbench.gui.numbers import NumberBox, format_number, parse_number

_PATIENCE = 500  # milliseconds after the last key before a value is judged
_EDITOR_WIDTH = 128
_WIDEST_CHOICE = 256


class Combo(QComboBox):
    """A combo box that leaves the wheel to the column it stands in, unless it has the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def wheelEvent(self, event) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class OptionField(QWidget):
    """One knob: its name, its editor, its help, and what is wrong with it.

    `edited(value)` comes for legal values only. `reset_requested()` is for the arrow beside a changed value.
    `judged()` comes when `refusal` changes.
    """

    edited = Signal(object)
    reset_requested = Signal()
    left = Signal()
    judged = Signal()

    def __init__(self, option: Option, prefix: str = "") -> None:
        super().__init__()
        self.option = option
        self._default: Scalar = option.default
        self._nearest: Scalar | None = None
        self._remark = self.refusal = ""  # what others found; why what is written here cannot be taken
        self.setObjectName(f"field-{prefix}{option.name}")
        self._build(prefix)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PATIENCE)
        self._connect()
        self.retranslate()
        self.set_value(option.default)

    def _build(self, prefix: str) -> None:
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self.editor = _editor(self.option)
        self.editor.setObjectName(f"option-{prefix}{self.option.name}")
        self.editor.installEventFilter(self)
        self._label.setBuddy(self.editor)
        self._unit = QLabel()
        self._unit.setProperty("role", "muted")
        self._unit.setTextFormat(Qt.TextFormat.PlainText)
        self.reset_button = QToolButton()
        self.reset_button.setObjectName(f"reset-{prefix}{self.option.name}")
        self.reset_button.setProperty("role", "icon")
        policy = self.reset_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset_button.setSizePolicy(policy)
        self.reset_button.hide()
        self._help = QLabel()
        self._help.setProperty("role", "muted")
        self._help.setTextFormat(Qt.TextFormat.PlainText)
        self._help.setWordWrap(True)
        self._wrong = QLabel()
        self._wrong.setObjectName(f"wrong-{prefix}{self.option.name}")
        self._wrong.setProperty("role", "danger")
        self._wrong.setTextFormat(Qt.TextFormat.PlainText)
        self._wrong.setWordWrap(True)
        self.mend_button = QPushButton()
        self.mend_button.setObjectName(f"mend-{prefix}{self.option.name}")
        self.mend_button.setProperty("role", "quiet")
        self._wrong.hide()
        self.mend_button.hide()
        self._place()

    def _place(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GAP)
        grid.setVerticalSpacing(theme.SPACE)
        head = QHBoxLayout()
        head.setSpacing(theme.SPACE)
        head.addWidget(self._label)
        head.addWidget(self._unit)
        head.addStretch()
        grid.addLayout(head, 0, 0)
        grid.addWidget(self.reset_button, 0, 1)
        grid.addWidget(self.editor, 0, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._wrong, 1, 0, 1, 3)
        grid.addWidget(self.mend_button, 2, 0, 1, 3, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self._help, 3, 0, 1, 3)
        grid.setColumnStretch(0, 1)
        self._grid = grid

    def add_button(self, button: QPushButton) -> None:
        """Put `button` under the editor, beside the help."""
        button.setFixedWidth(_EDITOR_WIDTH)
        self._grid.removeWidget(self._help)
        self._grid.addWidget(self._help, 3, 0, 1, 2)
        self._grid.addWidget(button, 3, 2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)

    def _connect(self) -> None:
        editor = self.editor
        if isinstance(editor, NumberBox):
            editor.edited.connect(self._accept)
            editor.refused.connect(self._refuse)
            editor.typed.connect(self._timer.start)
            self._timer.timeout.connect(editor.read)
        elif isinstance(editor, QComboBox):
            editor.activated.connect(lambda _row: self._accept(editor.currentData()))
        elif isinstance(editor, QCheckBox):
            editor.clicked.connect(self._accept)
        self.reset_button.clicked.connect(self.reset_requested)
        self.mend_button.clicked.connect(self._mend)
        theme.notifier.changed.connect(self._redraw)
        self._redraw()

    def value(self) -> Scalar:
        """The last legal value."""
        if isinstance(self.editor, NumberBox):
            return self.editor.value()
        if isinstance(self.editor, QComboBox):
            return str(self.editor.currentData())
        return bool(self.editor.isChecked())  # type: ignore[attr-defined]

    def set_value(self, value: Scalar, default: Scalar | None = None) -> None:
        """Show `value`; the arrow appears if it differs from `default`."""
        if default is not None:
            self._default = default
        if isinstance(self.editor, NumberBox):
            self.editor.set_value(float(value))
        elif isinstance(self.editor, QComboBox):
            self.editor.setCurrentIndex(self.editor.findData(value))
        else:
            self.editor.setChecked(bool(value))  # type: ignore[attr-defined]
        self.reset_button.setVisible(value != self._default)
        self._show_problem(self._remark, None)

    def set_remark(self, text: str) -> None:
        """A problem that others found with this knob; "" takes it away."""
        if text != self._remark:
            self._remark = text
            if not self.refusal:
                self._show_problem(text, None)

    def settle(self) -> None:
        """Take over now what was typed a moment ago."""
        if self._timer.isActive() and isinstance(self.editor, NumberBox):
            self._timer.stop()
            self.editor.read()

    def _accept(self, value: Scalar) -> None:
        self._timer.stop()
        self._show_problem(self._remark, None)
        self.reset_button.setVisible(value != self._default)
        self.edited.emit(value)

    def _refuse(self, text: str) -> None:
        option = self.option
        number = parse_number(text)
        nearest = option.nearest(self._default if number is None else number)
        values = {"minimum": _spell(option.minimum), "maximum": _spell(option.maximum)}
        if number is None:
            sentence = tr("This is not a number.")
        elif option.kind == "integer" and not number.is_integer() and option.minimum <= number <= option.maximum:
            sentence = tr("A whole number is needed here.")
        elif math.isinf(option.maximum):
            sentence = tr("The least possible value is {minimum}.", **values)
        else:
            sentence = tr("Possible are {minimum} to {maximum}.", **values)
        self._show_problem(sentence, nearest)

    def _show_problem(self, sentence: str, nearest: Scalar | None) -> None:
        self._nearest = nearest
        self._wrong.setText(sentence)
        self._wrong.setVisible(bool(sentence))
        self.mend_button.setVisible(nearest is not None)
        if nearest is not None:
            self.mend_button.setText(tr("Use {value}", value=self._spelled(nearest)))
        refusal = sentence if nearest is not None else ""
        if refusal != self.refusal:
            self.refusal = refusal
            self.judged.emit()
        if bool(self.editor.property("wrong")) != bool(sentence):
            self.editor.setProperty("wrong", bool(sentence))
            self.editor.style().unpolish(self.editor)
            self.editor.style().polish(self.editor)
        self._describe()

    def _spelled(self, value: Scalar) -> str:
        if value == 0 and self.option.zero_means:
            return tr(self.option.zero_means)
        return format_number(float(value))

    def _mend(self) -> None:
        if self._nearest is None or not isinstance(self.editor, NumberBox):
            return
        value = self._nearest
        self.editor.setFocus()
        self.editor.lineEdit().setText(format_number(float(value)))
        self.editor.set_value(float(value))
        self._accept(self.editor.value())

    def eventFilter(self, watched, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.left.emit()
        return False

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        option = self.option
        self._label.setText(tr(option.title))
        self._unit.setText(tr(option.unit))
        self._unit.setVisible(bool(option.unit))
        self._help.setText(tr(option.help))
        for widget in (self._label, self.editor):
            widget.setToolTip(tr(option.help))
        self.reset_button.setToolTip(tr("Back to the suggested value"))
        self.reset_button.setAccessibleName(tr("Reset {setting}", setting=tr(option.title)))
        self.mend_button.setAccessibleName("")
        if isinstance(self.editor, QComboBox):
            for row, (_value, title) in enumerate(option.choices):
                self.editor.setItemText(row, tr(title))
        if self.refusal:
            self._say_again()
        self._describe()

    def _say_again(self) -> None:
        if isinstance(self.editor, NumberBox) and self.editor.hasFocus():
            self._refuse(self.editor.lineEdit().text())
        else:
            self._show_problem(self._remark, None)  # the box shows its last value again

    def _describe(self) -> None:
        name = tr(self.option.title)
        if self.option.unit:
            name = tr("{setting}, in {unit}", setting=name, unit=tr(self.option.unit))
        self.editor.setAccessibleName(name)
        self.editor.setAccessibleDescription(f"{self._wrong.text()} {tr(self.option.help)}".strip())

    def _redraw(self) -> None:
        self.reset_button.setIcon(theme.icon("reset"))


def _spell(bound: float) -> str:
    return format_number(bound) if math.isfinite(bound) else "∞"


def _editor(option: Option) -> QWidget:
    if option.kind == "choice":
        combo = Combo()
        for value, title in option.choices:
            combo.addItem(tr(title), value)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)  # what is chosen can be read whole
        combo.setMinimumWidth(_EDITOR_WIDTH)
        combo.setMaximumWidth(_WIDEST_CHOICE)
        return combo
    if option.kind == "switch":
        box = QCheckBox()
        box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        return box
    number = NumberBox(option)
    number.setFixedWidth(_EDITOR_WIDTH)
    return number


FAMILY_TITLES = {
    "tuning": mark("What learns"),
    "loss": mark("Loss"),
    "optimizer": mark("Optimizer"),
    "schedule": mark("Schedule"),
}
