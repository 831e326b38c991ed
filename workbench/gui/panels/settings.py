"""The settings: the task, five knobs at once, all others folded. What is shown is made from the declared options."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from workbench.core.language import mark, tr
from workbench.core.options import Option, Scalar
from workbench.gui import theme
from workbench.gui.draft import option_value
from workbench.gui.folding import Fold
from workbench.gui.forms import FAMILY_TITLES, Combo, OptionField
from workbench.gui.panels.card import Card, text_label
from workbench.gui.session import Session


class FamilyRow(QWidget):
    """Chooses one entry of a family: a task, loss, optimizer or schedule, with its help below."""

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

    def show_entries(self, title: str, entries: list[tuple[str, str, str]], chosen: str) -> None:
        """Show (name, title, help) entries, all spoken."""
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
        self.combo.setToolTip(text)
        self.combo.setAccessibleDescription(text)


class SettingsPanel(Card):
    """Reads and writes the draft's knobs. `rebuilt()` after fields were made anew."""

    rebuilt = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(3, "settingsPanel")
        self._session = session
        self._shown: tuple = ()
        self.fields: dict[tuple[str, str], OptionField] = {}
        self._titles: list[tuple[QLabel, str]] = []
        self.task = FamilyRow("task")
        self.task.combo.activated.connect(lambda _row: session.set_task(self.task.combo.currentData()))
        self.families = {name: FamilyRow(name) for name in FAMILY_TITLES}
        for name, row in self.families.items():
            row.combo.activated.connect(
                lambda _row, name=name, row=row: session.set_family(name, row.combo.currentData())
            )
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
        suggested = self._session.suggested(group, option.name)
        return option.default if suggested is None else suggested

    def _show_families(self, plan: Any) -> None:
        studio = self._session.studio
        tasks = [(task.id, tr(task.title), tr(task.summary)) for task in studio.tasks().values()]
        self.task.show_entries(tr("Task"), tasks, plan.task.name)
        allowed = studio.tasks()[plan.task.name].losses
        listed = {"loss": studio.losses(), "optimizer": studio.optimizers(), "schedule": studio.schedules()}
        for name, row in self.families.items():
            entries = [
                (entry.name, tr(entry.title), tr(entry.help))
                for entry in listed[name].values()
                if name != "loss" or entry.name in allowed
            ]
            row.show_entries(tr(FAMILY_TITLES[name]), entries, getattr(plan, name).name)

    def _rebuild(self, groups: Any) -> None:
        for layout in (self._first, self._rest):
            while (item := layout.takeAt(0)) is not None:
                widget = item.widget()
                if widget in self.families.values():
                    widget.setParent(None)
                else:
                    widget.hide()
                    widget.deleteLater()
        self.fields, self._titles = {}, []
        for group in groups:
            rest = [option for option in group.options if not option.primary]
            for option in group.options:
                if option.primary:
                    self._first.addWidget(self._field(group.key, option))
            if rest and group.key not in self.families:
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
        self._tell_refusals()
        self.rebuilt.emit()

    def _name_groups(self) -> None:
        for label, title in self._titles:
            label.setText(tr(title))

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
        return field

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
        self._show_plan(self._session.draft.plan)
