"""Nothing leaves the computer: what must be set before any library of the field is imported."""

from __future__ import annotations

import os

QUIET = {
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


def stay_offline() -> None:
    """Set the environment. A download, when the user asks for one, lifts it in a process of its own."""
    os.environ.update(QUIET)
