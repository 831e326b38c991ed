"""Shared by tasks that read text: an encoder with a head, rows to tokens, padding. Functions, no base class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.events import Notice
from workbench.core.fields import Example
from workbench.core.language import tr
from workbench.engine.batches import padded_length
from workbench.engine.task import Batch, Item, Learner, ModelSource

if TYPE_CHECKING:
    from torch import Tensor

CHUNK = 256
"""Rows per call of the tokenizer: it holds the interpreter lock, and the window must breathe."""

_MODEL_INPUTS = ("input_ids", "token_type_ids")


def build_sequence_classifier(
    source: ModelSource, facts: Any, examples: Sequence[Example], config_changes: Mapping[str, Any]
) -> Learner:
    """An encoder with a fresh head on it (AutoModelForSequenceClassification), or a saved one with its own."""
    from workbench.engine.pretrained import load_text_model
    from workbench.engine.scratch import build_scratch

    auto_class = "AutoModelForSequenceClassification"
    if source.spec.source == "scratch":
        built = build_scratch(
            source.spec,
            texts_of(examples),
            auto_class,
            max_length=source.max_length,
            config_changes=config_changes,
            seed=source.seed,
        )
    else:
        built = load_text_model(
            source.spec,
            auto_class,
            models_folder=source.models_folder,
            config_changes=config_changes,
            progress=source.progress,
        )
    longest = longest_readable(built.net, built.tokenizer)
    notices = tuple(built.notices)
    if source.max_length > longest:
        text = tr("This model reads at most {longest} tokens; longer texts are cut there.", longest=longest)
        notices += (Notice(code="M25", message=text),)
    return Learner(built.net, built.tokenizer, facts, min(source.max_length, longest), notices)


def longest_readable(net: Any, tokenizer: Any) -> int:
    """The most tokens that the net has positions for and the tokenizer allows.

    RoBERTa's family counts positions from behind its padding token, so that many are not usable.
    """
    positions = getattr(net.config, "max_position_embeddings", None) or 512
    if "roberta" in net.config.model_type:
        positions -= (net.config.pad_token_id or 0) + 1
    return int(min(positions, tokenizer.model_max_length))


def texts_of(examples: Iterable[Example]) -> Iterator[str]:
    """Every text of `examples`, the second texts too."""
    for example in examples:
        yield str(example.values["text"])
        if "text_pair" in example.values:
            yield str(example.values["text_pair"])


def encode_texts(learner: Learner, examples: Iterable[Example]) -> Iterator[tuple[Example, Item]]:
    """Each example with {"input_ids": [T], ...}, cut to `learner.max_length` tokens, in order."""
    rows = iter(examples)
    while chunk := list(islice(rows, CHUNK)):
        texts = [str(example.values["text"]) for example in chunk]
        pairs = [str(example.values["text_pair"]) for example in chunk if "text_pair" in example.values]
        encoded = learner.tokenizer(
            texts,
            pairs or None,
            truncation=True,
            max_length=learner.max_length,
            return_attention_mask=False,
        )
        names = [name for name in _MODEL_INPUTS if name in encoded]
        for i, example in enumerate(chunk):
            yield example, {name: np.asarray(encoded[name][i], dtype=np.int32) for name in names}


def pad(learner: Learner, items: Sequence[Item]) -> Batch:
    """{"input_ids": [B, T], "attention_mask": [B, T], ...} with T the longest of the batch, or a little more."""
    import torch

    lengths = [len(item["input_ids"]) for item in items]
    shape = (len(items), padded_length(max(lengths), learner.max_length))
    batch: Batch = {}
    mask = np.zeros(shape, dtype=np.int64)
    for name in (name for name in _MODEL_INPUTS if name in items[0]):
        padded = np.full(shape, learner.tokenizer.pad_token_id if name == "input_ids" else 0, dtype=np.int64)
        for row, (item, length) in enumerate(zip(items, lengths, strict=True)):
            padded[row, :length] = item[name]
            mask[row, :length] = 1
        batch[name] = torch.from_numpy(padded)
    batch["attention_mask"] = torch.from_numpy(mask)
    return batch


def logits_of_net(learner: Learner, batch: Batch) -> Tensor:
    """The head's output, [B, C], in float32 whatever the net multiplied with: losses need its digits."""
    inputs = {name: value for name, value in batch.items() if name != "target"}
    logits: Tensor = learner.net(**inputs).logits
    return logits.float()
