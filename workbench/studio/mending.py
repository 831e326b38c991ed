"""Mending: what a click on a finding does to a plan, and how it is taken back. The file itself never changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from workbench.core.language import tr
from workbench.core.options import Option, Scalar
from workbench.core.plan import Choice, TrainingPlan, with_value
from workbench.core.registry import Entry
from workbench.data.findings import Finding, Fix, Setting
from workbench.data.mends import every_mend, mended_labels, mends_texts, registry_of, text_mend
from workbench.data.profile import Profile
from workbench.data.watching import Watch
from workbench.studio import drafting
from workbench.studio.declarations import task_infos
from workbench.studio.knobs import value_of
from workbench.studio.room import Room


def mends() -> Mapping[str, Entry[Any]]:
    """{name: entry} of every mend, of texts, labels and rows."""
    return every_mend()


class Mending(Room):
    """What is done to the rows of a plan, and taken back. Nothing here reads a file."""

    def mends(self) -> Mapping[str, Entry[Any]]:
        """{name: entry} of every mend that a plan may make to texts, labels and rows."""
        return mends()

    def with_fix(self, plan: TrainingPlan, fix: Fix) -> TrainingPlan:
        """`plan` with what one click on a finding's fix does: a mend more, another split, or a setting.

        A mend that the plan has already moves to the end, behind what was mended since. The file stays as it is.
        """
        if fix.mend is not None:
            plan = _with_mends(plan, [*(mend for mend in plan.dataset.mends if mend != fix.mend), fix.mend])
        if fix.split is not None:
            plan = replace(plan, dataset=replace(plan.dataset, split=fix.split))
        return plan if fix.setting is None else _with_setting(plan, fix.setting)

    def without_mend(self, plan: TrainingPlan, place: int) -> TrainingPlan:
        """`plan` without its mend at `place`, counted from 0. Raises IndexError if there is none."""
        kept = list(plan.dataset.mends)
        del kept[place]
        return _with_mends(plan, kept)

    def mend_titles(self, plan: TrainingPlan) -> tuple[str, ...]:
        """One line in the user's language for each mend of `plan`, in their order."""
        return tuple(_title(mend) for mend in plan.dataset.mends)

    def open_findings(self, profile: Profile, plan: TrainingPlan) -> tuple[Finding, ...]:
        """The findings of `profile` that no setting of `plan` has settled since. Costs nothing."""
        return tuple(
            finding
            for finding in profile.findings
            if not any(fix.setting is not None and _is_set(plan, fix.setting) for fix in finding.fixes)
        )

    def mends_texts(self, plan: TrainingPlan) -> bool:
        """Whether any mend of `plan` changes texts."""
        return mends_texts(plan.dataset.mends)

    def mended_texts(self, plan: TrainingPlan, texts: Sequence[str]) -> list[str]:
        """`texts` as a model that `plan` trains sees them."""
        return list(map(text_mend(plan.dataset.mends), texts))

    def mended_labels(
        self, plan: TrainingPlan, cells: Sequence[str], progress: Callable[[float], None] | None = None
    ) -> Sequence[str]:
        """All `cells` of the label's column as `plan` reads them. `progress` hears 0 to 1, and may raise to cancel."""
        labelled = any(field.target and field.kind == "label" for field in task_infos()[plan.task.name].fields.values())
        return mended_labels(plan.dataset.mends, cells, Watch(progress)) if labelled else cells


def _with_mends(plan: TrainingPlan, chosen: list[Choice]) -> TrainingPlan:
    return replace(plan, dataset=replace(plan.dataset, mends=tuple(chosen)))


def _with_setting(plan: TrainingPlan, setting: Setting) -> TrainingPlan:
    if (setting.group, setting.name) == ("plan", "task"):
        return _with_task(plan, str(setting.value))
    if setting.group == "columns":
        columns = {**plan.dataset.columns, setting.name: str(setting.value)}
        kept = {name: column for name, column in columns.items() if column}
        return replace(plan, dataset=replace(plan.dataset, columns=kept))
    return with_value(plan, setting.group, setting.name, setting.value)


def _with_task(plan: TrainingPlan, task: str) -> TrainingPlan:
    """`plan` for another task, with the same columns: what was learned as a label is learned as a number, say."""
    before, after = task_infos()[plan.task.name].fields, task_infos()[task].fields
    target = next((plan.dataset.columns.get(name, "") for name, field in before.items() if field.target), "")
    columns = {name: plan.dataset.columns.get(name, "") for name, field in after.items() if not field.target}
    columns |= {name: target for name, field in after.items() if field.target}
    return drafting.with_task(plan, task, {name: column for name, column in columns.items() if column})


def _is_set(plan: TrainingPlan, setting: Setting) -> bool:
    if (setting.group, setting.name) == ("plan", "task"):
        return plan.task.name == setting.value
    if setting.group == "columns":
        return plan.dataset.columns.get(setting.name, "") == setting.value
    value: Scalar | None = value_of(plan, setting.name)
    if setting.name == "max_length" and isinstance(value, int) and isinstance(setting.value, int):
        return value >= setting.value
    return value == setting.value


def _title(mend: Choice) -> str:
    registry = registry_of(mend.name)
    if registry is None:
        return mend.name
    entry = registry[mend.name]
    values = entry.values(mend)
    knobs = [_knob(option, values[option.name]) for option in entry.options]
    shown = ", ".join(knob for knob in knobs if knob)
    return tr("{title} ({settings})", title=tr(entry.title), settings=shown) if shown else tr(entry.title)


def _knob(option: Option, value: Scalar) -> str:
    """One knob of a mend in words; "" for a switch that is off, and for a key, which is secret."""
    if option.name == "key":
        return ""
    if option.kind == "switch":
        return tr(option.title) if value else ""
    titles = {name: tr(title) for name, title in option.choices}
    return tr("{name}: {value}", name=tr(option.title), value=titles.get(str(value), value))
