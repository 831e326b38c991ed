"""What the loop needs of a task: seven verbs over plain values and tensors.

A task is a frozen dataclass in `workbench/tasks/`, one file each; its dataclass fields made with `option(...)` are its
knobs. Letters in shapes: N rows, B rows of a batch, T tokens, C classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from msgspec import Struct

from workbench.core.events import Measures, Notice
from workbench.core.fields import Example, Field
from workbench.core.options import Option, Scalar
from workbench.core.plan import Choice, ModelSpec
from workbench.core.predictions import Prediction

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from torch import Tensor, nn

    from workbench.engine.quick import Learning
    from workbench.engine.tuned import Tuned

Item = dict[str, Any]
"""One encoded row: {name: 1-D int array [T] or a single number}."""

Batch = dict[str, Any]
"""{name: tensor whose first axis is B}."""

LossFunction = Callable[..., Any]


class Facts(Struct, frozen=True, kw_only=True):
    """What a task learned by looking at the training rows. Each task has its own kind; all are JSON."""


@dataclass
class Learner:
    """What learns and is saved: the net with its tokenizer and the facts it stands on.

    Once it is to learn, `tuned` knows which part of the net does, and `learning` switches it between the form in which
    it learns and the plain one.
    """

    net: nn.Module
    tokenizer: Any
    facts: Any
    max_length: int
    notices: tuple[Notice, ...] = ()
    tuned: Tuned | None = None
    learning: Learning | None = None

    def learn(self) -> None:
        """Training mode: dropout is on in what learns, and the net computes in the precision of the run."""
        if not self.net.training:  # a walk through every module otherwise, at each step
            (self.tuned or self.net).train()
        if self.learning is not None:
            self.learning.learn()

    def rest(self) -> None:
        """Evaluation mode: the plain float32 model with everything that was learned."""
        self.net.eval()
        if self.learning is not None:
            self.learning.rest()


@dataclass(frozen=True)
class Output:
    """One forward pass. `loss` is a scalar mean over `weight` units (rows, tokens, boxes); None without targets.

    Where units count differently (class weights), `weight` is the sum of what they count.
    """

    loss: Tensor | None
    weight: float
    logits: Tensor
    targets: Tensor | None


@dataclass(frozen=True)
class ModelSource:
    """Where `build` takes its model from. `models_folder` holds downloads; `progress` hears 0 to 1 while loading."""

    spec: ModelSpec
    models_folder: Path
    max_length: int
    seed: int
    progress: Callable[[float], None] | None = None


class Task(Protocol):
    """One kind of learning. `losses` names entries of LOSSES that fit; `headline` is the metric that picks the best."""

    id: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    fields: ClassVar[Mapping[str, Field]]
    losses: ClassVar[tuple[str, ...]]
    headline: ClassVar[str]
    higher_is_better: ClassVar[bool]
    facts_type: ClassVar[type[Facts]]

    def study(self, examples: Sequence[Example]) -> Any:
        """Look at the training rows. Raises WorkbenchError if nothing can be learned from them."""
        ...

    def build(self, source: ModelSource, facts: Any, examples: Sequence[Example]) -> Learner:
        """The net with a head that fits `facts`; `examples` are there for a tokenizer that must be trained first."""
        ...

    def encode(self, learner: Learner, examples: Iterable[Example]) -> Iterator[Item]:
        """Rows to numbers. Examples without a target (prediction) give items without "target"."""
        ...

    def collate(self, learner: Learner, items: Sequence[Item], *, training: bool) -> Batch:
        """Items to one padded batch: {"input_ids": [B, T], "attention_mask": [B, T], ..., "target": [B]}."""
        ...

    def forward(self, learner: Learner, batch: Batch, loss: LossFunction | None) -> Output:
        """One pass through the net; with `loss` and targets, how far it is from the truth."""
        ...

    def measure(self, facts: Any, logits: np.ndarray, targets: np.ndarray) -> Measures:
        """The measures of `logits` [N, ...] against `targets` [N], and those of a guesser that knows only `facts`."""
        ...

    def predict(self, facts: Any, logits: np.ndarray) -> list[Prediction]:
        """`logits` [N, ...] in words: N predictions."""
        ...


def option(default: Scalar, **declaration: Any) -> Any:
    """A field of a task's dataclass that is a knob; `declaration` holds the fields of `Option` but name and default."""
    return dataclasses.field(default=default, metadata={"option": declaration})


def task_options(task: type[Task] | Task) -> tuple[Option, ...]:
    """The knobs that `task` declares."""
    return tuple(
        Option(name=field.name, default=cast(Scalar, field.default), **field.metadata["option"])
        for field in dataclasses.fields(cast(Any, task))
        if "option" in field.metadata
    )


def configured(task: type[Task], choice: Choice) -> Task:
    """`task` with the knobs of `choice`."""
    return cast(Callable[..., Task], task)(**choice.options)
