"""What of a stranger's config.json and tokenizer_config.json is believed: an allowlist of keys and bounds for numbers.

Keys of configurations have reached code although remote code was switched off (CVE-2026-4372, CVE-2026-5241). So only
keys that the built-in configuration class of the model type declares are kept, and those that are known to reach a
loader are taken out at every depth.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr

MOST_LABELS = 10_000
MOST_DEPTH = 32
_MOST_ITEMS = 10_000
_MOST_CHARACTERS = 20_000
_MOST_COUNT = 4_096
_MOST_INTEGER = 2**31 - 1

_LAYERS = "num_hidden_layers n_layers n_layer num_layers encoder_layers decoder_layers inner_group_num"
_HEADS = "num_attention_heads n_heads n_head num_heads num_key_value_heads encoder_attention_heads"
_WIDTHS = "hidden_size dim d_model n_embd emb_dim embedding_size head_dim d_kv"
_INNER = "intermediate_size hidden_dim n_inner ffn_dim d_ff encoder_ffn_dim decoder_ffn_dim"
_POSITIONS = "max_position_embeddings n_positions n_ctx max_seq_len max_target_positions"
MOST: dict[str, int] = {
    **dict.fromkeys(_LAYERS.split(), 256),
    **dict.fromkeys(_HEADS.split(), 256),
    **dict.fromkeys(_WIDTHS.split(), 16_384),
    **dict.fromkeys(_INNER.split(), 131_072),
    **dict.fromkeys(_POSITIONS.split(), 2**20),
    "vocab_size": 2**21,
    "num_labels": MOST_LABELS,
}
"""The largest value that is believed, per key. The smallest is 1. Other counts may reach 4,096, or 2^31."""

_REACHING_WORDS = (
    "auto_map trust_remote_code custom_pipelines custom_generate quantization_config compression_config "
    "transformers_weights fusion_config use_kernels base_model_name_or_path adapter_config gguf_file"
)
_REACHING = frozenset(_REACHING_WORDS.split())
_REACHING_PARTS = ("attn_implementation", "experts_implementation", "kernel")
# Plain numbers and names that built-in classes read although they do not declare them: older spellings, mostly.
_OLDER_WORDS = (
    "attention_head_size classifier_dropout cls_dropout conv_act conv_groups conv_kernel_size embedding_size "
    "first_k_dense_replace full_attention_interval global_attn_every_n_layers global_rope_theta head_dim "
    "hidden_dropout local_rope_theta moe_layer_freq n_embed norm_rel_ebd partial_rotary_factor pooler_hidden_size "
    "position_buckets rope_local_base_freq rope_scaling rope_theta rotary_emb_base rotary_pct share_att_key "
    "sliding_window_pattern summary_activation summary_first_dropout summary_last_dropout summary_proj_to_labels "
    "summary_type summary_use_proj talking_head"
)
_OLDER = frozenset(_OLDER_WORDS.split())
_TOKENIZER_WORDS = (
    "add_bos_token add_eos_token add_prefix_space additional_special_tokens added_tokens_decoder bos_token "
    "clean_up_tokenization_spaces cls_token do_basic_tokenize do_lower_case eos_token errors extra_special_tokens "
    "keep_accents mask_token max_length model_input_names model_max_length never_split pad_token pad_token_type_id "
    "padding_side remove_space sep_token split_by_punct split_special_tokens stride strip_accents "
    "tokenize_chinese_chars tokenizer_class trim_offsets truncation_side truncation_strategy unk_token vocab_type"
)
_TOKENIZER_KEYS = frozenset(_TOKENIZER_WORDS.split())


class CleanConfig(Struct, frozen=True):
    """`values` may be believed. `removed` reach code or a loader, `unknown` mean nothing to the model type."""

    values: dict[str, Any]
    removed: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def parse_json(path: Path, most_bytes: int) -> dict[str, Any]:
    """The object in a JSON file, at most `most_bytes` long and `MOST_DEPTH` deep. Raises WorkbenchError (M06)."""
    size = path.stat().st_size
    if size > most_bytes:
        raise _damaged(path, tr("it has {size} bytes; at most {most} are read", size=size, most=most_bytes))
    try:
        content = msgspec.json.decode(path.read_bytes())
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(path, tr("it is not JSON that can be read")) from error
    if not isinstance(content, dict):
        raise _damaged(path, tr("it is not JSON that can be read"))
    if not _is_shallow(content):
        raise _damaged(path, tr("it is nested more than {depth} deep", depth=MOST_DEPTH))
    return content


def clean_config(raw: Mapping[str, Any], where: str = "config.json") -> CleanConfig:
    """The believable part of a model's configuration.

    Raises WorkbenchError with every number out of bounds (M07), or M11 if the architecture is not built in.
    """
    removed: list[str] = []
    stripped = _strip(raw, "", removed)
    problems = list(_excesses(stripped, where))
    if problems:
        raise WorkbenchError(*problems)
    unknown: list[str] = []
    values = _known(stripped, _config_class(raw.get("model_type"), where), "", unknown)
    return CleanConfig(values, tuple(removed), tuple(unknown))


def clean_tokenizer_config(raw: Mapping[str, Any], where: str) -> CleanConfig:
    """The believable part of a tokenizer's configuration; chat templates are programs and are taken out."""
    removed: list[str] = []
    stripped = _strip(raw, "", removed)
    values = {key: value for key, value in stripped.items() if key in _TOKENIZER_KEYS}
    # 10^30 stands for "no limit" in many published files.
    longest = values.get("model_max_length")
    if isinstance(longest, int | float) and not 0 < longest <= MOST["max_position_embeddings"]:
        del values["model_max_length"]
    problems = list(_excesses(values, where))
    if problems:
        raise WorkbenchError(*problems)
    return CleanConfig(values, tuple(removed), tuple(sorted(set(stripped) - set(values))))


def strip_reaching_keys(raw: Mapping[str, Any]) -> CleanConfig:
    """Any other JSON file of a model, without the keys that reach code."""
    removed: list[str] = []
    return CleanConfig(_strip(raw, "", removed), tuple(removed))


def _strip(value: Any, path: str, removed: list[str]) -> Any:
    if isinstance(value, Mapping):
        kept = {}
        for key, entry in value.items():
            place = f"{path}.{key}" if path else key
            if key in _REACHING or any(part in key for part in _REACHING_PARTS):
                removed.append(place[:120])
            elif not key.startswith("_"):
                kept[key] = _strip(entry, place, removed)
        return kept
    if isinstance(value, list):
        return [_strip(entry, path, removed) for entry in value]
    return value


def _known(values: Mapping[str, Any], config_class: Any, path: str, unknown: list[str]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(config_class)} | set(config_class.attribute_map)
    names = (names | _OLDER | {"model_type", "num_labels"}) - {"dtype", "transformers_version"}
    kept: dict[str, Any] = {}
    for key, value in values.items():
        inner = config_class.sub_configs.get(key)
        if key not in names:
            unknown.append(f"{path}{key}")
        elif inner is not None and isinstance(value, Mapping):
            if not dataclasses.is_dataclass(inner):
                inner = _config_class(value.get("model_type"), f"{path}{key}")
            kept[key] = _known(value, inner, f"{path}{key}.", unknown)
        else:
            kept[key] = value
    return kept


def _config_class(model_type: Any, where: str) -> Any:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    if not isinstance(model_type, str) or model_type not in CONFIG_MAPPING:
        raise WorkbenchError(
            Problem(
                code="M11",
                where=where,
                what=tr("The kind of model {kind} is not built in.", kind=repr(model_type)[:60]),
                remedy=tr("Models that bring their own program code are not run. Choose another model."),
                field="model",
            )
        )
    return CONFIG_MAPPING[model_type]


def _excesses(value: Any, where: str, key: str = "") -> list[Problem]:
    if isinstance(value, Mapping):
        found = [] if len(value) <= _MOST_ITEMS else [_excess(where, key, len(value), _MOST_ITEMS)]
        return found or [problem for name, entry in value.items() for problem in _excesses(entry, where, name)]
    if isinstance(value, list):
        found = [] if len(value) <= _MOST_ITEMS else [_excess(where, key, len(value), _MOST_ITEMS)]
        return found or [problem for entry in value for problem in _excesses(entry, where, key)]
    if isinstance(value, str):
        return [] if len(value) <= _MOST_CHARACTERS else [_excess(where, key, len(value), _MOST_CHARACTERS)]
    if key in MOST and value is not None:
        legal = type(value) is int and 1 <= value <= MOST[key]
        return [] if legal else [_excess(where, key, value, MOST[key], least=1)]
    if isinstance(value, int) and not isinstance(value, bool):
        most = _MOST_COUNT if key.startswith(("num_", "n_", "type_vocab")) else _MOST_INTEGER
        return [] if abs(value) <= most else [_excess(where, key, value, most)]
    return []


def _excess(where: str, key: str, value: Any, most: int, *, least: int = 0) -> Problem:
    shown = repr(value)[:40]
    return Problem(
        code="M07",
        where=where,
        what=tr("{key} is {value}; {least} to {most} is possible.", key=key[:60], value=shown, least=least, most=most),
        remedy=tr("Nothing was loaded. Choose another model, or correct that file."),
        field="model",
    )


def _is_shallow(content: Any) -> bool:
    level = [content]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return True
    return False


def _damaged(path: Path, reason: str) -> WorkbenchError:
    return WorkbenchError(
        Problem(
            code="M06",
            where=path.name,
            what=tr("The file cannot be used: {reason}.", reason=reason),
            remedy=tr("Nothing was loaded. Get the model again from its source, or choose another one."),
            field="model",
        )
    )
