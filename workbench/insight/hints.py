"""The words of the coach: what was seen, what it means, and one change to try."""

from __future__ import annotations

import math
from collections.abc import Callable

from msgspec import Struct, field

from workbench.core.language import tr
from workbench.core.options import Scalar
from workbench.core.plan import PLAN_OPTIONS
from workbench.core.wording import metric_title
from workbench.insight.story import Story
from workbench.insight.symptoms import Symptom

USUAL_RATES = {"scratch": 5e-4}
USUAL_RATE = 5e-5
"""Rates of Adam that suit as a rule: for fresh weights, and for pretrained ones (Devlin et al. 2019: 2e-5 to 5e-5)."""
_ENOUGH_STEPS = 100  # three times the fewest that can be judged
_BOUNDS = {option.name: option for option in PLAN_OPTIONS}


class Hint(Struct, frozen=True, kw_only=True):
    """One thing that the curves show. All texts are in the user's language.

    `evidence` says what was seen, `advice` what to do. `changes` is the one change to try: {path in the plan: value},
    as `changed` takes it; empty where no setting helps. `since_step` is
    0 where the whole run shows it. `severity` is "warning" for what spoils the run, "info" for what could be better.
    """

    code: str
    title: str
    evidence: str
    advice: str
    severity: str = "warning"
    since_step: int = 0
    changes: dict[str, Scalar] = field(default_factory=dict)


def hint_of(symptom: Symptom, story: Story) -> Hint:
    """`symptom` in words, with the change that suits `story`."""
    return _WORDS[symptom.code](symptom, story)


def _overfitting(symptom: Symptom, story: Story) -> Hint:
    values = symptom.values
    plan = story.plan
    best = next((look.epoch for look in story.looks if look.step == symptom.since_step), 0.0)
    fewer = max(1, math.ceil(best - 1e-6))
    if fewer <= plan.epochs * 2 / 3 or plan.patience:
        fewer = min(fewer, max(1, plan.epochs - 1))
        advice = tr("Learn for fewer epochs, or bring more rows: the model now learns the training rows by heart.")
        changes: dict[str, Scalar] = {"epochs": fewer} if fewer < plan.epochs else {}
    else:
        advice = tr("Let training stop by itself when nothing better comes.")
        changes = {"patience": 2}
    return Hint(
        code=symptom.code,
        title=tr("Overfitting since step {step}", step=symptom.since_step),
        evidence=tr(
            "The validation loss rose from {low} to {last} while the training loss fell, and {metric} no longer gains.",
            low=_number(values["low"]),
            last=_number(values["last"]),
            metric=metric_title(story.headline),
        ),
        advice=advice,
        severity="info",
        since_step=symptom.since_step,
        changes=changes,
    )


def _rate_too_high(symptom: Symptom, story: Story) -> Hint:
    values = symptom.values
    if not math.isfinite(values["worst"]):
        evidence = tr("The loss or the gradient was not finite at step {step}.", step=symptom.since_step)
    elif "spikes" in values:
        evidence = tr(
            "The loss jumps to {worst} in bursts, far from its middle of {first}.",
            worst=_number(values["worst"]),
            first=_number(values["first"]),
        )
    else:
        evidence = tr(
            "The training loss rose from {first} to {worst}, and did not come back.",
            worst=_number(values["worst"]),
            first=_number(values["first"]),
        )
    return Hint(
        code=symptom.code,
        title=tr("The learning rate is too high"),
        evidence=evidence,
        advice=tr("Each step goes too far and undoes the ones before. Try a lower learning rate."),
        since_step=symptom.since_step,
        changes={"learning_rate": lower_rate(story)},
    )


def _rate_too_low(symptom: Symptom, story: Story) -> Hint:
    values = symptom.values
    return Hint(
        code=symptom.code,
        title=tr("The learning rate is too low"),
        evidence=tr(
            "The training loss went from {first} to {last} in {steps} steps; steps of this size hardly move the model.",
            first=_number(values["first"]),
            last=_number(values["last"]),
            steps=len(story.steps),
        ),
        advice=tr("Try a higher learning rate."),
        since_step=symptom.since_step,
        changes={"learning_rate": higher_rate(story)},
    )


def _plateau(symptom: Symptom, story: Story) -> Hint:
    if story.plan.schedule.name == "constant":
        advice = tr("A rate that stays the same may step over what is left. Let it fall towards the end.")
        changes: dict[str, Scalar] = {"schedule": "linear"}
    else:
        advice = tr("More of the same will not help. Try a higher learning rate, or a larger model.")
        changes = {"learning_rate": _legal_rate(story.plan.learning_rate * 3)}
    return Hint(
        code=symptom.code,
        title=tr("Nothing has moved since step {step}", step=symptom.since_step),
        evidence=tr(
            "The training loss stays at {last}, after {first} at the start, and the validation loss with it.",
            last=_number(symptom.values["last"]),
            first=_number(symptom.values["first"]),
        ),
        advice=advice,
        severity="info",
        since_step=symptom.since_step,
        changes=changes,
    )


def _collapse(symptom: Symptom, story: Story) -> Hint:
    share = story.baseline.get("accuracy", 0.0)
    if story.plan.learning_rate >= 3 * usual_rate(story):
        advice = tr("A rate this high drives a model there. Try a lower learning rate.")
        changes: dict[str, Scalar] = {"learning_rate": lower_rate(story)}
    elif share > 1.5 / max(2, _classes(story)) and story.plan.task.name == "text-classification":
        advice = tr("One class is so common that naming it alone pays. Let every class count the same.")
        changes = {"task.class_weights": "balanced"}
    else:
        advice = tr("The model has not found a start yet. Give it more epochs.")
        changes = {"epochs": _more_epochs(story, 2 * story.plan.epochs)}
    return Hint(
        code=symptom.code,
        title=tr("Every row gets the same answer"),
        evidence=tr("Since step {step}, all validation rows were taken for one class.", step=symptom.since_step),
        advice=advice,
        since_step=symptom.since_step,
        changes=changes,
    )


def _nothing_learned(symptom: Symptom, story: Story) -> Hint:
    rate, usual = story.plan.learning_rate, usual_rate(story)
    changes: dict[str, Scalar] = {}
    if rate >= 10 * usual:
        changes = {"learning_rate": lower_rate(story)}
        advice = tr("Try a lower learning rate; if that does not help, check that the data tell the answer.")
    elif rate <= usual / 10:
        changes = {"learning_rate": higher_rate(story)}
        advice = tr("Try a higher learning rate; if that does not help, check that the data tell the answer.")
    else:
        advice = tr("Check the columns and some rows: can a person tell the answer from what the model sees?")
    return Hint(
        code=symptom.code,
        title=tr("Nothing learned beyond guessing"),
        evidence=tr(
            "The best {metric} is {best}, guessing gives {baseline}: no more than chance on {rows} validation rows.",
            metric=metric_title(story.headline),
            best=_number(symptom.values["best"]),
            baseline=_number(symptom.values["baseline"]),
            rows=story.validation_rows,
        ),
        advice=advice,
        changes=changes,
    )


def _too_few_steps(symptom: Symptom, story: Story) -> Hint:
    plan, steps = story.plan, len(story.steps)
    if plan.max_steps and plan.max_steps <= steps:
        changes: dict[str, Scalar] = {"max_steps": 0}
    else:
        changes = {"epochs": _more_epochs(story, math.ceil(_ENOUGH_STEPS / story.steps_per_epoch))}
    return Hint(
        code=symptom.code,
        title=tr("Too few steps to judge"),
        evidence=tr(
            "The model made {steps} steps. Fewer than {needed} do not tell a trend from chance.",
            steps=steps,
            needed=int(symptom.values["needed"]),
        ),
        advice=tr("Let it learn for longer, or take smaller batches."),
        severity="info",
        changes=changes,
    )


_WORDS: dict[str, Callable[[Symptom, Story], Hint]] = {
    "overfitting": _overfitting,
    "rate_too_high": _rate_too_high,
    "rate_too_low": _rate_too_low,
    "plateau": _plateau,
    "collapse": _collapse,
    "nothing_learned": _nothing_learned,
    "too_few_steps": _too_few_steps,
}
CODES = tuple(_WORDS)
"""Every hint that there is."""


def usual_rate(story: Story) -> float:
    """The rate that suits the plan's model as a rule. Plain gradient steps need about a hundred times Adam's."""
    rate = USUAL_RATES.get(story.plan.model.source, USUAL_RATE)
    return 100 * rate if story.plan.optimizer.name.startswith("sgd") else rate


def lower_rate(story: Story) -> float:
    """A tenth of the rate, or the usual one where that is lower still."""
    return _legal_rate(min(story.plan.learning_rate / 10, max(usual_rate(story), story.plan.learning_rate / 1000)))


def higher_rate(story: Story) -> float:
    """Ten times the rate, or the usual one where that is higher still."""
    return _legal_rate(max(story.plan.learning_rate * 10, usual_rate(story)))


def _legal_rate(rate: float) -> float:
    return float(_BOUNDS["learning_rate"].nearest(float(f"{rate:.1g}")))


def _more_epochs(story: Story, epochs: int) -> int:
    return int(_BOUNDS["epochs"].nearest(max(epochs, story.plan.epochs + 1)))


def _classes(story: Story) -> int:
    return len(story.looks[-1].confusion) if story.looks else 0


def _number(value: float) -> str:
    """Three digits, as many as it takes to see a change."""
    return f"{value:.3f}" if 0.01 <= abs(value) < 100 else f"{value:.3g}"
