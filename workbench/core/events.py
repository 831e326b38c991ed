"""The facts of a run, in the order in which they happen. A stream of them is all that listeners ever see.

Grammar: RunStarted comes once, after any PhaseChanged and Notice; then StepDone, Evaluated, ModelSaved,
CheckpointSaved, PhaseChanged and Notice in any order; exactly one RunFinished ends every stream, whatever happened. A
run that is resumed is told by a stream of its own, with a RunStarted that says after which step it goes on.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec
from msgspec import Struct, field

from workbench.core.options import Scalar
from workbench.core.plan import TrainingPlan

Phase = Literal[
    "importing", "reading", "restoring", "loading", "tokenizing", "training", "evaluating", "saving", "waiting"
]
Outcome = Literal["completed", "early_stopped", "stopped", "paused", "failed"]
Part = Literal["validation", "test"]


class _Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    pass


class ClassMeasure(Struct, frozen=True, kw_only=True):
    """Precision, recall and F1 (0 to 1) of one class, and how many true rows (`support`) it has."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


class Measures(Struct, frozen=True, kw_only=True):
    """What a task measured over a set of rows.

    `metrics` are named numbers; `baseline` holds the same ones for always guessing the commonest class, `guess`, of the
    training rows (or their mean, where `guess` is "").
    `confusion[i][j]` counts the rows of true class i that were taken for class j, in the order of `classes`.
    """

    metrics: dict[str, float]
    baseline: dict[str, float]
    guess: str = ""
    classes: tuple[ClassMeasure, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()


class PhaseChanged(_Event, frozen=True, kw_only=True):
    """What the run is busy with; `fraction` 0 to 1 where it is known."""

    phase: Phase
    fraction: float | None = None


class RunStarted(_Event, frozen=True, kw_only=True):
    """The first step is about to be made. `steps` is the most that will be made; `parameters` counts the weights.

    `first_step` steps were made before: more than 0 in a stream that resumes a run. `trainable` counts the weights that
    learn.
    """

    run: str
    plan: TrainingPlan
    started: float
    steps: int
    steps_per_epoch: int
    train_rows: int
    validation_rows: int
    test_rows: int
    skipped_rows: int
    parameters: int
    device: str
    threads: int
    first_step: int = 0
    trainable: int = 0
    precision: str = "float32"
    headline: str
    higher_is_better: bool
    data_sha256: str
    versions: dict[str, str]


class StepDone(_Event, frozen=True, kw_only=True):
    """One update of the weights. `loss` is the mean over the step's rows, `grad_norm` is taken before clipping.

    `epoch` is the exact place, e.g. 1.25 for a quarter through the second epoch; `rows` and `seconds` are since start
    (training steps only: loading and evaluating are not in `seconds`).
    """

    step: int
    epoch: float
    loss: float
    learning_rate: float
    grad_norm: float
    rows: int
    seconds: float


class Evaluated(_Event, frozen=True, kw_only=True):
    """The model was measured on rows it does not learn from. `best`: better than all before, and kept."""

    step: int
    epoch: float
    part: Part
    loss: float
    measures: Measures
    best: bool = False


class ModelSaved(_Event, frozen=True, kw_only=True):
    """The model of `step` is on disk in `folder` (relative to the run's folder)."""

    step: int
    folder: str


class CheckpointSaved(_Event, frozen=True, kw_only=True):
    """Everything that is needed to go on after `step` is on the disk: `bytes` in `seconds`, beside the training."""

    step: int
    seconds: float
    bytes: int


class Notice(_Event, frozen=True, kw_only=True):
    """Something the user should know; the run goes on. `message` is in the user's language."""

    code: str
    message: str
    severity: Literal["info", "warning"] = "info"


class RunFinished(_Event, frozen=True, kw_only=True):
    """The end. `outcome` "failed" carries what went wrong: `message` for people, `details` (a traceback) for us.

    `mendable` tells a problem that the user can mend from a bug of ours. `best_step` 0 means that no model was kept.
    `proposal` names fields of the plan with the values to try next, e.g. {"learning_rate": 1e-5}. `peak_memory_bytes`
    is the most that this process, or the card that trained, held; 0 where that cannot be known.
    """

    outcome: Outcome
    steps: int
    seconds: float
    best_step: int = 0
    message: str = ""
    details: str = ""
    mendable: bool = False
    proposal: dict[str, Scalar] = field(default_factory=dict)
    peak_memory_bytes: int = 0


Event = PhaseChanged | RunStarted | StepDone | Evaluated | ModelSaved | CheckpointSaved | Notice | RunFinished

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """`event` as one line of JSON, without the line's end."""
    return msgspec.json.encode(event)


def decode_event(line: bytes | str) -> Event:
    """The event that `encode_event` wrote. Raises msgspec.MsgspecError for anything else.

    JSON holds no NaN and no infinity: a loss that was not finite is written as null, and comes back as NaN.
    """
    try:
        return _decoder.decode(line)
    except msgspec.ValidationError:
        event: Event = msgspec.convert(_with_nan(msgspec.json.decode(line)), Event)
        return event


def _with_nan(value: object) -> object:
    if isinstance(value, dict):
        return {key: _with_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_nan(one) for one in value]
    return math.nan if value is None else value
