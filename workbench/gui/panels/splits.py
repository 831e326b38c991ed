"""How rows are kept aside to judge the model, and what each part then holds."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr
from workbench.core.plan import VALIDATION_SHARE, Choice, TrainingPlan
from workbench.gui import theme
from workbench.gui.background import Lane, Ticket
from workbench.gui.forms import Combo, OptionField
from workbench.gui.panels.card import text_label
from workbench.gui.part_bars import PartBars
from workbench.gui.session import Session

_PATIENCE = 300  # milliseconds without an edit before the parts are looked at


class SplitForm(QWidget):
    """Chooses the split of the draft, its column and other knobs; below, the parts that it makes.

    The parts are looked at off the GUI thread, and only while this can be seen. `rebuilt()` after fields were made
    anew.
    """

    rebuilt = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("splitForm")
        self._session = session
        self._entry = ""
        self._wanted: bytes = b""  # what the parts are looked at for
        self._known: tuple[bytes, Any] | None = None
        self.columns: dict[str, Combo] = {}
        self.fields: dict[str, OptionField] = {}
        self._rows: list[tuple[QLabel, Any]] = []
        self._lane = Lane(self)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE)
        self._patience.timeout.connect(self._look)
        self._build()
        self.retranslate()
        session.draft.changed.connect(lambda _plan: self.refresh())
        session.draft.problems.connect(lambda _problems: self._show_problem())
        session.head_changed.connect(lambda _head, _roles: self.refresh())

    def _build(self) -> None:
        self.method = Combo()
        self.method.setObjectName("splitMethod")
        self.method.activated.connect(lambda _row: self._choose(self.method.currentData()))
        self._help = text_label("muted", "splitHelp")
        self._problem = text_label("danger", "splitProblem")
        self.share = OptionField(VALIDATION_SHARE, "split-")
        draft = self._session.draft
        self.share.edited.connect(
            lambda value: draft.set_option("dataset", "validation_share", value, tr("Change setting"))
        )
        default = VALIDATION_SHARE.default
        self.share.reset_requested.connect(
            lambda: draft.reset_option("dataset", "validation_share", default, tr("Reset setting"))
        )
        self.share.left.connect(draft.end_merge)
        self._session.about_to_train.connect(self.share.settle)
        self._own = QWidget()
        self._knobs = QGridLayout(self._own)
        self._knobs.setContentsMargins(0, 0, 0, 0)
        self._knobs.setSpacing(theme.SPACE)
        self.parts = PartBars()
        self._state = text_label("muted", "splitState")
        head = QVBoxLayout()
        head.setSpacing(theme.SPACE)
        head.addWidget(self.method)
        head.addWidget(self._help)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addLayout(head)
        for part in (self._own, self._problem, self.share, self.parts, self._state):
            column.addWidget(part)

    # What the plan says.

    def refresh(self) -> None:
        """Show the split of the plan."""
        plan = self._session.draft.plan
        self.setEnabled(plan is not None)
        if plan is None:
            return
        entries = self._session.studio.splits()
        given = bool(plan.dataset.validation_path)
        for part in (self.method, self._own, self.share):
            part.setVisible(not given)
        if given:
            name = Path(plan.dataset.validation_path).name
            self._help.setText(tr("Every row of {file} is kept aside to judge the model.", file=name))
        else:
            self._show_method(plan, entries)
        self._show_problem()
        self._look_soon()

    def _show_method(self, plan: TrainingPlan, entries: Any) -> None:
        split = plan.dataset.split
        if [self.method.itemData(row) for row in range(self.method.count())] != list(entries):
            self.method.clear()
            for name in entries:
                self.method.addItem("", name)
        for row, entry in enumerate(entries.values()):
            self.method.setItemText(row, tr(entry.title))
        self.method.setCurrentIndex(self.method.findData(split.name))
        entry = entries.get(split.name)
        self._help.setText(tr(entry.help) if entry is not None else "")
        self.method.setToolTip(self.method.currentText())
        self.method.setAccessibleDescription(self._help.text())
        if split.name != self._entry:
            self._entry = split.name
            self._rebuild(entry)
        self._show_values(entry, split)
        self.share.set_value(plan.dataset.validation_share, VALIDATION_SHARE.default)

    def _rebuild(self, entry: Any) -> None:
        while (item := self._knobs.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        self.columns, self.fields, self._rows = {}, {}, []
        for row, option in enumerate(entry.options if entry is not None else ()):
            if option.kind == "column":
                label, combo = text_label(), Combo()
                combo.setObjectName(f"split-{option.name}")
                combo.activated.connect(lambda _row, name=option.name, c=combo: self._set(name, c.currentData()))
                label.setBuddy(combo)
                self._knobs.addWidget(label, 2 * row, 0)
                self._knobs.addWidget(combo, 2 * row + 1, 0)
                self.columns[option.name] = combo
                self._rows.append((label, option))
            else:
                field = OptionField(option, "splitKnob-")
                field.edited.connect(partial(self._set, option.name))
                field.reset_requested.connect(partial(self._set, option.name, option.default))
                field.left.connect(self._session.draft.end_merge)
                self._knobs.addWidget(field, 2 * row, 0)
                self.fields[option.name] = field
        self._own.setVisible(bool(self.columns or self.fields))
        self.rebuilt.emit()

    def _show_values(self, entry: Any, split: Choice) -> None:
        values = entry.values(split) if entry is not None else {}
        names = self._session.head.columns if self._session.head is not None else ()
        for name, combo in self.columns.items():
            chosen = str(values.get(name, ""))
            wanted = list(dict.fromkeys((*(() if chosen else ("",)), *names, *((chosen,) if chosen else ()))))
            if [combo.itemData(row) for row in range(combo.count())] != wanted:
                combo.clear()
                for column in wanted:
                    combo.addItem(column or tr("none"), column)
            combo.setCurrentIndex(combo.findData(chosen))
        for name, field in self.fields.items():
            field.set_value(values[name])
        for label, option in self._rows:
            label.setText(tr(option.title))
            self.columns[option.name].setAccessibleName(tr(option.title))
            for part in (label, self.columns[option.name]):
                part.setToolTip(tr(option.help))

    def _show_problem(self) -> None:
        found = [str(problem) for problem in self._session.draft.current_problems if problem.field == "split"]
        self._problem.setText("\n".join(found))
        self._problem.setVisible(bool(found))
        for combo in self.columns.values():
            if bool(combo.property("wrong")) != bool(found):
                combo.setProperty("wrong", bool(found))
                combo.style().unpolish(combo)
                combo.style().polish(combo)

    # What the user says.

    def _choose(self, name: str) -> None:
        plan = self._session.draft.plan
        if plan is None or plan.dataset.split.name == name:
            return
        entry = self._session.studio.splits()[name]
        options = {option.name: self._likely_column(plan, name) for option in entry.options if option.kind == "column"}
        self._open(Choice(name=name, options={key: column for key, column in options.items() if column}))

    def _likely_column(self, plan: TrainingPlan, split: str) -> str:
        """The column that the user most likely means: one that plays no role, best with a name that fits."""
        head = self._session.head
        free = [one for one in head.columns if one not in plan.dataset.columns.values()] if head is not None else []
        words = _TIMES if split == "time" else _GROUPS
        fitting = (column for column in free if any(word in column.casefold() for word in words))
        return next(fitting, free[0] if len(free) == 1 else "")

    def _set(self, name: str, value: Any) -> None:
        plan = self._session.draft.plan
        if plan is not None and plan.dataset.split.options.get(name) != value:
            split = plan.dataset.split
            self._open(Choice(name=split.name, options={**split.options, name: value}))

    def _open(self, split: Choice) -> None:
        draft = self._session.draft
        dataset = msgspec.structs.replace(draft.plan.dataset, split=split)
        draft.open(
            msgspec.structs.replace(draft.plan, dataset=dataset), tr("Choose the rows kept aside"), keep_touched=True
        )

    # The parts.

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        self._look_soon()

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)
        self.rest()

    def rest(self) -> None:
        """Give up the look at the parts."""
        self._patience.stop()
        self._lane.cancel()
        self._wanted = b""

    def _look_soon(self) -> None:
        plan = self._session.draft.plan
        if plan is None or not self.isVisible():
            return
        key = msgspec.json.encode([plan.dataset, plan.task.name, plan.seed])
        if self._known is not None and self._known[0] == key:
            self._patience.stop()
            self._lane.cancel()
            self._wanted = key
            self._show_parts(self._known[1])
        elif key != self._wanted:
            self._wanted = key
            self._lane.cancel()
            self._say(tr("Counting the rows of each part…"))
            self._patience.start()

    def _look(self) -> None:
        plan, key, studio = self._session.draft.plan, self._wanted, self._session.studio
        if plan is None:
            return

        def done(preview: Any) -> None:
            self._known = (key, preview)
            self._show_parts(preview)

        def work(ticket: Ticket) -> Any:
            return studio.split_preview(plan, lambda _share: ticket.check())

        self._lane.submit(work, done, self._fail)

    def _show_parts(self, preview: Any) -> None:
        self.parts.show_parts(preview.parts)
        self._say(tr("Drawn with the seed {seed}: the same seed gives the same parts.", seed=preview.seed))
        self._state.setVisible(preview.split != "file")

    def _fail(self, error: Exception) -> None:
        self.parts.show_parts(())
        known = isinstance(error, WorkbenchError)
        self._say(str(error) if known else tr("The rows cannot be read now."), "warning")

    def _say(self, text: str, role: str = "muted") -> None:
        theme.set_role(self._state, role)
        self._state.setText(text)
        self._state.show()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self.method.setAccessibleName(tr("Rows kept aside"))
        self.refresh()
        if self._known is not None and self._known[0] == self._wanted:
            self._show_parts(self._known[1])


_GROUPS = (
    "user",
    "customer",
    "author",
    "group",
    "patient",
    "session",
    "doc",
    "id",
    "用户",
    "客户",
    "作者",
    "编号",
    "组",
)
_TIMES = ("date", "time", "day", "created", "year", "when", "日期", "时间", "年", "发布")
