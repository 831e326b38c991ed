"""What would cost less than a plan: other batches, shorter texts, fewer weights that learn, a smaller model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from workbench.core.forecasts import Cheaper, Forecast, Verdict
from workbench.core.language import tr
from workbench.core.plan import Choice, ModelSpec, TrainingPlan
from workbench.data.profile import Profile
from workbench.engine.forecast_shapes import row_lengths
from workbench.studio.catalog import ModelCard
from workbench.studio.drafting import with_model

MOST = 4
"""Choices that are offered at once."""

WORTH = 0.97
"""A choice is worth a click if it costs at most this share."""

RATES = {"head": 1e-3, "lora": 5e-4}
"""Learning rates that suit when few weights learn."""

_ORDER: dict[Verdict, int] = {"fits": 0, "tight": 1, "too_big": 2}

Candidate = tuple[str, str, TrainingPlan]


def candidates(
    plan: TrainingPlan, profile: Profile, cards: Iterable[ModelCard], *, can_round: bool
) -> Iterator[Candidate]:
    """(what changes, its title, the changed plan) for everything that may cost less, the least harmful first."""
    yield from _smaller_batches(plan)
    if can_round and plan.precision == "float32":
        title = tr("Multiply in bfloat16")
        yield "precision", title, msgspec.structs.replace(plan, precision="bfloat16")
    yield from _shorter(plan, profile)
    yield from _fewer_weights(plan)
    yield from _smaller_models(plan, cards)
    if plan.epochs > 1:
        fewer = max(1, plan.epochs // 2)
        yield "epochs", tr("Fewer epochs: {epochs}", epochs=fewer), msgspec.structs.replace(plan, epochs=fewer)


def chosen(found: Forecast, tries: list[Cheaper]) -> tuple[Cheaper, ...]:
    """At most four of `tries`, in their order: those that help where `found` is too dear, one of a kind."""
    dear = found.verdict != "fits"
    helping = [one for one in tries if _helps(found, one, dear)]
    first: dict[str, Cheaper] = {}
    for one in helping:
        before = first.get(one.key)
        if before is None or _ORDER[one.verdict] < _ORDER[before.verdict]:
            first[one.key] = one
    kept = list(first.values())
    shown = kept[:MOST]
    solving = [one for one in kept if one.verdict == "fits"]
    if dear and solving and not any(one.verdict == "fits" for one in shown):
        shown[-1] = solving[0]
    return tuple(shown)


def _helps(found: Forecast, one: Cheaper, dear: bool) -> bool:
    if dear:
        return one.peak_bytes <= WORTH * found.peak_bytes
    return one.seconds <= WORTH * found.seconds


def _smaller_batches(plan: TrainingPlan) -> Iterator[Candidate]:
    rows, times = plan.batch_size, 1
    while rows > 1 and rows % 2 == 0:
        rows, times = rows // 2, times * 2
        title = tr(
            "{rows} rows at a time, {times} times a step: the same result, a little slower",
            rows=rows,
            times=plan.accumulation * times,
        )
        yield (
            "batch_size",
            title,
            msgspec.structs.replace(plan, batch_size=rows, accumulation=plan.accumulation * times),
        )


def _shorter(plan: TrainingPlan, profile: Profile) -> Iterator[Candidate]:
    lengths = row_lengths(profile.lengths, plan, max(1, min(profile.read, 5000)), plan.max_length)
    longest = int(lengths.max())
    for share in (0.98, 0.9, 0.75):
        shorter = max(8, int(-(-float(np.quantile(lengths, share)) // 8) * 8))
        if shorter < min(longest, plan.max_length):
            cut = float((lengths > shorter).mean())
            title = tr(
                "Read {tokens} tokens of each text: {percent} % of the texts are cut",
                tokens=shorter,
                percent=max(1, round(100 * cut)),
            )
            yield "max_length", title, msgspec.structs.replace(plan, max_length=shorter)


def _fewer_weights(plan: TrainingPlan) -> Iterator[Candidate]:
    if plan.tuning.name != "all" or plan.model.source == "scratch":
        return
    titles = {
        "lora": ("tuning", tr("Train small additions only (LoRA)")),
        "head": ("tuning-head", tr("Train only the head: much quicker, reaches less")),
    }
    for name, (key, title) in titles.items():
        yield key, title, msgspec.structs.replace(plan, tuning=Choice(name=name), learning_rate=RATES[name])


def _smaller_models(plan: TrainingPlan, cards: Iterable[ModelCard]) -> Iterator[Candidate]:
    known = {(card.spec.source, card.spec.location): card for card in cards}
    now = known.get((plan.model.source, plan.model.location))
    weights = now.parameters if now is not None and now.parameters else 0
    possible = [
        card
        for card in known.values()
        if card.available and card.parameters and plan.task.name in card.tasks and 0 < card.parameters < weights * 0.8
    ]
    for card in sorted(possible, key=lambda card: -card.parameters):
        yield "model", tr("The smaller model {model}", model=card.title), with_model(plan, card)
    small = ModelSpec(source="scratch")
    if plan.model != small:
        fresh = known.get(("scratch", ""))
        if fresh is not None:
            changed = with_model(plan, msgspec.structs.replace(fresh, spec=small))
            yield "model", tr("The smaller model {model}", model=fresh.title), changed
