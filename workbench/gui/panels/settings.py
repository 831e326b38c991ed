"""The settings: the task, five knobs at once, all others folded. What is shown is made from the declared options."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.core.language import mark, tr
from workbench.core.options import Option, Scalar
from workbench.core.plan import TrainingPlan
from workbench.gui import theme
from workbench.gui.draft import option_value, with_choice
from workbench.gui.folding import Fold
from workbench.gui.forms import FAMILY_TITLES, Combo, OptionField
from workbench.gui.panels.card import Card, text_label
from workbench.gui.session import Session
from workbench.studio.cheaper import RATES

_PROBED = ("learning_rate", "batch_size")  # settings whose best value can be found by trying


class FamilyRow(QWidget):
    """Chooses one entry of a family (a task, what learns, a loss, optimizer or schedule), with its help below."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.combo = Combo()
        self.combo.setObjectName(f"choice-{name}")
        self._label: QLabel = text_label(wrap=False)
        self._label.setBuddy(self.combo)
        self._help = text_label("muted")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GAP)
        grid.setVerticalSpacing(theme.SPACE)
        grid.addWidget(self._label, 0, 0)
        grid.addWidget(self.combo, 0, 1)
        grid.addWidget(self._help, 1, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def show_entries(self, title: str, entries: list[tuple[str, str, str]], chosen: str, more: str = "") -> None:
        """Show (name, title, help) entries, all spoken; `more` of the chosen one is told on hovering."""
        self._label.setText(title)
        self.combo.setAccessibleName(title)
        if [self.combo.itemData(row) for row in range(self.combo.count())] != [name for name, _t, _h in entries]:
            self.combo.clear()
            for name, _title, _help in entries:
                self.combo.addItem("", name)
        for row, (_name, caption, _help) in enumerate(entries):
            self.combo.setItemText(row, caption)
        self.combo.setCurrentIndex(self.combo.findData(chosen))
        text = next((text for name, _title, text in entries if name == chosen), "")
        self._help.setText(text)
        self.combo.setToolTip("\n\n".join(filter(None, (text, more))))
        self.combo.setAccessibleDescription(text)


class SettingsPanel(Card):
    """Reads and writes the draft's knobs. `rebuilt()` after fields were made anew.

    `probe_requested(setting)` asks for a look at which value suits.
    """

    rebuilt = Signal()
    probe_requested = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(3, "settingsPanel")
        self._session = session
        self._shown: tuple = ()
        self.fields: dict[tuple[str, str], OptionField] = {}
        self._titles: list[tuple[QLabel, str]] = []
        self._probes: dict[str, QPushButton] = {}
        self._probes_possible = True
        self.task = FamilyRow("task")
        self.task.combo.activated.connect(lambda _row: session.set_task(self.task.combo.currentData()))
        self.families = {name: FamilyRow(name) for name in FAMILY_TITLES}
        for name, row in self.families.items():
            row.combo.activated.connect(lambda _row, name=name, row=row: self._choose(name, row.combo.currentData()))
        self._first = QVBoxLayout()
        self._first.setSpacing(theme.PAD)
        body = QWidget()
        self._rest = QVBoxLayout(body)
        self._rest.setContentsMargins(0, 0, 0, 0)
        self._rest.setSpacing(theme.PAD)
        self.more = Fold(mark("More settings"), "moreSettings", body)
        self._empty = text_label("muted")
        self.column.addWidget(self._empty)
        self.column.addWidget(self.task)
        self.column.addLayout(self._first)
        self.column.addWidget(self.more)
        self.column.setSpacing(theme.PAD)
        self.retranslate()
        session.draft.changed.connect(self._show_plan)
        session.draft.problems.connect(self._mark)
        session.about_to_train.connect(self._settle)

    def _show_plan(self, plan: Any) -> None:
        groups = self._session.studio.plan_options(plan) if plan is not None else ()
        shape = tuple((group.key, tuple(option.name for option in group.options)) for group in groups)
        if shape != self._shown:
            self._shown = shape
            self._rebuild(groups)
        self._empty.setVisible(plan is None)
        for part in (self.task, self.more):
            part.setVisible(plan is not None)
        if plan is None:
            return
        self._show_families(plan)
        for (group, name), field in self.fields.items():
            default = self._default(group, field.option)
            value = option_value(plan, group, name, field.option.default)
            field.set_value(value, default)

    def _default(self, group: str, option: Option) -> Scalar:
        plan = self._session.draft.plan
        if plan is not None and (group, option.name) == ("plan", "learning_rate"):
            return self._suggested_rate(plan)
        suggested = self._session.suggested(group, option.name)
        return option.default if suggested is None else suggested

    def _suggested_rate(self, plan: TrainingPlan) -> float:
        """The learning rate that suits the model; a higher one where few weights learn."""
        return RATES.get(plan.tuning.name, self._session.studio.card(plan.model).learning_rate)

    def _choose(self, family: str, name: str) -> None:
        """Another entry of a family. With what learns goes the learning rate, unless the user has set it."""
        draft = self._session.draft
        plan = draft.plan
        if family != "tuning" or plan is None or "learning_rate" in draft.touched or plan.tuning.name == name:
            self._session.set_family(family, name)
            return
        chosen = with_choice(plan, family, name)
        chosen = msgspec.structs.replace(chosen, learning_rate=self._suggested_rate(chosen))
        draft.open(chosen, tr("Change setting"), keep_touched=True)

    def _show_families(self, plan: Any) -> None:
        studio = self._session.studio
        tasks = [(task.id, tr(task.title), tr(task.summary)) for task in studio.tasks().values()]
        self.task.show_entries(tr("Task"), tasks, plan.task.name)
        allowed = studio.tasks()[plan.task.name].losses
        listed = {
            "tuning": studio.tunings(),
            "loss": studio.losses(),
            "optimizer": studio.optimizers(),
            "schedule": studio.schedules(),
        }
        for name, row in self.families.items():
            entries = [
                (entry.name, tr(entry.title), tr(entry.help))
                for entry in listed[name].values()
                if name != "loss" or entry.name in allowed
            ]
            chosen = getattr(plan, name).name
            more = [listed[name][chosen].formula, listed[name][chosen].source] if chosen in listed[name] else []
            row.show_entries(tr(FAMILY_TITLES[name]), entries, chosen, "\n".join(filter(None, more)))

    def _rebuild(self, groups: Any) -> None:
        for layout in (self._first, self._rest):
            while layout.count():
                widget = layout.itemAt(0).widget()
                layout.removeWidget(widget)  # not takeAt: an item left over would keep the height of the text before
                if widget in self.families.values():
                    widget.setParent(None)
                else:
                    widget.hide()
                    widget.deleteLater()
        self.fields, self._titles, self._probes = {}, [], {}
        for group in groups:
            if group.key in self.families:  # its knobs stand below the choice
                continue
            rest = [option for option in group.options if not option.primary]
            for option in group.options:
                if option.primary:
                    self._first.addWidget(self._field(group.key, option))
            if rest:
                title = text_label("heading")
                self._titles.append((title, group.title))
                self._rest.addWidget(title)
                for option in rest:
                    self._rest.addWidget(self._field(group.key, option))
        by_key = {group.key: group for group in groups}
        for name, row in self.families.items():
            self._rest.addWidget(row)
            row.show()
            for option in by_key[name].options if name in by_key else ():
                self._rest.addWidget(self._field(name, option))
        self._name_groups()
        self._name_probes()
        self._tell_refusals()
        self.rebuilt.emit()

    def _name_groups(self) -> None:
        for label, title in self._titles:
            label.setText(tr(title))

    def set_probes_possible(self, possible: bool) -> None:
        """Whether values could be tried now: not while a model trains."""
        self._probes_possible = possible
        self._name_probes()

    def _name_probes(self) -> None:
        words = {
            "learning_rate": (tr("Find…"), tr("Let the model try rates, and see which one it bears.")),
            "batch_size": (tr("Try sizes…"), tr("Measure how quick each size is on this computer.")),
        }
        for name, button in self._probes.items():
            caption, tip = words[name]
            button.setText(caption)
            button.setAccessibleName(tip)
            button.setToolTip(tip if self._probes_possible else tr("Possible when nothing is being trained."))
            button.setEnabled(self._probes_possible)

    def _settle(self) -> None:
        for field in list(self.fields.values()):
            field.settle()

    def _tell_refusals(self) -> None:
        wrong = next((field for field in self.fields.values() if field.refusal), None)
        if wrong is None:
            self._session.set_refusal("")
            return
        setting = tr(wrong.option.title)
        self._session.set_refusal(
            tr("What stands in “{setting}” cannot be used. {reason}", setting=setting, reason=wrong.refusal)
        )

    def _field(self, group: str, option: Option) -> OptionField:
        field = OptionField(option, "" if group == "plan" else f"{group}-")
        draft = self._session.draft
        field.edited.connect(lambda value: draft.set_option(group, option.name, value, tr("Change setting")))
        field.reset_requested.connect(
            lambda: draft.reset_option(group, option.name, self._default(group, option), tr("Reset setting"))
        )
        field.left.connect(draft.end_merge)
        field.judged.connect(self._tell_refusals)
        self.fields[group, option.name] = field
        if group == "plan" and option.name in _PROBED:
            field.add_button(self._probe_button(option.name))
        return field

    def _probe_button(self, name: str) -> QPushButton:
        button = QPushButton()
        button.setObjectName(f"probe-{name}")
        button.clicked.connect(lambda: self.probe_requested.emit(name))
        self._probes[name] = button
        return button

    def _mark(self, problems: list) -> None:
        texts = {problem.field: str(problem) for problem in problems}
        for (_group, name), field in self.fields.items():
            field.set_remark(texts.get(name, ""))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self.set_heading(tr("Settings"))
        self._empty.setText(tr("Settings appear once there is data."))
        self._name_groups()
        self._name_probes()
        self._show_plan(self._session.draft.plan)
