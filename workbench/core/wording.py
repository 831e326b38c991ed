"""What phases, states, outcomes and metrics are called: one vocabulary for the window and the terminal."""

from __future__ import annotations

import math

from workbench.core.events import Phase, PhaseChanged, RunFinished
from workbench.core.language import mark, tr

PHASES: dict[Phase, str] = {
    "importing": mark("Getting the training engine ready"),
    "reading": mark("Reading the data"),
    "restoring": mark("Restoring the checkpoint"),
    "loading": mark("Loading the model"),
    "tokenizing": mark("Tokenizing the texts"),
    "training": mark("Training"),
    "evaluating": mark("Evaluating"),
    "saving": mark("Saving the model"),
    "waiting": mark("Waiting for room on the disk"),
}
PHASES_PERCENT: dict[Phase, str] = {
    "reading": mark("Reading the data, {percent} %"),
    "loading": mark("Loading the model, {percent} %"),
    "tokenizing": mark("Tokenizing the texts, {percent} %"),
    "evaluating": mark("Evaluating, {percent} %"),
}
STATES = {
    "running": mark("running"),
    "completed": mark("finished"),
    "early_stopped": mark("stopped early"),
    "stopped": mark("stopped by you"),
    "paused": mark("paused"),
    "failed": mark("ended by a problem"),
    "interrupted": mark("interrupted"),
}
METRICS = {
    "accuracy": mark("Accuracy"),
    "macro_f1": mark("Macro-F1"),
    "rmse": mark("RMSE"),
    "mae": mark("MAE"),
    "r2": mark("R²"),
    "pearson": mark("Pearson r"),
    "spearman": mark("Spearman ρ"),
    "loss": mark("Loss"),
}


def metric_title(name: str) -> str:
    """The name of a metric, spoken; the name itself where we have none."""
    return tr(METRICS[name]) if name in METRICS else name


def phase_text(phase: PhaseChanged) -> str:
    """What the run is busy with, with the percentage where it is known."""
    if phase.fraction is not None and phase.phase in PHASES_PERCENT:
        return tr(PHASES_PERCENT[phase.phase], percent=math.floor(100 * phase.fraction))
    return tr(PHASES[phase.phase])


def state_text(state: str) -> str:
    """The state of a run, or the outcome it ended with, in a word or two."""
    return tr(STATES[state]) if state in STATES else state


def outcome_text(event: RunFinished) -> str:
    """How a run ended and what is safe, in whole sentences."""
    if event.outcome == "failed":
        return _failure_text(event)
    if event.outcome == "paused":
        return tr("Training is paused after step {step}. It can be resumed exactly there.", step=event.steps)
    if not event.best_step:
        return tr("Training stopped at step {step}. No model was kept.", step=event.steps)
    if event.outcome == "stopped":
        return tr(
            "You stopped at step {step}. The model of step {best} is kept.", step=event.steps, best=event.best_step
        )
    if event.outcome == "early_stopped":
        return tr(
            "Training stopped early at step {step}: nothing better came. The model of step {best} is kept.",
            step=event.steps,
            best=event.best_step,
        )
    return tr(
        "Training is finished after {step} steps. The model of step {best} is kept.",
        step=event.steps,
        best=event.best_step,
    )


def _failure_text(event: RunFinished) -> str:
    kept = (
        tr("The model of step {best} is safe.", best=event.best_step)
        if event.best_step
        else tr("Your data is untouched; no model was kept.")
    )
    what = (
        event.message
        if event.mendable
        else tr("Training ended at step {step} because of a mistake in the workbench. Sorry.", step=event.steps)
    )
    return f"{kept}\n{what}"
