"""Tiny random classifiers of each family of models that the picker offers, and some more."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
import transformers

from tests.engine.tiny_models import TEXTS
from workbench.core.fields import Example
from workbench.core.plan import Choice
from workbench.engine.batches import EncodedRows, RowCollector
from workbench.engine.scratch import train_tokenizer
from workbench.engine.task import Learner
from workbench.tasks import task_of

LAYERS = 3
TASK = task_of(Choice(name="text-classification"))

_SHAPE: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}
_DEBERTA = {"relative_attention": True, "position_buckets": 8, "pos_att_type": ["p2c", "c2p"]}

FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "bert": ("BertConfig", _SHAPE),
    "roberta": ("RobertaConfig", _SHAPE),
    "xlm-roberta": ("XLMRobertaConfig", _SHAPE),
    "camembert": ("CamembertConfig", _SHAPE),
    "distilbert": (
        "DistilBertConfig",
        {
            "dim": 16,
            "n_layers": LAYERS,
            "n_heads": 2,
            "hidden_dim": 32,
            "max_position_embeddings": 64,
            "pad_token_id": 0,
        },
    ),
    "albert": ("AlbertConfig", {**_SHAPE, "embedding_size": 8}),
    "electra": ("ElectraConfig", {**_SHAPE, "embedding_size": 8}),
    "mpnet": ("MPNetConfig", _SHAPE),
    "deberta-v2": (
        "DebertaV2Config",
        {**_SHAPE, **_DEBERTA, "norm_rel_ebd": "layer_norm", "share_att_key": True, "position_biased_input": False},
    ),
    "deberta-v2 with convolution": ("DebertaV2Config", {**_SHAPE, **_DEBERTA, "conv_kernel_size": 3}),
    "gpt2": ("GPT2Config", {"n_embd": 16, "n_layer": LAYERS, "n_head": 2, "n_positions": 64, "pad_token_id": 0}),
    "modernbert": (
        "ModernBertConfig",
        {**_SHAPE, "global_attn_every_n_layers": 2, "local_attention": 8, "cls_token_id": 2, "sep_token_id": 3},
    ),
}
SHARED = "albert"
"""Its layers are one layer that runs several times."""


@cache
def _tokenizer() -> transformers.PreTrainedTokenizerFast:
    return train_tokenizer(TEXTS * 5, 300, 64)


def tiny_net(family: str, seed: int = 0) -> transformers.PreTrainedModel:
    """A classifier of two classes with dropout. Equal seeds give equal weights, spread wide enough to matter."""
    config_class, shape = FAMILIES[family]
    special = {"bos_token_id": 2, "eos_token_id": 3, "num_labels": 2}
    config = getattr(transformers, config_class)(vocab_size=len(_tokenizer()), **shape, **special)
    torch.manual_seed(seed)
    net = transformers.AutoModelForSequenceClassification.from_config(config)
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    return net.eval()


def tiny_learner(family: str, seed: int = 0) -> Learner:
    """`tiny_net` with a tokenizer and facts for two classes."""
    examples = [Example({"text": text, "label": "ab"[i % 2]}) for i, text in enumerate(TEXTS)]
    return Learner(tiny_net(family, seed), _tokenizer(), TASK.study(examples), 64)


def tiny_rows(learner: Learner, count: int = 12) -> EncodedRows:
    """Encoded rows of different lengths in two classes."""
    words = " ".join(TEXTS).split()
    texts = [" ".join(words[i % 7 : i % 7 + 1 + (5 * i) % 11]) for i in range(count)]
    collector = RowCollector()
    for item in TASK.encode(learner, [Example({"text": t, "label": "ab"[i % 2]}) for i, t in enumerate(texts)]):
        collector.add(item)
    return collector.rows()


def learning(net: torch.nn.Module) -> list[torch.nn.Parameter]:
    """The weights that learn."""
    return [weight for weight in net.parameters() if weight.requires_grad]


def snapshot(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A copy of every weight and buffer."""
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def batch_of(learner: Learner, rows: EncodedRows, indices: Any = None, *, training: bool = True) -> dict[str, Any]:
    """The rows `indices` (all of them by default), collated."""
    chosen = np.arange(len(rows)) if indices is None else np.asarray(indices)
    return TASK.collate(learner, rows.take(chosen), training=training)
