"""Continue a run that ended: more epochs, another rate; shown as a difference from the plan it had."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.core.language import tr, trn
from workbench.core.options import Scalar
from workbench.core.plan import TrainingPlan
from workbench.gui import theme
from workbench.gui.changes import differences, knobs
from workbench.gui.forms import OptionField
from workbench.gui.panels.card import text_label

_ASKED = ("epochs", "learning_rate", "patience", "max_steps")


class ContinueDialog(QDialog):
    """Asks how a run goes on; `chosen(changes)` with what differs from its plan."""

    chosen = Signal(object)

    def __init__(
        self, studio: Any, name: str, plan: TrainingPlan, resumable: Any, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("continueDialog")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(tr("Continue “{name}”", name=name))
        self._studio, self._plan = studio, plan
        self._left = resumable.total_steps - resumable.step if resumable.left else 0
        known = knobs(studio, plan)
        self.fields = {key: OptionField(known[key], "continue-") for key in _ASKED if key in known}
        self.lines, self.reason = text_label("", "continueChanges"), text_label("warning", "continueReason")
        self.continue_button, self.cancel_button = QPushButton(tr("Continue")), QPushButton(tr("Cancel"))
        self._build(name)
        self._suggest()
        self._show_changes()
        next(iter(self.fields.values())).editor.setFocus()

    @property
    def changes(self) -> dict[str, Scalar]:
        """What differs from the plan of the run."""
        values = {key: field.value() for key, field in self.fields.items()}
        return {key: value for key, value in values.items() if value != getattr(self._plan, key)}

    def _build(self, name: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.MARGIN + theme.GAP] * 4)
        column.setSpacing(theme.PAD)
        title, text = text_label("heading"), text_label("muted")
        title.setText(tr("Continue “{name}”", name=name))
        text.setText(tr("The run goes on where it ended, with all that was learned. Everything else stays as it was."))
        column.addWidget(title)
        column.addWidget(text)
        for field in self.fields.values():
            field.edited.connect(lambda _value: self._show_changes())
            field.judged.connect(self._show_changes)
            field.reset_requested.connect(lambda field=field: self._reset(field))
            column.addWidget(field)
        column.addWidget(self.lines)
        column.addWidget(self.reason)
        column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addStretch()
        theme.set_role(self.continue_button, "primary")
        self.continue_button.setDefault(True)
        for button, object_name, press in (
            (self.cancel_button, "continueCancel", self.reject),
            (self.continue_button, "continueGo", self._go),
        ):
            button.setObjectName(object_name)
            button.clicked.connect(press)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(row)
        self.setMinimumWidth(460)

    def _suggest(self) -> None:
        """What is left of the plan, else as much again; the arrow beside a value goes back to the run's own."""
        again = {"epochs": 2 * self._plan.epochs, "max_steps": 2 * self._plan.max_steps}
        suggested = {} if self._left else again
        for key, field in self.fields.items():
            own = getattr(self._plan, key)
            field.set_value(field.option.nearest(suggested.get(key, own)), own)

    def _reset(self, field: OptionField) -> None:
        field.set_value(getattr(self._plan, field.option.name))
        self._show_changes()

    def _show_changes(self) -> None:
        refusal = next((field.refusal for field in self.fields.values() if field.refusal), "")
        lines = differences(self._studio, self._plan, self.changes)
        left = trn("{number} step of the plan is left.", "{number} steps of the plan are left.", self._left)
        self.lines.setText("\n".join(lines) or (left if self._left else ""))
        self.lines.setVisible(bool(self.lines.text()))
        nothing = "" if lines or self._left else tr("Change a value first: the run has ended with these.")
        self.reason.setText(refusal or nothing)
        self.reason.setVisible(bool(refusal or nothing))
        self.continue_button.setEnabled(not refusal and not nothing)

    def _go(self) -> None:
        for field in self.fields.values():
            field.settle()
        if self.continue_button.isEnabled():
            self.chosen.emit(self.changes)
            self.accept()
