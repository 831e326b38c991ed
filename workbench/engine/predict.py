"""Answers for new examples, with the code that training uses."""

from __future__ import annotations

from collections.abc import Sequence

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
