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

POLITE = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Threads that wait let others run instead of spinning: where other programs, or the window, want the processor too,
spinning made a run several times slower. What the user has set stays."""


def prepare_environment() -> None:
    """Set it all. Called when the door opens."""
    os.environ.update(OFFLINE)
    for name, value in POLITE.items():
        os.environ.setdefault(name, value)
