"""Masking personal data: what it would do, and the plan that does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from workbench.core.plan import Choice, TrainingPlan
from workbench.data.findings_personal import fresh_key
from workbench.data.mends.masking import MASK_PERSONAL, MaskedText, preview_masks, switches
from workbench.data.personal import KINDS, Kind, Span

__all__ = ["KINDS", "Kind", "MaskedText", "Span", "mask_mend", "mask_of", "mask_preview", "with_mask"]


def mask_of(plan: TrainingPlan) -> Choice | None:
    """The mend of `plan` that masks personal data; None if it has none."""
    return next((mend for mend in plan.dataset.mends if mend.name == MASK_PERSONAL), None)


def mask_mend(plan: TrainingPlan, style: str, kinds: Iterable[str]) -> Choice:
    """The mend that masks these `kinds`, and no others, with "tags" or "pseudonyms"; a key of `plan` is kept."""
    old = mask_of(plan)
    options: dict[str, bool | int | float | str] = {"style": style, **switches(kinds)}
    if style == "pseudonyms":
        options["key"] = (old.options.get("key") if old else None) or fresh_key(plan.dataset.path)
    return Choice(name=MASK_PERSONAL, options=options)


def with_mask(plan: TrainingPlan, mend: Choice) -> TrainingPlan:
    """`plan` with `mend` where it masked before, or else before all its other mends."""
    mends = plan.dataset.mends
    if mask_of(plan) is None:
        mends = (mend, *mends)
    else:
        mends = tuple(mend if old.name == MASK_PERSONAL else old for old in mends)
    return msgspec.structs.replace(plan, dataset=msgspec.structs.replace(plan.dataset, mends=mends))


def mask_preview(plan: TrainingPlan, texts: Sequence[str], mend: Choice | None = None) -> tuple[MaskedText, ...]:
    """The first 20 of `texts` that `mend` would change, before and after; without one, the mend of `plan` or tags."""
    chosen = mend or mask_of(plan) or mask_mend(plan, "tags", KINDS)
    return preview_masks(texts, chosen)
