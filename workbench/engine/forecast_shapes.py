"""What a forecast reckons with: the shape of the model, and the shapes of the batches that a run will make."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from msgspec import Struct

from workbench.core.plan import TrainingPlan
from workbench.data.profile import Histogram
from workbench.engine.batches import evaluation_batches, padded_length, steps_in_epoch, training_batches
from workbench.engine.model_facts import ModelFacts
from workbench.engine.quick.embedding import SHARE
from workbench.engine.quick.last_layer import READ_FIRST

MOST_ROWS = 20_000
"""Rows that a forecast deals into batches; a larger file is reckoned from so many."""

TOKENS_OF_WORD = {"scratch": 1.25, "pretrained": 1.3}
"""Tokens for a word and its share of the punctuation; a tokenizer made from the texts themselves needs fewer."""

TOKENS_OF_CHARACTER = 1.0
SPECIAL_TOKENS, SPECIAL_TOKENS_OF_PAIR = 2, 3


class ModelShape(Struct, frozen=True, kw_only=True):
    """A transformer encoder in numbers. `inner` is the width between the two large matrices of a layer.

    `first_only`: of the last layer nothing but the first token is computed while it learns.
    """

    parameters: int
    layers: int
    hidden: int
    heads: int
    inner: int
    vocabulary: int
    positions: int = 0
    pretrained: bool = True
    first_only: bool = False

    @property
    def layer_parameters(self) -> int:
        """Weights of one layer: four attention matrices, two inner ones, biases and norms."""
        return 4 * self.hidden**2 + 2 * self.hidden * self.inner + 9 * self.hidden + self.inner

    @property
    def head_parameters(self) -> int:
        """The pooler, and a head of a few classes."""
        return self.hidden**2 + 5 * self.hidden


def shape_of(facts: ModelFacts, plan: TrainingPlan, words: int) -> ModelShape:
    """The shape of the model that `plan` would train on texts of `words` words altogether.

    The inner width is not among the facts; it follows from the number of weights. A tokenizer trained on the texts has
    no more tokens than they give.
    """
    hidden, layers = max(facts.hidden_size, 1), max(facts.layers, 1)
    positions = facts.max_positions
    if plan.model.source == "scratch":
        vocabulary = min(facts.vocabulary, tokens_seen(words) + 100)
        positions = max(plan.max_length, 512)
        unused = facts.vocabulary - vocabulary - positions + 512
        return ModelShape(
            parameters=facts.parameters - unused * hidden,
            layers=layers,
            hidden=hidden,
            heads=facts.heads,
            inner=4 * hidden,
            vocabulary=vocabulary,
            positions=positions,
            pretrained=False,
            first_only=True,
        )
    inside = (facts.parameters - (facts.vocabulary + positions) * hidden) / layers
    inner = round((inside - 4 * hidden**2) / (2 * hidden))
    return ModelShape(
        parameters=facts.parameters,
        layers=layers,
        hidden=hidden,
        heads=max(facts.heads, 1),
        inner=min(max(inner, hidden), 8 * hidden),
        vocabulary=facts.vocabulary,
        positions=positions,
        first_only=facts.model_type in READ_FIRST,
    )


def tokens_seen(words: int) -> int:
    """How many different tokens a text of `words` words has, about (Heaps' law, fitted to the samples)."""
    return int(7 * max(words, 1) ** 0.6)


def trainable(plan: TrainingPlan, shape: ModelShape, seen: int) -> int:
    """How many weights learn; of the table of words only the `seen` rows, where those are few."""
    options, layers, hidden = plan.tuning.options, shape.layers, shape.hidden
    if plan.tuning.name == "head":
        return shape.head_parameters
    if plan.tuning.name == "top-layers":
        return shape.head_parameters + min(int(options.get("top_layers", 3)), layers) * shape.layer_parameters
    if plan.tuning.name == "lora":
        everywhere = str(options.get("targets", "attention")) != "attention"
        widths = 8 * hidden + 2 * (hidden + shape.inner) if everywhere else 4 * hidden
        return shape.head_parameters + int(options.get("rank", 8)) * widths * layers
    unseen = shape.vocabulary - seen if seen <= SHARE * shape.vocabulary else 0
    return shape.parameters - unseen * hidden


def learning_layers(plan: TrainingPlan, shape: ModelShape) -> int:
    """How many layers gradients run through."""
    if plan.tuning.name == "head":
        return 0
    if plan.tuning.name == "top-layers":
        return min(int(plan.tuning.options.get("top_layers", 3)), shape.layers)
    return shape.layers


def step_weight(shape: ModelShape, rows: float, longest: float) -> float:
    """How much a batch weighs beside others, in memory and in time."""
    return float(rows * longest * (10 * shape.hidden + 2 * shape.inner + 3 * shape.heads * float(longest)))


@dataclass(frozen=True)
class Work:
    """What a run has to do. The arrays are one entry a micro-batch of one epoch, in the order they come in.

    `rows`, `longest` [M]: rows, and tokens that they are padded to. `looks` counts
    evaluations; `judged_rows`, `judged_longest` [E] are the batches of one, `tested` tells whether test rows come last.
    `scale` and `judged_scale` say how many real batches one entry stands for, where the file was too large to deal out.
    """

    rows: np.ndarray
    longest: np.ndarray
    judged_rows: np.ndarray
    judged_longest: np.ndarray
    train_rows: int
    tokens: int
    seen: int
    steps: int
    steps_per_epoch: int
    looks: int
    tested: bool
    scale: float
    judged_scale: float

    @property
    def micro_batches(self) -> float:
        """Micro-batches of the whole run."""
        return self.steps * len(self.rows) * self.scale / max(self.steps_per_epoch, 1)


def row_lengths(histogram: Histogram, plan: TrainingPlan, rows: int, longest: int) -> np.ndarray:
    """Tokens of each of `rows` rows, reckoned from the profile's `histogram` of words or characters; [rows].

    Rows are spread evenly inside a bin, but for the last one, which holds the tail: few of them are as long as its end.
    """
    counts, edges = np.array(histogram.counts, dtype=float), np.array(histogram.edges, dtype=float)
    if not counts.sum():
        return np.full(rows, SPECIAL_TOKENS)
    ranks = (np.arange(rows) + 0.5) / rows * counts.sum()
    ends = np.concatenate([[0.0], np.cumsum(counts)])
    sizes = np.interp(ranks, ends, edges)
    if len(counts) > 1:
        start, inside = edges[-2], sizes > edges[-2]
        reach = max(edges[-1] - start, 1e-9)
        sizes[inside] = start + reach * ((sizes[inside] - start) / reach) ** 3
    sizes[-1] = edges[-1]
    kind = "scratch" if plan.model.source == "scratch" else "pretrained"
    each = TOKENS_OF_CHARACTER if histogram.unit == "characters" else TOKENS_OF_WORD[kind]
    special = SPECIAL_TOKENS_OF_PAIR if plan.dataset.columns.get("text_pair") else SPECIAL_TOKENS
    tokens: np.ndarray = np.clip(np.rint(sizes * each) + special, 1, longest).astype(np.int64)
    return tokens


def longest_readable(plan: TrainingPlan, shape: ModelShape) -> int:
    """Tokens at which texts are cut."""
    return min(plan.max_length, shape.positions) if shape.positions else plan.max_length


def work_of(plan: TrainingPlan, lengths: np.ndarray, usable: int, seen: int, *, known: bool = False) -> Work:
    """The batches of a run of `plan` over a file with `usable` rows.

    `lengths` [N] are tokens of rows: reckoned ones, or (`known`) those of the very rows that are learned from, in
    their order, so that the very batches of the run are told.
    """
    train_rows = max(1, usable - (0 if plan.dataset.validation_path else round(usable * plan.dataset.validation_share)))
    judged = max(1, usable - train_rows if not plan.dataset.validation_path else round(0.15 * usable))
    if known:
        train_rows = len(lengths)
        dealt = lengths
    else:
        dealt = _sampled(lengths, min(train_rows, MOST_ROWS))
    per_epoch = steps_in_epoch(train_rows, plan.batch_size, plan.accumulation)
    steps = per_epoch * plan.epochs
    steps = min(steps, plan.max_steps) if plan.max_steps else steps
    batches = training_batches(dealt, plan.batch_size, seed=plan.seed, epoch=0)
    if steps < per_epoch:
        batches = batches[: max(1, steps * plan.accumulation)]
    made = min(per_epoch, max(steps, 1)) * plan.accumulation
    real = min(ceil(train_rows / plan.batch_size), made)
    looked_at = _sampled(lengths, min(judged, MOST_ROWS))
    looks = evaluation_batches(looked_at, max(32, plan.batch_size))
    every = plan.evaluate_every or per_epoch
    return Work(
        rows=np.array([len(batch) for batch in batches]),
        longest=np.array([padded_length(int(dealt[batch].max()), plan.max_length) for batch in batches]),
        judged_rows=np.array([len(batch) for batch in looks]),
        judged_longest=np.array([padded_length(int(looked_at[batch].max()), plan.max_length) for batch in looks]),
        train_rows=train_rows,
        tokens=int(lengths.sum() * (usable / len(lengths))),
        seen=seen,
        steps=steps,
        steps_per_epoch=min(per_epoch, max(steps, 1)),
        looks=steps // every + (1 if steps % every else 0),
        tested=bool(plan.dataset.test_path),
        scale=real / len(batches),
        judged_scale=judged / len(looked_at),
    )


def _sampled(lengths: np.ndarray, rows: int) -> np.ndarray:
    """`rows` of `lengths`, from the shortest to the longest, both among them, in an order that says nothing."""
    ordered = np.sort(lengths)
    places = np.rint(np.linspace(0, len(ordered) - 1, rows)).astype(np.int64) if rows > 1 else np.array([-1])
    drawn: np.ndarray = np.random.default_rng(0).permutation(ordered[places])
    return drawn
