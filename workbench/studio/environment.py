"""What must be set before any library of the field is imported: nothing leaves the computer, threads stay polite."""

from __future__ import annotations

import os

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "true",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "WANDB_DISABLED": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
"""A download, when the user asks for one, lifts the first of these in a process of its own."""

WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
POLITE = {"GOMP_SPINCOUNT": "10000", "KMP_BLOCKTIME": "1"}
"""How threads wait for each other: they spin for a fraction of a millisecond (GNU's count, Intel's and LLVM's
milliseconds), then let others run. Between the many short products of a step that is as quick as spinning for ever;
without any spinning a step takes half as long again; and with spinning for ever, other programs on the same processors
made a run several times slower.
"""


def prepare_environment() -> None:
    """Set it all. Called when the door opens."""
    os.environ.update(OFFLINE)
    if not any(name in os.environ for name in WAITING):  # what the user has set stays
        os.environ.update(POLITE)
