"""Facts of a model that are known without loading it: its shape, its size, and what was kept out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from workbench.core.plan import SCRATCH_OPTIONS, ModelSpec
from workbench.engine.intake import IntakeReport

# Their positions are counted from the padding token's id + 1, so that as many fewer tokens fit (514 gives 512).
_OFFSET_WORDS = "roberta xlm-roberta xlm-roberta-xl camembert mpnet longformer data2vec-text roberta-prelayernorm luke"
_OFFSET_POSITIONS = frozenset(_OFFSET_WORDS.split())


class ModelFacts(Struct, frozen=True, kw_only=True):
    """What a model is, known without loading it.

    `parameters` counts weights (from the headers; for a scratch model, of its full vocabulary). `max_positions` is the
    longest text in tokens. 0 or "" stand for unknown. `removed_keys` and `ignored_files` are what intake kept out.
    """

    architecture: str
    model_type: str
    parameters: int
    bytes_on_disk: int
    hidden_size: int
    layers: int
    heads: int
    vocabulary: int
    max_positions: int
    folder: str = ""
    labels: tuple[str, ...] = ()
    removed_keys: tuple[str, ...] = ()
    ignored_files: tuple[str, ...] = ()
    program_files: tuple[str, ...] = ()


def facts_of_folder(report: IntakeReport) -> ModelFacts:
    """The facts of a model folder that intake has looked at."""
    config = report.config
    labels = config.get("id2label")
    return ModelFacts(
        architecture=_first_text(config.get("architectures")) or str(config["model_type"]),
        model_type=str(config["model_type"]),
        parameters=report.parameters,
        bytes_on_disk=report.bytes_on_disk,
        hidden_size=_number(config, "hidden_size", "dim", "d_model", "n_embd"),
        layers=_number(config, "num_hidden_layers", "n_layers", "n_layer", "num_layers"),
        heads=_number(config, "num_attention_heads", "n_heads", "n_head", "num_heads"),
        vocabulary=_number(config, "vocab_size"),
        max_positions=_longest_text(config),
        folder=report.folder,
        labels=tuple(map(str, labels.values())) if isinstance(labels, dict) else (),
        removed_keys=report.removed_keys,
        ignored_files=report.ignored_files,
        program_files=report.program_files,
    )


def facts_of_scratch(spec: ModelSpec) -> ModelFacts:
    """The facts of the BERT that `spec.options` shape; `parameters` without the task's head."""
    shape = {option.name: int(spec.options.get(option.name, option.default)) for option in SCRATCH_OPTIONS}
    width, layers, vocabulary = shape["hidden_size"], shape["layers"], shape["vocabulary"]
    # Embeddings (tokens, 512 positions, 2 segments, norm), per layer 4 attention and 2 inner products, and the pooler.
    embeddings = (vocabulary + 512 + 2 + 2) * width
    layer = 12 * width * width + 13 * width
    parameters = embeddings + layers * layer + width * width + width
    return ModelFacts(
        architecture="BertModel",
        model_type="bert",
        parameters=parameters,
        bytes_on_disk=0,
        hidden_size=width,
        layers=layers,
        heads=shape["heads"],
        vocabulary=vocabulary,
        max_positions=0,
    )


def _longest_text(config: Mapping[str, Any]) -> int:
    positions = _number(config, "max_position_embeddings", "n_positions")
    if positions and config["model_type"] in _OFFSET_POSITIONS:
        return positions - _number(config, "pad_token_id") - 1
    return positions


def _number(config: Mapping[str, Any], *names: str) -> int:
    return next((value for name in names if isinstance(value := config.get(name), int)), 0)


def _first_text(value: Any) -> str:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], str) else ""
