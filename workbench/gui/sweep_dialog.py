"""Try several settings: up to three of them, with their values, one run after the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.language import mark, tr, trn
from workbench.core.options import Option, Scalar
from workbench.core.plan import TrainingPlan
from workbench.gui import theme
from workbench.gui.estimate import time_text
from workbench.gui.forms import Combo, OptionField
from workbench.gui.panels.card import text_label
from workbench.gui.spans import Span, read_span, suggested_text
from workbench.gui.wrapping import WrapRow
from workbench.studio import FAMILIES, Range, Sweep, can_use_tpe, knobs, value_of
from workbench.studio.samplers import MOST_TRIALS, TRIALS, grid_size
from workbench.studio.spaces import Space, space_problems

ROWS = 3
_FIRST = ("learning_rate", "epochs", "batch_size", *FAMILIES)
_METHODS = (
    ("grid", mark("every combination")),
    ("random", mark("at random")),
    ("tpe", mark("where the best is expected")),
)


def offered(studio: Any, plan: TrainingPlan) -> dict[str, Option]:
    """{name: knob} of what can be varied, the most rewarding first; only losses that fit the task."""
    possible = knobs(plan)
    allowed = studio.tasks()[plan.task.name].losses
    names = [*(name for name in _FIRST if name in possible), *(name for name in possible if name not in _FIRST)]
    if len(allowed) < 2:
        names.remove("loss")
    return {name: possible[name] for name in names}


class KnobRow(QWidget):
    """One setting and the values to try. `changed()` with every edit."""

    changed = Signal()

    def __init__(self, number: int, studio: Any, plan: TrainingPlan) -> None:
        super().__init__()
        self._plan, self._losses = plan, studio.tasks()[plan.task.name].losses
        self._knobs = offered(studio, plan)
        self.combo, self.text = Combo(), QLineEdit()
        self.combo.setObjectName(f"sweepKnob-{number}")
        self.combo.setAccessibleName(tr("Setting {number} to vary", number=number + 1))
        self.combo.setMinimumWidth(180)
        self.text.setObjectName(f"sweepValues-{number}")
        self.text.setAccessibleName(tr("Values to try"))
        self.text.setAccessibleDescription(tr("With commas between them, or a range such as 1e-5 .. 1e-3"))
        self.boxes, self._ticks = WrapRow(), list[tuple[Scalar, QCheckBox]]()
        self.combo.addItem(tr("nothing"), "")
        for name, option in self._knobs.items():
            self.combo.addItem(tr(option.title), name)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.GAP)
        self._grid.addWidget(self.combo, 0, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(self.text, 0, 1, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(self.boxes, 0, 1, Qt.AlignmentFlag.AlignTop)
        self._grid.setColumnStretch(1, 1)
        self.combo.activated.connect(lambda _row: self._offer())
        self.text.textChanged.connect(lambda _text: self.changed.emit())
        self._offer()

    @property
    def name(self) -> str:
        """The knob to vary; "" for none."""
        return str(self.combo.currentData())

    @property
    def span(self) -> Span | None:
        """What is to be tried; None if it cannot be read."""
        if self._ticks:
            return tuple(value for value, box in self._ticks if box.isChecked())
        return read_span(self.text.text(), self._knobs[self.name])

    def choose(self, name: str) -> None:
        """Vary `name`, with values around the one it has."""
        self.combo.setCurrentIndex(max(0, self.combo.findData(name)))
        self._offer()

    def _offer(self) -> None:
        for _value, box in self._ticks:
            box.hide()
            box.deleteLater()
        self._grid.removeWidget(self.boxes)
        self.boxes.hide()
        self.boxes.deleteLater()
        self.boxes, self._ticks = WrapRow(), []
        self.boxes.setFixedHeight(theme.TARGET)  # until it knows better; or the window would grow for nothing
        self._grid.addWidget(self.boxes, 0, 1)
        option = self._knobs.get(self.name)
        by_name = option is not None and option.kind in ("choice", "switch")
        self.text.setVisible(option is not None and not by_name)
        self.boxes.setVisible(by_name)
        if by_name and option is not None:
            self._show_choices(option)
        elif option is not None:
            self.text.setText(suggested_text(self._plan, option))
        self.changed.emit()

    def _show_choices(self, option: Option) -> None:
        choices = option.choices or ((True, tr("on")), (False, tr("off")))
        now = value_of(self._plan, option.name)
        for value, title in choices:
            if option.name == "loss" and value not in self._losses:
                continue
            box = QCheckBox(tr(title))
            box.setObjectName(f"sweepChoice-{option.name}-{value}")
            box.setChecked(value == now)
            box.toggled.connect(lambda _on: self.changed.emit())
            self._ticks.append((value, box))
            self.boxes.add(box)
            box.show()


class SweepDialog(QDialog):
    """Asks what is to be tried; `chosen(Sweep)`. A run of `plan` takes about `seconds` (0: not known)."""

    chosen = Signal(object)

    def __init__(self, studio: Any, plan: TrainingPlan, parent: QWidget | None = None, *, seconds: float = 0.0) -> None:
        super().__init__(parent)
        self._seconds = seconds
        self.setObjectName("sweepDialog")
        self.setWindowTitle(tr("Try several settings"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self._plan = plan
        self.rows = [KnobRow(number, studio, plan) for number in range(ROWS)]
        methods = _METHODS if can_use_tpe() else _METHODS[:2]
        self.method = OptionField(
            Option(
                name="method",
                title=mark("Which ones"),
                kind="choice",
                default="grid",
                choices=methods,
                help=mark("Every combination is thorough; at random finds nearly as much with fewer runs."),
            ),
            "sweep-",
        )
        self.trials = OptionField(
            Option(
                name="trials",
                title=mark("Most runs"),
                kind="integer",
                default=0,
                maximum=MOST_TRIALS,
                zero_means=mark("automatic"),
                help=mark("Runs are made one after the other. 0: every combination, or ten at random."),
            ),
            "sweep-",
        )
        self.heading = QLineEdit(plan.name or f"{Path(plan.dataset.path).stem}-sweep")
        self.count, self.reason = text_label("", "sweepCount"), text_label("warning", "sweepReason")
        self.start_button, self.cancel_button = QPushButton(tr("Start")), QPushButton(tr("Cancel"))
        self._build()
        self.rows[0].choose("learning_rate")
        self._judge()
        self.rows[0].text.setFocus()

    @property
    def sweep(self) -> Sweep:
        """What was asked for."""
        return Sweep(
            plan=self._plan,
            space=self._space()[0],
            method=str(self.method.value()),  # type: ignore[arg-type]
            trials=int(self.trials.value()),
            seed=self._plan.seed,
            heading=self.heading.text().strip(),
        )

    def _build(self) -> None:
        explanation = text_label("muted")
        explanation.setText(
            tr(
                "The model is trained once for each choice, everything else as in the settings. "
                "Write values with commas between them, or a range: 1e-5 .. 1e-3."
            )
        )
        name_row, label = QHBoxLayout(), QLabel(tr("Heading of the runs"))
        label.setBuddy(self.heading)
        self.heading.setObjectName("sweepHeading")
        self.heading.setAccessibleName(label.text())
        name_row.addWidget(label)
        name_row.addWidget(self.heading, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.MARGIN + theme.GAP] * 4)
        column.setSpacing(theme.PAD)
        column.addWidget(explanation)
        for part in (*self.rows, self.method, self.trials):
            column.addWidget(part)
        column.addLayout(name_row)
        column.addWidget(self.count)
        column.addWidget(self.reason)
        column.addStretch(1)
        column.addLayout(self._build_buttons())
        for row in self.rows:
            row.changed.connect(self._judge)
        for field in (self.method, self.trials):
            field.edited.connect(lambda _value: self._judge())
            field.judged.connect(self._judge)
            field.reset_requested.connect(lambda field=field: (field.set_value(field.option.default), self._judge()))
        self.heading.textChanged.connect(lambda _text: self._judge())
        self.setMinimumWidth(560)
        self.resize(640, 560)

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addStretch()
        theme.set_role(self.start_button, "primary")
        self.start_button.setDefault(True)
        self.start_button.setObjectName("sweepStart")
        self.start_button.clicked.connect(self._start)
        self.cancel_button.setObjectName("sweepCancel")
        self.cancel_button.clicked.connect(self.reject)
        row.addWidget(self.cancel_button, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.start_button)
        return row

    def _space(self) -> tuple[Space, str]:
        """The space as it is written, and why it cannot be read ("" if it can)."""
        space: Space = {}
        for row in self.rows:
            if not row.name:
                continue
            span = row.span
            if span is None:
                return space, tr("“{text}” is neither a list of numbers nor a range.", text=row.text.text())
            if row.name in space:
                return space, tr("The same setting stands there twice.")
            space[row.name] = span
        return space, ""

    def _judge(self) -> None:
        space, wrong = self._space()
        fractions = any(isinstance(span, Range) and not span.whole for span in space.values())
        if fractions and self.method.value() == "grid":
            self.method.set_value("random")
        method = str(self.method.value())
        problems = space_problems(self._plan, space, method) if not wrong else []  # type: ignore[arg-type]
        wrong = wrong or next(map(str, problems), "") or self.trials.refusal
        self.reason.setText(wrong)
        self.reason.setVisible(bool(wrong))
        total = 0 if wrong else self._total(space, method)
        if not wrong and total > MOST_TRIALS:
            too_many = tr("These are {count} runs; at most {most} can be made.", count=total, most=MOST_TRIALS)
            self.reason.setText(too_many)
            self.reason.show()
        self.count.setText(self._count_text(total))
        self.count.setVisible(not wrong)
        self.start_button.setEnabled(0 < total <= MOST_TRIALS)

    def _count_text(self, total: int) -> str:
        if not self._seconds:
            return trn("{number} run, under one heading", "{number} runs, under one heading", total)
        return trn(
            "{number} run, under one heading, about {time}",
            "{number} runs, under one heading, about {time} in all",
            total,
            time=time_text(total * self._seconds),
        )

    def _total(self, space: Mapping[str, Span], method: str) -> int:
        asked = int(self.trials.value())
        if method == "grid":
            size = grid_size(dict(space))
            return min(size, asked) if asked else size
        discrete = all(isinstance(span, tuple) for span in space.values())
        wanted = asked or TRIALS
        return min(wanted, grid_size(dict(space))) if discrete else wanted

    def _start(self) -> None:
        self.trials.settle()
        if self.start_button.isEnabled():
            sweep = self.sweep
            self.accept()
            self.chosen.emit(sweep)
