"""Text classification: one text, or a pair, belongs to one of C classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Measures
from workbench.core.fields import LABEL, TEXT, TEXT_PAIR, Example, Field
from workbench.core.language import mark, tr
from workbench.core.predictions import Prediction, Scores
from workbench.engine.metrics import classification_measures
from workbench.engine.task import Batch, Facts, Item, Learner, LossFunction, ModelSource, Output, option
from workbench.tasks import _tokens

if TYPE_CHECKING:
    from torch import Tensor


class ClassificationFacts(Facts, frozen=True, kw_only=True):
    """The classes of the training rows, in alphabetical order, and how many rows each has."""

    labels: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class TextClassification:
    id: ClassVar[str] = "text-classification"
    title: ClassVar[str] = mark("Text classification")
    summary: ClassVar[str] = mark("Name the class of a text: a topic, a mood, an intent.")
    fields: ClassVar[Mapping[str, Field]] = {"text": TEXT, "text_pair": TEXT_PAIR, "label": LABEL}
    losses: ClassVar[tuple[str, ...]] = ("cross-entropy",)
    headline: ClassVar[str] = "macro_f1"
    higher_is_better: ClassVar[bool] = True
    facts_type: ClassVar[type[Facts]] = ClassificationFacts

    class_weights: str = option(
        "none",
        title=mark("Class weights"),
        help=mark("Balanced makes rare classes count as much as common ones. Helps when one class is rare."),
        kind="choice",
        choices=(("none", mark("every row counts the same")), ("balanced", mark("balanced"))),
    )
    sampling: str = option(
        "as-is",
        title=mark("Sampling"),
        help=mark(
            "Balanced shows every class equally often: rows of rare ones again, some of common ones later. An "
            "alternative to class weights."
        ),
        kind="choice",
        choices=(("as-is", mark("every row once")), ("balanced", mark("every class equally often"))),
    )

    def study(self, examples: Sequence[Example]) -> ClassificationFacts:
        counts = Counter(str(example.values["label"]) for example in examples)
        if len(counts) < 2:
            raise WorkbenchError(
                Problem(
                    code="D40",
                    where=tr("Label"),
                    what=tr("All rows have the same label “{label}”.", label=next(iter(counts), "")),
                    remedy=tr("A classifier needs at least two classes. Choose another column."),
                    field="label",
                )
            )
        labels = tuple(sorted(counts))
        return ClassificationFacts(labels=labels, counts=tuple(counts[label] for label in labels))

    def build(self, source: ModelSource, facts: ClassificationFacts, examples: Sequence[Example]) -> Learner:
        config_changes = {
            "num_labels": len(facts.labels),
            "id2label": dict(enumerate(facts.labels)),
            "label2id": {label: number for number, label in enumerate(facts.labels)},
            "problem_type": "single_label_classification",
        }
        return _tokens.build_sequence_classifier(source, facts, examples, config_changes)

    def encode(self, learner: Learner, examples: Iterable[Example]) -> Iterator[Item]:
        numbers = {label: number for number, label in enumerate(learner.facts.labels)}
        for example, item in _tokens.encode_texts(learner, examples):
            if "label" in example.values:
                item["target"] = numbers[str(example.values["label"])]
            yield item

    def collate(self, learner: Learner, items: Sequence[Item], *, training: bool) -> Batch:
        import torch

        batch = _tokens.pad(learner, items)
        if "target" in items[0]:
            batch["target"] = torch.tensor([int(item["target"]) for item in items])
        return batch

    def forward(self, learner: Learner, batch: Batch, loss: LossFunction | None) -> Output:
        logits = _tokens.logits_of_net(learner, batch)
        targets = batch.get("target")
        value, weight = None, float(len(logits))
        if loss is not None and targets is not None:
            weights = self._weights(learner.facts, logits)
            value = loss(logits, targets, class_weights=weights)
            weight = float(weights[targets].sum()) if weights is not None else weight
        return Output(loss=value, weight=weight, logits=logits, targets=targets)

    def measure(self, facts: ClassificationFacts, logits: np.ndarray, targets: np.ndarray) -> Measures:
        return classification_measures(logits, targets, facts.labels, commonest=int(np.argmax(facts.counts)))

    def predict(self, facts: ClassificationFacts, logits: np.ndarray) -> list[Prediction]:
        from scipy.special import softmax

        probabilities = softmax(logits.astype(np.float64), axis=1)
        return [
            Scores(labels=facts.labels, logits=tuple(map(float, row)), probabilities=tuple(map(float, shares)))
            for row, shares in zip(logits, probabilities, strict=True)
        ]

    def _weights(self, facts: ClassificationFacts, logits: Tensor) -> Tensor | None:
        """N / (C · n_c) for each class c, [C]: King & Zeng 2001, as in scikit-learn's "balanced"."""
        if self.class_weights == "none":
            return None
        counts = logits.new_tensor(facts.counts)
        return counts.sum() / (len(counts) * counts)


TASK = TextClassification
