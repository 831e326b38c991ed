"""What is wrong with a curve, if anything: one function for each trouble, from `Signs` to a `Symptom` or None.

A threshold is either a number of standard errors of the noise of the curve itself, or a size below which the trouble
would not matter to a person. Both say why.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from workbench.insight.signs import FEWEST_STEPS, Level, Signs, level, noise_of

SURE = 3.0  # standard errors: one false alarm in 740 for one look at a normal noise
VERY_SURE = 4.0  # where twenty windows are searched for the worst: 20 chances in 30,000
_MATTERS = 0.1  # a tenth of a loss: for less, nobody would train again
_WORSE_THAN_START = 0.2  # a model cannot be a fifth worse than untrained but by overshooting; unlike batches give less
_LATE = 0.7  # share of the run after which a late start is not waited for: real runs stay at their first loss to 0.6
_FIRST_SIZE = 0.02  # the standard deviation of fresh weights (BERT's initializer_range, Devlin et al. 2019)
_FAR = 10.0  # times what learning takes at the least: steps that went so far were not too small
_PARTS = 100  # in which the middle of a long curve is followed
_MASTERED = 0.95  # a headline between 0 and 1 that leaves nothing to ask for


class Symptom(NamedTuple):
    """A trouble, since when it shows, and the numbers that show it (named as in the texts of `hints`)."""

    code: str
    since_step: int
    values: dict[str, float]


def too_few_steps(signs: Signs) -> Symptom | None:
    """The run is over before its curves can show anything, and the model is not good by luck of its pretraining."""
    steps = len(signs.losses)
    if not signs.is_over or steps >= FEWEST_STEPS or has_learned(signs):
        return None
    return Symptom("too_few_steps", 0, {"steps": steps, "needed": FEWEST_STEPS})


def has_learned(signs: Signs) -> bool:
    """Whether the best look is beyond guessing by more than noise."""
    return signs.skill > SURE


def rate_too_high(signs: Signs) -> Symptom | None:
    """The loss is not a number any more, is far above its start, climbs back, or spikes in trains of steps."""
    broken = ~np.isfinite(signs.losses) | ~np.isfinite(signs.norms)
    if broken.any():
        step = int(signs.steps[int(np.argmax(broken))])
        return Symptom("rate_too_high", step, {"step": step, "first": signs.start.mean, "worst": math.inf})
    return _far_above_start(signs) or _climbed_back(signs) or _spiking(signs)


def _far_above_start(signs: Signs) -> Symptom | None:
    """A stretch of losses above the first ones. Logarithms, because the noise of a loss grows with the loss."""
    if len(signs.windows) < 2 or signs.end.mean < (1 - _WORSE_THAN_START) * math.exp(signs.log_untouched.mean):
        return None  # a rough beginning is forgiven once the loss is below its start by as much as it was above it
    untouched = signs.log_untouched
    least = untouched.mean + math.log1p(_WORSE_THAN_START)
    over = [n for n, one in enumerate(signs.log_windows) if one.mean > least and one.above(untouched) > VERY_SURE]
    if not over and not any(one.mean > least and one.above(untouched) > SURE for one in signs.log_quarters):
        return None
    since = signs.step_of_window(over[0]) if over else int(signs.steps[0])
    worst = max(one.mean for one in signs.windows)
    return Symptom("rate_too_high", since, {"step": since, "first": math.exp(untouched.mean), "worst": worst})


def _climbed_back(signs: Signs) -> Symptom | None:
    """Half of what was gained on the training rows is lost again: steps leave the valley they were in."""
    if len(signs.windows) < 4:
        return None
    best = min(range(len(signs.windows)), key=lambda number: signs.windows[number].mean)
    low, end, start = signs.windows[best], signs.end, signs.start
    descent = start.mean - low.mean
    if descent < start.mean / 4 or start.above(low) < VERY_SURE:  # no valley yet that it could leave
        return None
    if end.mean < low.mean + descent / 2 or end.above(low) < VERY_SURE:
        return None
    since = signs.step_of_window(best)
    return Symptom("rate_too_high", since, {"step": since, "first": low.mean, "worst": end.mean})


def _spiking(signs: Signs) -> Symptom | None:
    """Losses far out that come in trains. Batches that are hard by chance come alone, as often as chance has it.

    Far out: five robust standard deviations and half the first loss above the running median. Were such steps strewn
    at random, n·p² neighbours would both be far out, give or take the root of it (Poisson).
    """
    losses = signs.losses
    if len(losses) < 2 * FEWEST_STEPS or _is_done(signs):
        return None
    parts = np.array_split(losses, min(_PARTS, len(losses) // FEWEST_STEPS))
    beyond = [part - np.median(part) for part in parts]
    spread = 1.4826 * float(np.median(np.abs(np.concatenate(beyond))))
    far = [part > max(5 * spread, math.exp(signs.log_untouched.mean) / 2) for part in beyond]
    pairs = sum(int((part[1:] & part[:-1]).sum()) for part in far)
    expected = sum(len(part) * float(part.mean()) ** 2 for part in far)  # part by part: some stretches are harder
    if pairs < 3 or pairs < expected + SURE * math.sqrt(expected + 1):
        return None
    where = np.concatenate(far)
    first = int(signs.steps[int(np.argmax(where))])
    values = {"step": first, "first": float(np.median(losses)), "worst": float(losses[where].max()), "spikes": pairs}
    return Symptom("rate_too_high", first, values)


def rate_too_low(signs: Signs) -> Symptom | None:
    """The loss hardly moves, and the steps are too small to move it; or it falls on and on, but by very little."""
    steps = len(signs.losses)
    if steps < FEWEST_STEPS or signs.fall > 2 * _MATTERS * signs.share_made:
        return None
    values = {"first": signs.start.mean, "last": signs.end.mean, "rate": signs.story.plan.learning_rate}
    # From a third on, the mean rate of the rest is no higher than the mean so far: every schedule is past its warm-up.
    if (signs.share_done > 1 / 3 or signs.is_over) and _reach(signs) < signs.share_made:
        return Symptom("rate_too_low", int(signs.steps[0]), values)
    if signs.is_over and signs.fall < _MATTERS and _reach(signs) < _FAR and _falls_steadily(signs):
        return Symptom("rate_too_low", int(signs.steps[0]), values)
    return None


def _reach(signs: Signs) -> float:
    """How far the steps so far can have carried the model, as a share of what learning takes at the least.

    Adam's steps move a weight by about the rate at most (Kingma & Ba 2015, Adam, section 2.1), so the sum of the rates
    bounds the way of every weight; what cannot go further than a fresh weight's own size has not left its start. A
    pretrained model is near where it has to go (Radiya-Dixit & Wang 2020, How fine can fine-tuning be?): a tenth.
    Plain gradient steps of rate η lower the loss by η·|g|² at most, to first order; a fifth of the first loss is asked.
    """
    plan = signs.story.plan
    if not plan.optimizer.name.startswith("sgd"):
        needed = _FIRST_SIZE if plan.model.source == "scratch" else _FIRST_SIZE / 10
        return float(signs.rates.sum()) / needed
    momentum = float(plan.optimizer.options.get("momentum", 0.9)) if plan.optimizer.name == "sgd-momentum" else 0.0
    made = np.minimum(signs.norms, plan.clip_norm) if plan.clip_norm else signs.norms
    lowered = float((signs.rates * made * signs.norms).sum()) / (1 - momentum)
    return lowered / (0.2 * signs.start.mean)


def _falls_steadily(signs: Signs) -> bool:
    """Whether the fall, for each unit of rate spent, goes on in the second half as in the first."""
    spent = np.cumsum(signs.rates)
    half = int(np.searchsorted(spent, spent[-1] / 2))
    quarter, three = (int(np.searchsorted(spent, share * spent[-1])) for share in (0.25, 0.75))
    parts = [signs.losses[:quarter], signs.losses[quarter:half], signs.losses[half:three], signs.losses[three:]]
    if min(map(len, parts)) < 10:
        return False
    first, second, third, fourth = map(level, parts)
    if len(signs.validation) < 2 or signs.validation[-1] >= signs.validation[0] or first.above(fourth) < SURE:
        return False
    if first.mean - fourth.mean < (signs.start.mean - signs.end.mean) / 2:  # most of it was a drop at the start
        return False
    return third.above(fourth) > 1 and third.mean - fourth.mean > (first.mean - second.mean) / 2


def collapse(signs: Signs) -> Symptom | None:
    """All rows get the same answer: at the last two looks, when a late start is not to be waited for any more."""
    looks = signs.story.looks
    if len(signs.losses) < FEWEST_STEPS or not looks or not _is_settled(signs):
        return None
    alike = [_is_one_class(signs, number) for number in range(len(looks))]
    if not all(alike[-2:]):
        return None
    first = len(alike) - next((n for n, one in enumerate(reversed(alike)) if not one), len(alike))
    step = looks[first].step
    return Symptom("collapse", step, {"step": step, "looks": len(alike) - first})


def _is_one_class(signs: Signs, number: int) -> bool:
    look, baseline = signs.story.looks[number], signs.story.baseline
    if look.confusion:
        confusion = np.asarray(look.confusion)
        return int((confusion.sum(0) > 0).sum()) == 1 and int((confusion.sum(1) > 0).sum()) > 1
    same = [math.isclose(look.metrics[name], baseline[name], abs_tol=1e-9) for name in look.metrics if name in baseline]
    return "accuracy" in look.metrics and bool(same) and all(same)


def _is_settled(signs: Signs) -> bool:
    """Whether the run is over, or so late and so flat that no start is to be expected."""
    if signs.is_over:
        return True
    if signs.share_done < _LATE or len(signs.windows) < 4 or len(signs.looked) < 2:
        return False
    quarter = len(signs.losses) // 4
    return level(signs.losses[-2 * quarter : -quarter]).above(level(signs.losses[-quarter:])) < SURE


def nothing_learned(signs: Signs) -> Symptom | None:
    """No look is better than guessing by more than the noise of so many rows."""
    if len(signs.losses) < FEWEST_STEPS or not _is_settled(signs) or not math.isfinite(signs.skill):
        return None
    # The bound of 95 %. Of few rows even a fair skill, a kappa of 0.25, would stay below it: there, half of it.
    if signs.skill >= (2 if signs.story.validation_rows >= 64 else 1):
        return None
    story = signs.story
    best = float(np.nanmax(signs.scores)) * (1.0 if story.higher_is_better else -1.0)
    return Symptom("nothing_learned", 0, {"best": best, "baseline": story.baseline.get(story.headline, math.nan)})


def overfitting(signs: Signs) -> Symptom | None:
    """The validation loss rises while the training loss falls, and the headline metric no longer gains."""
    story, validation = signs.story, signs.validation
    if len(validation) < 4 or not np.isfinite(validation).all():
        return None
    if story.plan.patience and story.outcome in ("", "early_stopped"):
        return None  # the remedy is in the plan already
    since = max(int(np.argmin(validation)), _settled_look(signs))
    tail = validation[since:]
    if len(tail) < 3:  # one look that is worse may be luck; two that stay worse are not
        return None
    last = tail[1:][-max(2, len(tail) // 3) :]
    rise = float(last.mean() - tail[0])
    # Two standard errors of a mean less one value: three more signs have to agree before anything is said.
    error = _look_noise(signs, since) * math.sqrt(1 + 1 / len(last))
    if last.min() <= tail[0] or rise < max(2 * error, _MATTERS * tail[0]):
        return None
    step = int(signs.looked[since])
    if not _training_fell(signs, since):
        return None
    return Symptom("overfitting", step, {"step": step, "low": float(tail[0]), "last": float(last.mean())})


def _look_noise(signs: Signs, since: int) -> float:
    """The noise of the validation loss about where the rise is judged, and over the whole curve: the less of the two.

    The whole curve's bends count as noise for second differences, the few last looks may jump with the rate.
    """
    return min(noise_of(signs.validation), noise_of(signs.validation[since:]))


def _settled_look(signs: Signs) -> int:
    """The first look at which the headline metric is as good as it gets, within its noise."""
    scores = signs.scores
    if not np.isfinite(scores).any():
        return 0
    return int(np.argmax(scores >= np.nanmax(scores) - 2 * signs.score_noise))


def _training_fell(signs: Signs, since: int) -> bool:
    every = int(np.median(np.diff(signs.looked)))
    turn, end = int(signs.looked[since]), int(signs.looked[-1])
    before, after = level(signs.between(turn - every, turn)), level(signs.between(end - every, end))
    return after.mean < before.mean and (before.above(after) > SURE or after.mean < before.mean / 2)


def plateau(signs: Signs) -> Symptom | None:
    """Something was learned, then neither loss nor metric moved for half of the run, far from done."""
    looks = signs.story.looks
    if signs.share_done < 0.5 and not signs.is_over:
        return None
    begin = int(signs.steps[-1]) / 2
    inside = np.flatnonzero(signs.looked > begin)
    if begin < 2 * signs.story.steps_per_epoch:  # rows that were seen once or twice have not been learned from enough
        return None
    if len(inside) < 4 or len(looks) < 6 or not has_learned(signs) or _is_done(signs):
        return None
    middle = begin * 1.5
    first, second = level(signs.between(begin, middle)), level(signs.between(middle, begin * 2))
    descent = signs.start.mean - second.mean
    if descent < _MATTERS * signs.start.mean or not _stands_still(first, second, descent):
        return None
    seen = [level(part) for part in np.array_split(signs.validation[inside], 2)]
    if seen[0].mean - seen[1].mean > max(_MATTERS * descent, 2 * noise_of(signs.validation[inside])):
        return None
    scores = [float(part.mean()) for part in np.array_split(signs.scores[inside], 2)]
    if scores[1] - scores[0] > signs.score_noise:
        return None
    step = int(signs.looked[inside[0]])
    return Symptom("plateau", step, {"step": step, "first": signs.start.mean, "last": second.mean})


def _stands_still(first: Level, second: Level, descent: float) -> bool:
    """A fall that noise explains, or of less than a tenth of all that was gained."""
    return first.above(second) < 2 or first.mean - second.mean < _MATTERS * descent


def _is_done(signs: Signs) -> bool:
    """Whether little is left to learn: less than a third of the first loss, or a metric near its end."""
    best = float(np.nanmax(signs.scores)) if np.isfinite(signs.scores).any() else math.nan
    left = (signs.end.mean - signs.floor) / (signs.start.mean - signs.floor) if signs.start.mean > signs.floor else 0.0
    return left < 1 / 3 or (signs.story.higher_is_better and best > _MASTERED)
