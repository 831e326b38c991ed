"""Taking one change of a plan back after others were made: what changed since stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from workbench.core.plan import Choice, TrainingPlan
from workbench.gui.draft import Draft


def taken_back(now: TrainingPlan, before: TrainingPlan, after: TrainingPlan) -> TrainingPlan:
    """`now` without what changed from `before` to `after`; a value that was changed again since keeps its newest."""
    if now.dataset.path != after.dataset.path:
        return now
    fields = _fields(now, before, after, skip="dataset")
    dataset = _fields(now.dataset, before.dataset, after.dataset, skip="mends")
    dataset["mends"] = _mends(now.dataset.mends, before.dataset.mends, after.dataset.mends)
    return msgspec.structs.replace(now, dataset=msgspec.structs.replace(now.dataset, **dataset), **fields)


def _fields(now: Any, before: Any, after: Any, skip: str) -> dict[str, Any]:
    changed = [name for name in now.__struct_fields__ if getattr(before, name) != getattr(after, name) and name != skip]
    return {name: getattr(before, name) for name in changed if getattr(now, name) == getattr(after, name)}


def _mends(now: Sequence[Choice], before: Sequence[Choice], after: Sequence[Choice]) -> tuple[Choice, ...]:
    kept = [mend for mend in now if mend in before or mend not in after]
    for place, mend in enumerate(before):
        if mend not in after and mend not in kept:
            kept.insert(min(place, len(kept)), mend)
    return tuple(kept)


def undo_of(draft: Draft, before: TrainingPlan, after: TrainingPlan, action: str) -> Callable[[], None]:
    """What a button beside the news of a change does: it takes that change back, whatever came after it.

    Right after the change it is the draft's own undo; later it is a step of its own, called `action`.
    """

    def undo() -> None:
        now = draft.plan
        if now is None:
            return
        if now == after and draft.undo_text:
            draft.undo()
        elif (wanted := taken_back(now, before, after)) != now:
            draft.open(wanted, action, keep_touched=True)

    return undo
