"""The saved model: a plain Hugging Face folder that programs without the workbench can open."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engine.staging import passing_folder
from workbench.engine.task import Learner

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.engine.tuned import Tuned

WEIGHTS = "model.safetensors"


def save_model(learner: Learner, folder: Path) -> None:
    """Write config.json, model.safetensors and the tokenizer into the empty `folder`. Raises OSError."""
    learner.rest()
    added = learner.tuned is not None and learner.tuned.adapters
    with _system_errors(folder):
        learner.net.save_pretrained(  # type: ignore[operator]
            folder, state_dict=learner.tuned.plain_state() if learner.tuned is not None and added else None
        )
        _plain(learner.tokenizer).save_pretrained(folder)


def _plain(tokenizer: Any) -> Any:
    """`tokenizer` as it came: how it last cut and padded, and where it was read from, is no property of the model."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        backend.no_truncation()
        backend.no_padding()
    for name in ("is_local", "local_files_only"):
        tokenizer.init_kwargs.pop(name, None)
    return tokenizer


def load_weights(learner: Learner, folder: Path) -> None:
    """Put the weights that `save_model` wrote back into `learner`, to measure it."""
    from safetensors.torch import load_file

    learner.rest()
    weights: dict[str, Tensor] = {}
    for shard in sorted(folder.glob("*.safetensors")):
        weights |= load_file(shard)
    _tuned(learner).load_plain(weights)


def live_weights(learner: Learner) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights of the plain model under its own names, and those that were added to it for the learning."""
    learner.rest()
    tuned = _tuned(learner)
    return tuned.base_state(), tuned.extra_state()


def restore_weights(learner: Learner, base: dict[str, Tensor], extra: dict[str, Tensor]) -> None:
    """Put into `learner`, bit for bit, what `live_weights` gave. Raises ValueError if a name is missing or strange."""
    learner.rest()
    _tuned(learner).load(base, extra)


def _tuned(learner: Learner) -> Tuned:
    from workbench.engine.tuned import Tuned

    return learner.tuned or Tuned(learner.net)


def rename_model(learner: Learner, name: str) -> None:
    """Let the net call itself `name`: a folder in which it lay for a while must not end up in what is saved."""
    net: Any = learner.net
    net.name_or_path = net.config.name_or_path = learner.tokenizer.name_or_path = name
    learner.tokenizer.init_kwargs["name_or_path"] = name


def description_files(learner: Learner) -> dict[str, bytes]:
    """{name: contents} of config.json and the tokenizer's files: a model's folder without its weights."""
    with passing_folder() as folder, _system_errors(folder):
        learner.net.config.save_pretrained(folder)  # type: ignore[union-attr, operator]
        _plain(learner.tokenizer).save_pretrained(folder)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def save_tensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Write `tensors` as one safetensors file. Raises OSError."""
    from safetensors.torch import save_file

    with _system_errors(path):
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata=metadata)


@contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    """safetensors and the tokenizers, whose errors are plain Exceptions, wrap what the system said; unwrap it.

    It ends in "(os error 28)".
    """
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error
