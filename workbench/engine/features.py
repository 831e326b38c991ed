"""Kept features: what frozen layers say about a row never changes, so it is computed once.

While a batch runs, the frozen layers are answered for: each returns the kept hidden states at once, and everything else
of the library's own forward (masks, positions, upper layers, head) runs as it is.

A row's features are computed together with a fixed set of other rows, its *block*, whatever batch asks for them: they
are a function of the plan alone, and a run that is resumed in the middle finds the same bits as one that never stopped.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from workbench.core.events import Notice
from workbench.core.language import tr
from workbench.engine.batches import EncodedRows
from workbench.engine.evaluate import to_device
from workbench.engine.loading import available_bytes
from workbench.engine.memory import is_out_of_memory
from workbench.engine.task import Batch, Learner, Task
from workbench.engine.tuned import Tuned

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Storage = Literal["float32", "bfloat16", "off"]

_BYTES = {"float32": 4, "bfloat16": 2}


class FeatureCache:
    """The hidden states [tokens, H] above the frozen layers for every row of `rows`, filled as rows are asked for.

    Where the head reads only the first token of the last layer (BERT's kin), only that is kept: [rows, H].
    `storage` says how they are kept: float32, bfloat16 where that would not fit, or not at all; `notice` tells the user
    if it is not the first. Hand the `storage` of an interrupted run to the one that resumes it.
    """

    storage: Storage = "off"
    notice: Notice | None = None

    def __init__(
        self,
        task: Task,
        learner: Learner,
        tuned: Tuned,
        rows: EncodedRows,
        blocks: Sequence[np.ndarray],
        *,
        limit: int | None = None,
        storage: Storage | None = None,
    ) -> None:
        """`blocks` are index arrays that hold each row once: the batches of the first epoch, or those of an evaluation.

        The net is looked at as it is, which is in float32 and on its device; its mode is given back as it was.

        At most `limit` bytes are used: by default a quarter of the memory, or half of what is free if that is less.
        """
        self._task, self._learner, self._rows, self._blocks = task, learner, rows, blocks
        self._layers = tuned.frozen_layers
        self._dtype: torch.dtype | None = None
        frozen = bool(self._layers) and not any(
            weight.requires_grad for module in tuned.frozen_modules for weight in module.parameters(recurse=False)
        )
        look = self._look(np.argsort(-rows.lengths, kind="stable")[:2]) if frozen and len(rows) else None
        if look is None:
            return
        self._shape = look
        kept = len(rows) if look.first_only else int(rows.offsets[-1])
        self.storage = storage or self._fitting(kept * look.width, usable_bytes() if limit is None else limit)
        if self.storage != "off":
            self._allocate(kept)

    @contextmanager
    def batch(self, indices: np.ndarray, batch: Batch) -> Iterator[None]:
        """Within the block, a forward pass of `batch` (the rows `indices`, collated) skips the frozen layers.

        Enter it with the net in the form and the mode in which the batch is to run: features that are missing are
        computed here. Gradients may be taken of what was computed in the block after it has ended.
        """
        if self.storage == "off":
            yield
            return
        # Rows that are collated anew each time (crops, masks) have no features that last.
        if not self._filled_for(indices) or (fingerprints(batch) != self._fingerprints[indices]).any():
            self._drop()
            yield
            return
        hidden = self._padded(indices, batch["attention_mask"])
        answer = (hidden, *(None,) * self._shape.more) if self._shape.more is not None else hidden
        with _answering(self._layers, lambda *_, **__: answer):
            yield

    @property
    def filled(self) -> float:
        """Share of the rows whose features are there."""
        return float(self._filled.mean()) if self.storage != "off" else 0.0

    @property
    def nbytes(self) -> int:
        """Bytes that the features take when all rows are there."""
        return self._flat.numel() * self._flat.element_size() if self.storage != "off" else 0

    def _look(self, indices: np.ndarray) -> _Shape | None:
        """Try one small batch: what the layers return, how often they are called, and what the head reads of it.

        None if the net is built in a way that features cannot be kept of.
        """
        import torch

        was_training = {module for module in self._learner.net.modules() if module.training}
        self._learner.net.eval()
        try:
            with torch.no_grad():
                batch = self._collated(indices)
                with _recording(self._layers[-1]) as outputs:
                    logits = self._task.forward(self._learner, batch, None).logits
                output = outputs[-1] if outputs else None
                hidden = output[0] if isinstance(output, tuple) else output
                mask = batch.get("attention_mask")
                if mask is None or not isinstance(hidden, torch.Tensor) or hidden.shape[:-1] != mask.shape:
                    return None
                more = len(output) - 1 if isinstance(output, tuple) else None
                shape = _Shape(hidden.shape[-1], more, len(outputs), False)
                first_only = hidden.shape[1] > 1 and all(
                    torch.equal(self._logits_of(batch, shape, _with_noise(hidden, seed)), logits) for seed in (1, 2)
                )
                return _Shape(hidden.shape[-1], more, len(outputs), first_only)
        finally:
            for module in was_training:
                module.training = True

    def _logits_of(self, batch: Batch, shape: _Shape, hidden: Tensor) -> Tensor:
        answer = (hidden, *(None,) * shape.more) if shape.more is not None else hidden
        with _answering(self._layers, lambda *_, **__: answer):
            return self._task.forward(self._learner, batch, None).logits

    def _fitting(self, numbers: int, limit: int) -> Storage:
        needed = numbers * _BYTES["float32"]
        if needed <= limit:
            return "float32"
        sizes = {"needed": f"{needed / 1e9:,.1f}", "limit": f"{limit / 1e9:,.1f}"}
        if numbers * _BYTES["bfloat16"] <= limit:
            text = tr(
                "What the frozen layers say about all rows would take {needed} GB, and {limit} GB may be used: "
                "it is kept in half the digits.",
                **sizes,
            )
            self.notice = Notice(code="T56", message=text)
            return "bfloat16"
        text = tr(
            "What the frozen layers say about all rows would take {needed} GB, and {limit} GB may be used: "
            "it is computed anew in each epoch, which takes longer.",
            **sizes,
        )
        self.notice = Notice(code="T57", message=text, severity="warning")
        return "off"

    def _allocate(self, kept: int) -> None:
        import torch

        # Memory is taken as it is written to, not here.
        self._flat = torch.empty(kept, self._shape.width, dtype=getattr(torch, self.storage))
        self._filled = np.zeros(len(self._rows), dtype=bool)
        self._fingerprints = np.zeros(len(self._rows), dtype=np.uint32)
        self._block_of = np.empty(len(self._rows), dtype=np.int64)
        for number, block in enumerate(self._blocks):
            self._block_of[block] = number

    def _drop(self) -> None:
        if self.storage != "off":
            self.storage = "off"
            del self._flat

    def _filled_for(self, indices: np.ndarray) -> bool:
        """Whether the features of `indices` are there. Where memory does not suffice for a block, nothing is kept."""
        try:
            return self._fill(indices)
        except BaseException as error:
            if not is_out_of_memory(error):
                raise
            return False

    def _fill(self, indices: np.ndarray) -> bool:
        """Compute the blocks of those rows that are missing. False if their tokens are not where they should be."""
        import torch

        missing = indices[~self._filled[indices]]
        for number in np.unique(self._block_of[missing]):
            block = self._blocks[number]
            batch = self._collated(block)
            mask = batch["attention_mask"].bool()
            lengths = torch.from_numpy(self._rows.lengths[block]).to(mask.device)
            if not bool((mask.sum(1) == lengths).all()) or (self._shape.first_only and not bool(mask[:, 0].all())):
                return False
            hidden = self._computed(batch)
            values = hidden[:, 0] if self._shape.first_only else hidden[mask]
            self._dtype = hidden.dtype
            self._flat[self._places(block)] = values.to("cpu", self._flat.dtype)
            self._fingerprints[block] = fingerprints(batch)
            self._filled[block] = True
        return True

    def _computed(self, batch: Batch) -> Tensor:
        """The hidden states above the frozen layers, [B, T, H]; the pass ends there."""
        import torch

        last, calls = self._layers[-1], self._shape.calls
        assert not last.training, "frozen layers must not drop anything out: call Tuned.train(), not net.train()"
        compute, outputs = last.forward, []

        def caught(*arguments: Any, **named: Any) -> Any:
            outputs.append(compute(*arguments, **named))
            if len(outputs) == calls:
                raise _Caught
            return outputs[-1]

        with suppress(_Caught), torch.no_grad(), _answering([last], caught):
            self._task.forward(self._learner, batch, None)
        output = outputs[-1]
        hidden: Tensor = output[0] if isinstance(output, tuple) else output
        return hidden

    def _padded(self, indices: np.ndarray, mask: Tensor) -> Tensor:
        """The kept hidden states of `indices` as [B, T, H]; zero where there is padding, or nothing was kept."""
        values = self._flat[self._places(indices)].to(mask.device, self._dtype)
        hidden = values.new_zeros(*mask.shape, self._shape.width)
        if self._shape.first_only:
            hidden[:, 0] = values
        else:
            hidden[mask.bool()] = values
        return hidden

    def _places(self, indices: np.ndarray) -> Tensor:
        """Where the rows `indices` are kept."""
        import torch

        if self._shape.first_only:
            return torch.from_numpy(np.asarray(indices, dtype=np.int64))
        offsets = self._rows.offsets
        return torch.from_numpy(np.concatenate([np.arange(offsets[i], offsets[i + 1]) for i in indices]))

    def _collated(self, indices: np.ndarray) -> Batch:
        device = next(self._learner.net.parameters()).device
        return to_device(self._task.collate(self._learner, self._rows.take(indices), training=False), device)


@dataclass(frozen=True)
class _Shape:
    """What a frozen layer returns: `width` H, and `more` further values of a tuple (None: the hidden states alone).

    `calls` is how often the last one runs in a pass; `first_only` whether only the first token is read above.
    """

    width: int
    more: int | None
    calls: int
    first_only: bool


class _Caught(Exception):  # noqa: N818 - no error: the pass has given what was wanted
    """The last frozen layer has answered."""


def usable_bytes() -> int:
    """A quarter of this computer's memory, or half of what is free if that is less.

    The whole memory comes first, so that equal plans on equal machines are treated alike.
    """
    import psutil

    return min(int(psutil.virtual_memory().total) // 4, available_bytes() // 2)


def fingerprints(batch: Batch) -> np.ndarray:
    """A checksum of each row's real tokens, [B]: whatever has the shape of the attention mask, without padding."""
    mask = batch["attention_mask"].bool().cpu().numpy()
    inputs = [
        value.cpu().numpy()
        for name, value in sorted(batch.items())
        if name != "attention_mask" and tuple(value.shape) == mask.shape
    ]
    rows = (b"".join(values[row][real].tobytes() for values in inputs) for row, real in enumerate(mask))
    return np.fromiter((zlib.crc32(content) for content in rows), dtype=np.uint32, count=len(mask))


@contextmanager
def _answering(layers: Sequence[nn.Module], answer: Callable[..., Any]) -> Iterator[None]:
    """Within the block, `layers` return what `answer` says instead of computing. They stay in their places."""
    before = [vars(layer).get("forward") for layer in layers]
    for layer in layers:
        layer.forward = answer
    try:
        yield
    finally:
        for layer, forward in zip(layers, before, strict=True):
            del layer.forward  # the class's own is back
            if forward is not None:
                layer.forward = forward


@contextmanager
def _recording(layer: nn.Module) -> Iterator[list[Any]]:
    """What `layer` returns in each call within the block."""
    outputs: list[Any] = []
    handle = layer.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    try:
        yield outputs
    finally:
        handle.remove()


def _with_noise(hidden: Tensor, seed: int) -> Tensor:
    """`hidden` [B, T, H] with random numbers in place of all tokens but the first; no global random number is drawn."""
    import torch

    noise = torch.randn(hidden.shape, generator=torch.Generator().manual_seed(seed)).to(hidden.device, hidden.dtype)
    noise[:, 0] = hidden[:, 0]
    return noise
