"""A checkpoint: a folder from which a run goes on as if nothing had happened, to the last bit.

It is a plain Hugging Face folder (config.json, tokenizer, model.safetensors) with what the optimizer remembers beside
it (optimizer.safetensors), the weights that are not the plain model's (extra.safetensors), the task's facts and the
state of the run. Nothing here decides where it lies or whether it is whole: that is the place's business.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import numpy as np

from workbench.engine.batches import EncodedRows
from workbench.engine.model_folder import WEIGHTS, description_files, save_tensors
from workbench.engine.staging import stage
from workbench.engine.state import RowsSeen, RunState, state_from_json
from workbench.engine.task import Facts, Learner

if TYPE_CHECKING:
    from torch import Tensor

STATE, FACTS, ROWS = "state.json", "facts.json", "rows.json"
OPTIMIZER, EXTRA = "optimizer.safetensors", "extra.safetensors"
PARTS = ("train", "validation", "test")

Tensors = dict[str, "Tensor"]


class CheckpointPlace(Protocol):
    """Where checkpoints lie. What is `staged` is whole or not there; `newest` gives only what is whole.

    `notes` holds a sentence for each one that was passed over because it was damaged.
    """

    @property
    def notes(self) -> list[str]: ...

    def staged(self, step: int) -> AbstractContextManager[Path]: ...

    def newest(self) -> Path | None: ...

    def staged_rows(self) -> AbstractContextManager[Path]: ...

    def rows(self) -> Path | None: ...

    def require_room(self, bytes: int) -> None: ...

    def clear(self) -> None: ...


class Snapshot:
    """Copies of every tensor of a run, in memory that is used again for the next one.

    Copying costs a few milliseconds for each hundred megabytes; the writing may then take its time.
    """

    def __init__(self) -> None:
        self.base: Tensors = {}
        self.extra: Tensors = {}
        self.moments: Tensors = {}

    def take(self, base: Tensors, extra: Tensors, moments: Tensors) -> None:
        """Copy all of them."""
        for kept, now in ((self.base, base), (self.extra, extra), (self.moments, moments)):
            for name, tensor in now.items():
                if name in kept and kept[name].shape == tensor.shape:
                    kept[name].copy_(tensor.detach())
                else:
                    kept[name] = tensor.detach().to("cpu", copy=True)


def is_finite(tensors: Tensors) -> bool:
    """Whether every number of `tensors` is finite (a sum is not, if one of them is not)."""
    import torch

    return all(bool(torch.isfinite(tensor.sum())) for tensor in tensors.values() if tensor.is_floating_point())


def description_of(learner: Learner) -> dict[str, bytes]:
    """{name: contents} of the small files that are the same in every checkpoint of a run."""
    return description_files(learner) | {FACTS: msgspec.json.encode(learner.facts)}


def write_checkpoint(folder: Path, description: dict[str, bytes], tensors: Snapshot, state: bytes) -> None:
    """Fill the empty `folder`; `state` is the JSON of a RunState. Raises OSError."""
    stage(folder, description | {STATE: state}, {})
    save_tensors(tensors.base, folder / WEIGHTS, {"format": "pt"})
    save_tensors(tensors.extra, folder / EXTRA)
    save_tensors(tensors.moments, folder / OPTIMIZER)


def read_state(folder: Path) -> RunState:
    """The state in a checkpoint. Raises WorkbenchError if it is of a newer version."""
    return state_from_json((folder / STATE).read_bytes())


def read_facts(folder: Path, facts_type: type[Facts]) -> Any:
    """The task's facts in a checkpoint."""
    return msgspec.json.decode((folder / FACTS).read_bytes(), type=facts_type)


def write_rows(folder: Path, parts: dict[str, EncodedRows | None], seen: RowsSeen) -> None:
    """Fill the empty `folder` with the encoded rows: what a run needs of its data, whatever becomes of the file.

    Raises OSError.
    """
    import torch

    stage(folder, {ROWS: msgspec.json.encode(seen)}, {})
    for name, rows in parts.items():
        if rows is not None:
            arrays = {"offsets": rows.offsets}
            arrays |= {f"sequences.{key}": value for key, value in rows.sequences.items()}
            arrays |= {f"scalars.{key}": value for key, value in rows.scalars.items()}
            tensors = {key: torch.from_numpy(np.ascontiguousarray(value)) for key, value in arrays.items()}
            save_tensors(tensors, folder / f"{name}.safetensors")


def read_rows(folder: Path) -> tuple[dict[str, EncodedRows | None], RowsSeen]:
    """What `write_rows` wrote: {"train", "validation", "test"} and what is known of them."""
    from safetensors.numpy import load_file

    parts: dict[str, EncodedRows | None] = dict.fromkeys(PARTS)
    for name in PARTS:
        path = folder / f"{name}.safetensors"
        if path.is_file():
            arrays = load_file(path)
            parts[name] = EncodedRows(
                sequences={
                    key.removeprefix("sequences."): arrays[key] for key in arrays if key.startswith("sequences.")
                },
                scalars={key.removeprefix("scalars."): arrays[key] for key in arrays if key.startswith("scalars.")},
                offsets=arrays["offsets"],
            )
    return parts, read_rows_seen(folder)


def read_rows_seen(folder: Path) -> RowsSeen:
    """What is known of the rows in `folder`."""
    return msgspec.json.decode((folder / ROWS).read_bytes(), type=RowsSeen)


def read_tensors(folder: Path) -> Snapshot:
    """The tensors of a checkpoint."""
    from safetensors.torch import load_file

    tensors = Snapshot()
    tensors.base, tensors.extra, tensors.moments = (load_file(folder / name) for name in (WEIGHTS, EXTRA, OPTIMIZER))
    return tensors
