"""Answers for new examples, with the code that training uses."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.core.fields import Example
from workbench.core.predictions import Prediction
from workbench.engine.batches import RowCollector
from workbench.engine.evaluate import logits_of
from workbench.engine.task import Learner, Task


def predict(task: Task, learner: Learner, examples: Sequence[Example], *, batch_size: int = 32) -> list[Prediction]:
    """One prediction per example, in their order. Examples need no target."""
    if not examples:
        return []
    collector = RowCollector()
    for item in task.encode(learner, examples):
        collector.add(item)
    running = logits_of(task, learner, collector.rows(), batch_size=batch_size)
    while True:
        try:
            next(running)
        except StopIteration as done:
            return task.predict(learner.facts, done.value[0])


def truncated(task: Task, learner: Learner, example: Example) -> int:
    """How many tokens of `example` are read if it is longer than the net reads; 0 if all of it is read."""
    roomy = replace(learner, max_length=sys.maxsize >> 32)
    (item,) = task.encode(roomy, [example])
    tokens = max((len(value) for value in item.values() if isinstance(value, np.ndarray)), default=0)
    return learner.max_length if tokens > learner.max_length else 0
