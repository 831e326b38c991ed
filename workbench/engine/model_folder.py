"""The saved model: a plain Hugging Face folder that programs without the workbench can open."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.engine.task import Learner

if TYPE_CHECKING:
    from torch import Tensor


def save_model(learner: Learner, folder: Path) -> None:
    """Write config.json, model.safetensors and the tokenizer into the empty `folder`. Raises OSError."""
    from safetensors import SafetensorError

    try:
        learner.net.save_pretrained(folder)  # type: ignore[operator]
        learner.tokenizer.save_pretrained(folder)
    except SafetensorError as error:  # it wraps what the system said: "... (os error 28)"
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(folder)) from error


def load_weights(learner: Learner, folder: Path) -> None:
    """Put the weights that `save_model` wrote back into `learner`."""
    from safetensors.torch import load_file

    weights: dict[str, Tensor] = {}
    for shard in sorted(folder.glob("*.safetensors")):
        weights |= load_file(shard)
    learner.net.load_state_dict(weights, strict=False)
