"""From encoded rows to batches: flat arrays, and batches of rows of similar length.

Rows of a random batch differ in length, and padding them to the longest wastes most of the work on long-tailed texts.
So rows are shuffled, sorted by length inside pools of many batches, and the batches are shuffled again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np

from workbench.core.plan import TrainingPlan
from workbench.engine.task import Item

POOL_BATCHES = 50
"""Batches in one pool: large enough for little padding, small enough to keep the order random."""


PAD_MULTIPLE = 8
"""Batches are padded to a multiple of so many tokens: kernels of the processor like even lengths (an eighth of the time
of a step in bfloat16), and each new shape costs some hundredths of a second the first time."""


def padded_length(longest: int, most: int) -> int:
    """Tokens to which a batch is padded whose longest row has `longest`; never above `most`, which the model reads."""
    return max(longest, min(-(-longest // PAD_MULTIPLE) * PAD_MULTIPLE, most))


@dataclass(frozen=True)
class EncodedRows:
    """N rows as flat arrays: `sequences[name][offsets[i]:offsets[i + 1]]` is row i; `scalars[name][i]` too.

    Flat int32 instead of lists of lists: a tenth of the memory, and nothing for the garbage collector to walk.
    """

    sequences: dict[str, np.ndarray]
    scalars: dict[str, np.ndarray]
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, [N]."""
        return np.diff(self.offsets)

    def take(self, indices: Iterable[int]) -> list[Item]:
        """The rows at `indices`, in that order."""
        items: list[Item] = []
        for i in indices:
            start, end = self.offsets[i], self.offsets[i + 1]
            item: Item = {name: flat[start:end] for name, flat in self.sequences.items()}
            items.append(item | {name: values[i] for name, values in self.scalars.items()})
        return items


def token_ids(rows: EncodedRows) -> np.ndarray | None:
    """Every id that the table of tokens is asked for by `rows`; None if they are not texts.

    The kinds of tokens count too: GPT-2 looks them up in the same table.
    """
    found = [np.unique(rows.sequences[name]) for name in ("input_ids", "token_type_ids") if name in rows.sequences]
    return np.unique(np.concatenate(found)) if found else None


class RowCollector:
    """Gathers items into `EncodedRows`, a chunk at a time. All sequences of an item have the same length."""

    def __init__(self) -> None:
        self._sequences: dict[str, list[np.ndarray]] = {}
        self._scalars: dict[str, list[float]] = {}
        self._lengths: list[int] = []

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, item: Item) -> None:
        """Keep one item."""
        length = 0
        for name, value in item.items():
            if isinstance(value, np.ndarray):
                self._sequences.setdefault(name, []).append(value)
                length = len(value)
            else:
                self._scalars.setdefault(name, []).append(value)
        self._lengths.append(length)

    def rows(self) -> EncodedRows:
        """Everything kept so far."""
        return EncodedRows(
            sequences={name: np.concatenate(parts).astype(np.int32) for name, parts in self._sequences.items()},
            scalars={name: np.asarray(values) for name, values in self._scalars.items()},
            offsets=np.concatenate([[0], np.cumsum(self._lengths, dtype=np.int64)]),
        )


def training_batches(
    lengths: np.ndarray, batch_size: int, *, seed: int, epoch: int, classes: np.ndarray | None = None
) -> list[np.ndarray]:
    """Index arrays of the epoch's batches. The order is a function of these arguments only.

    Every row comes exactly once; all batches are full but one. With `classes` [N], there are as many rows in as many
    batches, but as many rows of each class: see `balanced_rows`.
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    if classes is not None:
        order = balanced_rows(classes, seed=seed, epoch=epoch)[order]
    pool = batch_size * POOL_BATCHES
    pools = [order[start : start + pool] for start in range(0, len(order), pool)]
    by_length = np.concatenate([rows[np.argsort(lengths[rows], kind="stable")] for rows in pools])
    batches = [by_length[start : start + batch_size] for start in range(0, len(by_length), batch_size)]
    return [batches[i] for i in random.permutation(len(batches))]


_NO_EPOCH = 2**32 - 1
"""What is drawn with this number has nothing in common with what any epoch draws."""


def balanced_rows(classes: np.ndarray, *, seed: int, epoch: int) -> np.ndarray:
    """N row numbers for one epoch, in which each of `classes` [N] has the same number of rows, give or take one.

    The rows of each class stand in a circle, in an order that the seed decides, and each epoch goes on where the one
    before ended: of a common class, every row comes before any comes twice, and those of a rare one come equally often.
    Random oversampling and undersampling at once (Japkowicz & Stephen 2002, The class imbalance problem).
    """
    numbers = np.unique(classes, return_inverse=True)[1]
    counts = np.bincount(numbers)
    share, more = divmod(len(classes), len(counts))
    order = np.random.default_rng([seed, _NO_EPOCH]).permutation(len(classes))
    order = order[np.argsort(numbers[order], kind="stable")]
    circles = np.split(order, np.cumsum(counts)[:-1])
    sizes = [share + (place < more) for place in range(len(counts))]
    return np.concatenate(
        [circle[(epoch * size + np.arange(size)) % len(circle)] for circle, size in zip(circles, sizes, strict=True)]
    )


def classes_to_balance(plan: TrainingPlan, rows: EncodedRows) -> np.ndarray | None:
    """The class of each of `rows`, [N], where the plan's task is to see every class equally often; else None."""
    balanced = plan.task.options.get("sampling") == "balanced"
    return rows.scalars["target"] if balanced and "target" in rows.scalars else None


def evaluation_size(plan: TrainingPlan, parts: int = 1) -> int:
    """Rows in a batch that is only looked at; in `parts` times smaller ones where memory is short."""
    return max(1, max(32, plan.batch_size) // parts)


def evaluation_batches(lengths: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Index arrays for a pass without learning: the longest rows first, so that memory peaks at once or never."""
    order = np.argsort(-lengths, kind="stable")
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def steps_in_epoch(rows: int, batch_size: int, accumulation: int) -> int:
    """How many updates one pass over `rows` rows makes."""
    return ceil(ceil(rows / batch_size) / accumulation)


def training_steps(
    lengths: np.ndarray, plan: TrainingPlan, *, done: int, classes: np.ndarray | None = None
) -> Iterator[list[np.ndarray]]:
    """The micro-batches (index arrays) of each step after the first `done` ones, to the end of the last epoch.

    With `classes` [N], each of them comes equally often.
    """
    per_epoch = steps_in_epoch(len(lengths), plan.batch_size, plan.accumulation)
    for epoch in range(done // per_epoch, plan.epochs):
        batches = training_batches(lengths, plan.batch_size, seed=plan.seed, epoch=epoch, classes=classes)
        first = (done - epoch * per_epoch) * plan.accumulation if epoch == done // per_epoch else 0
        for start in range(first, len(batches), plan.accumulation):
            yield batches[start : start + plan.accumulation]


def halved(micro_batches: Iterable[np.ndarray], parts: int) -> list[np.ndarray]:
    """`micro_batches`, each in `parts` nearly equal pieces: the same rows in the same order, fewer at a time."""
    return [piece for rows in micro_batches for piece in np.array_split(rows, min(parts, len(rows)))]
