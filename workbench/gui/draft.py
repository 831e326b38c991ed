"""Draft: the plan being edited. One truth, one signal; it knows what the user touched and how to undo it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from PySide6.QtCore import QObject, Signal

from workbench.core.errors import Problem
from workbench.core.language import tr
from workbench.core.options import Scalar
from workbench.core.plan import Choice, TrainingPlan, with_value

_DEPTH = 200


class _State(Struct, frozen=True):
    plan: TrainingPlan
    touched: frozenset[str]
    action: str = ""


class Draft(QObject):
    """Holds one frozen plan. Every change emits `changed(plan)`, then `problems(list)` once they are known.

    `find_problems` may be slow-ish but must not block; it is given the plan and returns what keeps it from starting.
    Values are addressed as "epochs" (the plan's own) or "optimizer.weight_decay" (group.name).
    """

    changed = Signal(object)
    problems = Signal(list)
    history_changed = Signal()

    def __init__(
        self, find_problems: Callable[[TrainingPlan], list[Problem]] | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._find_problems = find_problems
        self._state: _State | None = None
        self._past: list[_State] = []
        self._future: list[_State] = []
        self._merging = ""
        self.current_problems: list[Problem] = []

    @property
    def plan(self) -> TrainingPlan | None:
        """The plan as it is now; None before any data is chosen."""
        return self._state.plan if self._state else None

    @property
    def touched(self) -> frozenset[str]:
        """The addresses of the values that the user set."""
        return self._state.touched if self._state else frozenset()

    def open(
        self, plan: TrainingPlan, action: str = "", *, keep_touched: bool = False, touched: Iterable[str] = ()
    ) -> None:
        """Take `plan` as a whole (a new data file, a model with its defaults). Undoable."""
        kept = self.touched if keep_touched else frozenset(touched)
        self._push(_State(plan, kept, action or tr("Open data")))

    def replace(self, action: str = "", **changes: Any) -> None:
        """Set fields of the plan, e.g. `replace(learning_rate=3e-5)`; marks them as touched."""
        if self._state is None:
            return
        plan = msgspec.structs.replace(self._state.plan, **changes)
        touched = self._state.touched | changes.keys()
        self._push(_State(plan, touched, action or tr("Change setting")), merge=",".join(sorted(changes)))

    def set_option(self, group: str, name: str, value: Scalar, action: str = "") -> None:
        """Set one knob of a group ("plan", "dataset", "model", "task", "loss", "optimizer", "schedule")."""
        if self._state is None or self.option(group, name, None) == value:
            return
        plan = with_value(self._state.plan, group, name, value)
        touched = self._state.touched | {address(group, name)}
        self._push(_State(plan, touched, action or tr("Change setting")), merge=address(group, name))

    def reset_option(self, group: str, name: str, default: Scalar, action: str = "") -> None:
        """Back to `default`; no longer touched."""
        if self._state is None:
            return
        plan = with_value(self._state.plan, group, name, default)
        touched = self._state.touched - {address(group, name)}
        self._push(_State(plan, touched, action or tr("Reset setting")))

    def option(self, group: str, name: str, default: Scalar | None) -> Scalar | None:
        """The value of one knob; `default` if the plan does not say."""
        return default if self._state is None else option_value(self._state.plan, group, name, default)

    def take_defaults(self, plan: TrainingPlan, action: str, *touched: str) -> None:
        """Take `plan` but keep every value of the training group that the user touched; `touched` is so from now on."""
        self._push(_State(self._with_touched(plan), self.touched.union(touched), action))

    def take_file(self, plan: TrainingPlan, action: str) -> None:
        """Take the plan for another file, which has the model that the user chose; the values that go with it stay."""
        kept = frozenset(name for name in self.touched if name.startswith("model.") or name in self._own_numbers())
        self._push(_State(self._with_touched(plan), kept | {"model"}, action))

    def _with_touched(self, plan: TrainingPlan) -> TrainingPlan:
        return msgspec.structs.replace(plan, **self._own_numbers())

    def _own_numbers(self) -> dict[str, Any]:
        if self._state is None:
            return {}
        values = {name: getattr(self._state.plan, name) for name in self.touched if "." not in name and name != "model"}
        return {name: value for name, value in values.items() if isinstance(value, int | float)}

    @property
    def undo_text(self) -> str:
        """The name of what `undo` would take back; "" if there is nothing."""
        return self._state.action if self._past and self._state else ""

    @property
    def redo_text(self) -> str:
        """The name of what `redo` would do again; "" if there is nothing."""
        return self._future[-1].action if self._future else ""

    def undo(self) -> None:
        """Take the last change back."""
        if self._past and self._state:
            self._future.append(self._state)
            self._show(self._past.pop())

    def redo(self) -> None:
        """Do again what was taken back."""
        if self._future and self._state:
            self._past.append(self._state)
            self._show(self._future.pop())

    def end_merge(self) -> None:
        """The next change of the same value is a step of its own (call it when a field loses the focus)."""
        self._merging = ""

    def check(self) -> None:
        """Look for problems again, e.g. because a model was downloaded."""
        if self._state is not None and self._find_problems is not None:
            self.take_problems(self._find_problems(self._state.plan))

    def take_problems(self, found: list[Problem]) -> None:
        """What keeps the plan from starting, found elsewhere."""
        self.current_problems = found
        self.problems.emit(found)

    def _push(self, state: _State, merge: str = "") -> None:
        if self._state is not None:
            if state.plan == self._state.plan and state.touched == self._state.touched:
                return
            if not (merge and merge == self._merging):
                self._past.append(self._state)
                del self._past[:-_DEPTH]
        self._future.clear()
        self._show(state)
        self._merging = merge

    def _show(self, state: _State) -> None:
        self._merging = ""
        self._state = state
        self.changed.emit(state.plan)
        self.history_changed.emit()
        self.check()


def address(group: str, name: str) -> str:
    """The address of a knob: the plan's own fields stand alone."""
    return name if group == "plan" else f"{group}.{name}"


def option_value(plan: TrainingPlan, group: str, name: str, default: Scalar | None) -> Scalar | None:
    """The value of one knob in `plan`; `default` if the plan does not say."""
    if group == "plan":
        return getattr(plan, name)
    if group == "dataset":
        return getattr(plan.dataset, name)
    return getattr(plan, group).options.get(name, default)


def with_choice(plan: TrainingPlan, group: str, name: str) -> TrainingPlan:
    """`plan` with another entry of a family, its knobs at their defaults."""
    return msgspec.structs.replace(plan, **{group: Choice(name=name)})


def changed_plan(plan: TrainingPlan, changes: Mapping[str, Scalar]) -> TrainingPlan:
    """`plan` with knobs set by their addresses: "learning_rate" or "optimizer.weight_decay"."""
    for key, value in changes.items():
        group, _, name = key.rpartition(".")
        plan = with_value(plan, group or "plan", name, value)
    return plan
