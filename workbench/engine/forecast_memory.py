"""How much memory a run will take at most, part by part.

    peak = process + weights + moments + copies + kernels + rows + features + max(step, checkpoint) [+ file]

with W weights of which L learn, in bytes (4 a number in float32, e = 4 or 2 a number in the run's precision):

    weights      4·W, and 4·S·H for the table's S seen tokens
    gradients    4·L
    moments      4·L a moment: AdamW and Adam have 2, SGD with momentum 1, plain SGD none
    copies       in bfloat16 2·W, and 2·L while a gradient is rounded up
    activations  e·layers·(B·T·(10·H + 2·I) + 3·B·heads·T²) for the largest batch of B rows and T tokens, where I is
                 the inner width: in each layer the queries, keys and values, the mixed values, two dropout masks, the
                 inputs and outputs of two norms, the inner layer before and after GELU, and three tables of attention
                 (softmax, its dropout mask, their product). A last layer that answers with first tokens keeps 3·H
                 a token instead
    working      what one layer needs for a moment in forward and backward, and what the allocator cannot use again
    kernels      in bfloat16 on a CPU the library prepares its products anew for each shape of batch, and keeps them
    snapshot     4·W and the moments, copied for a checkpoint: only in runs long enough for one before their end
    file         4·W: a file that is read while the same weights are held (at the start, and before the test rows)

The allocator of the C library keeps what was freed (see `quick.allocator`), so that the peaks of different moments do
not add up: the largest counts. On a card the process is not counted, dropout masks take one byte a number, and its
attention keeps no table.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.forecasts import MemoryPart
from workbench.core.plan import TrainingPlan
from workbench.engine.batches import PAD_MULTIPLE
from workbench.engine.forecast_shapes import ModelShape, Work, learning_layers, step_weight, trainable
from workbench.engine.quick.attention import LONGEST
from workbench.engine.quick.packing import ROUND, rounded

MOMENTS = {"adamw": 2, "adam": 2, "sgd": 0, "sgd-momentum": 1}
"""Numbers that an optimizer remembers for each weight; one that is not named here counts as AdamW."""

CHECKPOINT_BYTES_A_SECOND, CHECKPOINT_SHARE, CHECKPOINT_SHORTEST, CHECKPOINT_LONGEST = 200e6, 0.02, 0.2, 50.0
"""As the keeper reckons its first interval."""

KEPT_IN_LAYER, KEPT_OF_INNER, KEPT_TABLES = 10, 2, 3
"""What a layer keeps for backward: numbers a token for each of H and of I, and tables of attention."""

KEPT_IN_LAST = 3
"""The same of a last layer that answers with first tokens: what it reads, its keys and its values."""

WORKING_TABLES, WORKING_ROWS, WORKING_LEAST = 1.0, 16.0, 40e6
WORKING_SHARE = {False: 0.155, True: 0.25}
"""Working memory, fitted to 19 runs: tables of attention and rows of H of one layer, bytes, and a share of the
activations in float32 and in bfloat16, for what the allocator cannot use again."""

KERNEL_BYTES, KERNELS_OF_SHAPE, KERNELS_KEPT = 0.6e6, 18, 1024
"""Bytes of a prepared product where H is 384 (fitted; they grow as √H), how many a layer has forward and backward, and
how many oneDNN keeps."""


@dataclass(frozen=True)
class Process:
    """What is held before the model: `resting` bytes with all libraries in use; `device` as torch names it."""

    resting: int
    device: str = "cpu"


def memory_parts(
    plan: TrainingPlan,
    shape: ModelShape,
    work: Work,
    process: Process,
    *,
    low: bool,
    seconds: float,
    scale: float = 1.0,
) -> tuple[MemoryPart, ...]:
    """The parts of the peak. `low`: learned in bfloat16; `seconds`: how long the run takes, which decides whether a
    checkpoint falls into it. `scale` is what was measured of activations and working memory, over what is reckoned.
    """
    learned, on_card = trainable(plan, shape, work.seen), process.device == "cuda"
    moments = 4 * learned * MOMENTS.get(plan.optimizer.name, 2)
    weights = 4 * shape.parameters + (4 * min(work.seen, shape.vocabulary) * shape.hidden if shape.pretrained else 0)
    kept, working = step_bytes(plan, shape, work, low=low, on_card=on_card)
    snapshot = 4 * shape.parameters + moments
    inside = seconds > checkpoint_interval(shape, learned)
    step = 4 * learned + scale * (kept + working)
    parts = {
        "process": 0 if on_card else process.resting,
        "weights": weights,
        "gradients": 4 * learned,
        "moments": moments,
        "copies": 2 * (shape.parameters - shape.vocabulary * shape.hidden + learned) if low else 0,
        "activations": scale * kept,
        "working": scale * working,
        "kernels": kernel_bytes(shape, work) if low and not on_card else 0,
        "snapshot": 0 if on_card else snapshot if inside else max(0.0, snapshot - step),
        "features": 0 if on_card else feature_bytes(plan, shape, work),
        "rows": 0 if on_card else 8 * work.tokens,
    }
    loading = 4 * shape.parameters if shape.pretrained and not on_card else 0
    # While the weights are loaded nothing else is there yet; before the test rows everything is.
    before = sum(parts.values()) - parts["process"] - weights - parts["rows"]
    parts["file"] = loading if work.tested else max(0.0, loading - before)
    return tuple(MemoryPart(key=key, bytes=round(size)) for key, size in parts.items() if round(size))


def step_bytes(
    plan: TrainingPlan, shape: ModelShape, work: Work, *, low: bool, on_card: bool = False
) -> tuple[float, float]:
    """(activations that are kept for backward, working memory) of the micro-batch that needs most."""
    rows, longest = max(zip(work.rows, work.longest, strict=True), key=lambda batch: step_weight(shape, *batch))
    kept, working = batch_bytes(plan, shape, int(rows), int(longest), low=low, on_card=on_card)
    judged = _judging(shape, int(work.judged_rows[0]), int(work.judged_longest[0]))
    return kept, max(working, judged - kept)


def checkpoint_interval(shape: ModelShape, learned: int) -> float:
    """Seconds until the first checkpoint."""
    size = 4 * shape.parameters + 4 * learned * 2
    interval = size / CHECKPOINT_BYTES_A_SECOND / CHECKPOINT_SHARE
    return min(CHECKPOINT_LONGEST, max(CHECKPOINT_SHORTEST, interval))


def kernel_bytes(shape: ModelShape, work: Work) -> float:
    """Products that oneDNN prepares and keeps: some for each length of batch, up to the room in its cache."""
    tokens = work.rows * work.longest if shape.first_only else work.longest
    sizes = {rounded(int(size)) if shape.first_only else int(size) for size in tokens}
    between = range(min(sizes), max(sizes) + 1, ROUND if shape.first_only else PAD_MULTIPLE)
    possible = len({rounded(size) for size in between}) if shape.first_only else len(between)
    epochs = max(1.0, work.steps / max(work.steps_per_epoch, 1))
    shapes = min(len(sizes) * epochs, float(possible))
    each = KERNEL_BYTES * (shape.hidden / 384) ** 0.5
    return float(each * min(KERNELS_OF_SHAPE * shapes, KERNELS_KEPT))


def feature_bytes(plan: TrainingPlan, shape: ModelShape, work: Work) -> float:
    """What is kept of the frozen layers' answers: the first token of each row for the head, else every token."""
    if plan.tuning.name not in ("head", "top-layers") or learning_layers(plan, shape) == shape.layers:
        return 0.0
    return 4.0 * shape.hidden * (work.train_rows * 1.2 if plan.tuning.name == "head" else work.tokens)


def batch_bytes(
    plan: TrainingPlan, shape: ModelShape, rows: int, longest: int, *, low: bool, on_card: bool
) -> tuple[float, float]:
    """(activations, working memory) of a step on `rows` rows of `longest` tokens."""
    number = 2 if low else 4
    tokens, tables = rows * longest, rows * shape.heads * longest**2
    if on_card or longest > LONGEST:
        tables = 0
    masks = 2 * (number - 1) * tokens * shape.hidden if on_card else 0
    layer = number * (tokens * (KEPT_IN_LAYER * shape.hidden + KEPT_OF_INNER * shape.inner) + KEPT_TABLES * tables)
    layer -= masks
    layers = learning_layers(plan, shape)
    if plan.tuning.name == "lora":  # frozen matrices keep no inputs, additions keep their own
        everywhere = str(plan.tuning.options.get("targets", "attention")) != "attention"
        layer += number * tokens * (2 * shape.hidden if everywhere else -shape.hidden - shape.inner)
    embeddings = number * tokens * shape.hidden * 4
    whole = layers - 1 if shape.first_only and layers else layers
    last = number * tokens * KEPT_IN_LAST * shape.hidden * (layers - whole)
    kept = float(whole * layer + last + (embeddings if layers == shape.layers else 0))
    working = number * (WORKING_TABLES * tables + WORKING_ROWS * tokens * shape.hidden)
    return kept, working + WORKING_SHARE[low] * kept + (0 if on_card else WORKING_LEAST)


def _judging(shape: ModelShape, rows: int, longest: int) -> float:
    """An evaluation's batch: one layer at a time, in float32, nothing is kept."""
    return 4.0 * rows * longest * (8 * shape.hidden + 2 * shape.inner)
