"""Which column plays which role: guessed, with the reason, and changeable."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from workbench.core.language import tr
from workbench.gui import theme
from workbench.gui.forms import Combo
from workbench.gui.panels.card import text_label
from workbench.gui.session import Session


class RolesForm(QWidget):
    """One combo box of columns for each field of the task. `rebuilt()` after boxes were made anew."""

    rebuilt = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("roles")
        self._session = session
        self._task = ""
        self.combos: dict[str, Combo] = {}
        self._labels: dict[str, QLabel] = {}
        self._reasons: dict[str, QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.GAP)
        self._grid.setVerticalSpacing(theme.SPACE)
        self._grid.setColumnStretch(1, 1)
        session.head_changed.connect(lambda _head, _roles: self.refresh())
        session.draft.changed.connect(lambda _plan: self.refresh())
        session.draft.problems.connect(self._mark)

    def _fields(self) -> dict[str, Any]:
        plan = self._session.draft.plan
        return dict(self._session.studio.tasks()[plan.task.name].fields) if plan else {}

    def _rebuild(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        self.combos, self._labels, self._reasons = {}, {}, {}
        for row, key in enumerate(self._fields()):
            combo, label, reason = Combo(), text_label(wrap=False), text_label("muted", f"roleReason-{key}")
            combo.setObjectName(f"role-{key}")
            combo.activated.connect(lambda _index, key=key, combo=combo: self._choose(key, combo.currentData()))
            label.setBuddy(combo)
            self._grid.addWidget(label, 2 * row, 0)
            self._grid.addWidget(combo, 2 * row, 1)
            self._grid.addWidget(reason, 2 * row + 1, 1)
            self.combos[key], self._labels[key], self._reasons[key] = combo, label, reason
        self.rebuilt.emit()

    def refresh(self) -> None:
        """Show the plan's columns, and the guesses for those that were not changed."""
        plan, head, roles = self._session.draft.plan, self._session.head, self._session.roles
        self.setVisible(plan is not None and head is not None)
        if plan is None or head is None:
            return
        if plan.task.name != self._task:
            self._task = plan.task.name
            self._rebuild()
        for key, field in self._fields().items():
            column = plan.dataset.columns.get(key, "")
            combo, label, reason = self.combos[key], self._labels[key], self._reasons[key]
            _fill(combo, head.columns, column, optional=field.optional or not column)
            label.setText(tr(field.title))
            for widget in (label, combo):
                widget.setToolTip(tr(field.help))
            combo.setAccessibleName(tr("Column for {field}", field=tr(field.title)))
            guessed = bool(column) and roles is not None and roles.columns.get(key) == column
            reason.setText(self._reason(roles, key) if guessed else "")
            reason.setVisible(bool(reason.text()))
            theme.set_role(reason, "muted" if roles is None or roles.sure else "warning")
        self._mark(self._session.draft.current_problems)

    def _reason(self, roles: Any, key: str) -> str:
        percent = f"{roles.confidence * 100:.0f}"
        why = roles.reasons.get(key, "")
        if not why:
            return tr("Guessed, {percent} % sure.", percent=percent)
        return tr("Guessed, {percent} % sure: {reason}", percent=percent, reason=why)

    def _mark(self, problems: list) -> None:
        wrong = {problem.field: problem for problem in problems if problem.severity == "error"}
        for key, combo in self.combos.items():
            problem = wrong.get(key)
            if bool(combo.property("wrong")) != bool(problem):
                combo.setProperty("wrong", bool(problem))
                combo.style().unpolish(combo)
                combo.style().polish(combo)
            if problem is not None:
                self._reasons[key].setText(str(problem))
                theme.set_role(self._reasons[key], "danger")
                self._reasons[key].show()

    def _choose(self, key: str, column: str) -> None:
        plan = self._session.draft.plan
        if plan is not None and plan.dataset.columns.get(key, "") != column:
            self._session.set_column(key, column)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.refresh()


def _fill(combo: Combo, columns: tuple[str, ...], chosen: str, *, optional: bool) -> None:
    wanted = [("", tr("none"))] if optional else []
    wanted += [(column, column) for column in columns]
    if chosen and chosen not in columns:
        wanted.append((chosen, chosen))
    shown = [(combo.itemData(row), combo.itemText(row)) for row in range(combo.count())]
    if shown != wanted:
        combo.clear()
        for value, title in wanted:
            combo.addItem(title, value)
    combo.setCurrentIndex(combo.findData(chosen))
