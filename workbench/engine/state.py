"""Where a run stands: everything about it that is neither a weight nor a moment of the optimizer. Plain JSON."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr

STATE_VERSION = 1


class Surroundings(Struct, frozen=True, kw_only=True):
    """What equal numbers depend on beside the plan and the data."""

    device: str
    threads: int
    precision: str
    versions: dict[str, str]


class RunState(Struct, kw_only=True):
    """The standing after `step` updates. The loop changes it in place; a checkpoint keeps a copy.

    `judged_step` is the last step whose model was measured, `best_step` the one whose model was kept (0: none yet) with
    its `best_score` (headline, minus loss; larger is better), `without_better` counts the looks since. `rows` and
    `seconds` are those of the training steps, `elapsed` the seconds of the whole run. `parts` says into how many pieces
    each micro-batch is cut because memory was short, `features` how the answers of frozen layers are kept.
    """

    step: int = 0
    judged_step: int = 0
    best_step: int = 0
    best_score: tuple[float, float] | None = None
    without_better: int = 0
    rows: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    parts: int = 1
    features: Literal["", "float32", "bfloat16", "off"] = ""
    surroundings: Surroundings | None = None
    model_name: str = ""
    version: int = STATE_VERSION


class RowsSeen(Struct, frozen=True, kw_only=True):
    """What is known of encoded rows: the digest of their files, how many are learned from, how many were left out."""

    data_sha256: str
    train: int
    skipped: int


def state_from_json(data: bytes) -> RunState:
    """The state in `data`. Raises WorkbenchError (T14) if it is damaged or of a newer version."""
    try:
        state = msgspec.json.decode(data, type=RunState)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _unreadable(tr("The checkpoint is damaged: {detail}.", detail=str(error))) from error
    if state.version > STATE_VERSION:
        raise _unreadable(tr("The checkpoint was made by a newer version of Model Workbench."))
    return state


def _unreadable(what: str) -> WorkbenchError:
    remedy = tr("The model that was kept can still be used. Train again to go further.")
    return WorkbenchError(Problem(code="T14", where=tr("Checkpoint"), what=what, remedy=remedy))


class Proposal(WorkbenchError):  # noqa: N818 - it is one
    """A problem with a cure that is known: fields of the plan and the values to try next."""

    def __init__(self, problem: Problem, changes: dict[str, int | float | str]) -> None:
        super().__init__(problem)
        self.changes = changes
