"""Text regression: one text, or a pair, has a number.

The net learns numbers as standard deviations from the training mean, so that losses and learning rates mean the same
for stars from 1 to 5 and for prices in thousands: value = target_mean + target_spread · logit. Both stand in the saved
config.json too, for programs without the workbench.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Measures
from workbench.core.fields import NUMBER, TEXT, TEXT_PAIR, Example, Field
from workbench.core.language import mark, tr
from workbench.core.predictions import Prediction, Value
from workbench.engine.metrics import regression_measures
from workbench.engine.task import Batch, Facts, Item, Learner, LossFunction, ModelSource, Output
from workbench.tasks import _tokens


class RegressionFacts(Facts, frozen=True, kw_only=True):
    """Mean, standard deviation and bounds of the training numbers, in their own unit."""

    mean: float
    spread: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class TextRegression:
    id: ClassVar[str] = "text-regression"
    title: ClassVar[str] = mark("Text regression")
    summary: ClassVar[str] = mark("Predict a number from a text: stars, a price, how alike two sentences are.")
    fields: ClassVar[Mapping[str, Field]] = {"text": TEXT, "text_pair": TEXT_PAIR, "number": NUMBER}
    losses: ClassVar[tuple[str, ...]] = ("mean-squared-error", "huber")
    headline: ClassVar[str] = "rmse"
    higher_is_better: ClassVar[bool] = False
    facts_type: ClassVar[type[Facts]] = RegressionFacts

    def study(self, examples: Sequence[Example]) -> RegressionFacts:
        numbers = np.array([example.values["number"] for example in examples], dtype=np.float64)
        if numbers.std() == 0:
            raise WorkbenchError(
                Problem(
                    code="D41",
                    where=tr("Number"),
                    what=tr("All rows have the same number {number:g}.", number=numbers[0]),
                    remedy=tr("There is nothing to predict. Choose another column."),
                    field="number",
                )
            )
        return RegressionFacts(
            mean=float(numbers.mean()),
            spread=float(numbers.std()),
            minimum=float(numbers.min()),
            maximum=float(numbers.max()),
        )

    def build(self, source: ModelSource, facts: RegressionFacts, examples: Sequence[Example]) -> Learner:
        config_changes = {
            "num_labels": 1,
            "problem_type": "regression",
            "target_mean": facts.mean,
            "target_spread": facts.spread,
        }
        return _tokens.build_sequence_classifier(source, facts, examples, config_changes)

    def encode(self, learner: Learner, examples: Iterable[Example]) -> Iterator[Item]:
        facts = learner.facts
        for example, item in _tokens.encode_texts(learner, examples):
            if "number" in example.values:
                item["target"] = (float(example.values["number"]) - facts.mean) / facts.spread
            yield item

    def collate(self, learner: Learner, items: Sequence[Item], *, training: bool) -> Batch:
        import torch

        batch = _tokens.pad(learner, items)
        if "target" in items[0]:
            batch["target"] = torch.tensor([float(item["target"]) for item in items], dtype=torch.float32)
        return batch

    def forward(self, learner: Learner, batch: Batch, loss: LossFunction | None) -> Output:
        values = _tokens.logits_of_net(learner, batch).squeeze(-1)  # [B, 1] -> [B]
        targets = batch.get("target")
        value = loss(values, targets) if loss is not None and targets is not None else None
        return Output(loss=value, weight=len(values), logits=values, targets=targets)

    def measure(self, facts: RegressionFacts, logits: np.ndarray, targets: np.ndarray) -> Measures:
        return regression_measures(_in_unit(facts, logits), _in_unit(facts, targets), guess=facts.mean)

    def predict(self, facts: RegressionFacts, logits: np.ndarray) -> list[Prediction]:
        values = _in_unit(facts, logits)
        return [Value(value=float(value), mean=facts.mean, spread=facts.spread) for value in values]


def _in_unit(facts: RegressionFacts, standardized: np.ndarray) -> np.ndarray:
    values: np.ndarray = facts.mean + facts.spread * standardized.astype(np.float64)
    return values


TASK = TextRegression
