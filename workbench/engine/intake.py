"""Intake: what of a stranger's model folder is let in, and a clean copy of it.

A model folder is untrusted: only files of an allowlist are opened, weights are safetensors and nothing else, and the
configuration is rewritten from believable keys. Nothing here loads a weight or imports torch.
"""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.engine.config_rules import (
    CleanConfig,
    clean_config,
    clean_tokenizer_config,
    parse_json,
    strip_reaching_keys,
)
from workbench.engine.staging import stage
from workbench.engine.weights_file import FLOATS, read_header

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZER = "tokenizer.json"
_SMALL_JSON = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json")
_VOCABULARIES = (TOKENIZER, "vocab.txt", "vocab.json", "merges.txt")
_SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")

# Formats whose loaders can run programs, or that hide such files.
_PROGRAM_WORDS = ".bin .pt .pth .ckpt .pkl .pickle .joblib .npy .npz .dill .h5 .keras .msgpack .ot .mar"
PROGRAM_FORMATS = tuple(_PROGRAM_WORDS.split())
ARCHIVES = (".zip", ".7z", ".tar", ".gz", ".tgz", ".rar", ".whl")

_MOST_FILES = 2_000
_MOST_JSON_BYTES = 4 * 2**20
_MOST_VOCABULARY_BYTES = 64 * 2**20
_MOST_TOKENS = 2**21
_MOST_ADDED_TOKENS = 10_000
_MOST_PATTERN = 4_096


class IntakeReport(Struct, frozen=True, kw_only=True):
    """What was found in a model folder.

    `config` is the believable part of config.json. `removed_keys` would have reached program code; `unknown_keys` mean
    nothing to this kind of model. `ignored_files` are not opened; `program_files` are those of them that hold code.
    `parameters` counts the numbers in the weights files; `state` is {file: (bytes, time in ns)} of the weights.
    """

    folder: str
    config: dict[str, Any]
    weights: tuple[str, ...]
    admitted: tuple[str, ...]
    ignored_files: tuple[str, ...]
    program_files: tuple[str, ...]
    removed_keys: tuple[str, ...]
    unknown_keys: tuple[str, ...]
    tensors: int
    parameters: int
    bytes_on_disk: int
    state: dict[str, tuple[int, int]]


def check_folder(folder: Path) -> IntakeReport:
    """Look at a model folder without loading it. Raises WorkbenchError saying why it is not let in."""
    return _examine(folder)[0]


def admitted_copy(folder: Path, target: Path) -> IntakeReport:
    """Check `folder` and build its clean copy in `target`, an existing empty folder.

    JSON files are rewritten from what was believed; weights are linked, so that gigabytes are not copied.
    """
    report, contents = _examine(folder)
    for name in _VOCABULARIES:
        if name in report.admitted:
            contents[name] = (folder / name).read_bytes()
    stage(target, contents, {name: (folder / name).resolve() for name in report.weights})
    return report


def weights_state(folder: Path, weights: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """{file: (bytes, time of the last change in ns)}: equal states mean unchanged weights."""
    status = {name: (folder / name).stat() for name in weights}
    return {name: (entry.st_size, entry.st_mtime_ns) for name, entry in status.items()}


def _examine(folder: Path) -> tuple[IntakeReport, dict[str, bytes]]:
    names = _list(folder)
    if CONFIG not in names:
        raise _refused("M04", folder.name, tr("This folder holds no model: config.json is missing."))
    weights, contents = _weights(folder, names)
    cleaned: dict[str, CleanConfig] = {CONFIG: clean_config(parse_json(folder / CONFIG, _MOST_JSON_BYTES))}
    for name in _SMALL_JSON:
        if name in names:
            cleaned[name] = _clean(folder / name)
    vocabularies = [name for name in _VOCABULARIES if name in names]
    _check_vocabularies(folder, vocabularies)
    contents |= {name: msgspec.json.encode(entry.values) for name, entry in cleaned.items()}
    headers = [read_header(folder / name) for name in weights]
    _check_shards(headers, contents.get(INDEX))
    state = weights_state(folder, weights)
    admitted = {*contents, *vocabularies, *weights}
    ignored = tuple(name for name in names if name not in admitted)
    report = IntakeReport(
        folder=str(folder),
        config=cleaned[CONFIG].values,
        weights=weights,
        admitted=tuple(sorted(admitted)),
        ignored_files=ignored,
        program_files=tuple(
            name for name in ignored if name.endswith((".py", ".so", ".dll", ".pyd", *PROGRAM_FORMATS))
        ),
        removed_keys=tuple(f"{name}: {key}" for name, entry in cleaned.items() for key in entry.removed),
        unknown_keys=cleaned[CONFIG].unknown,
        tensors=sum(map(len, headers)),
        parameters=sum(tensor.size for header in headers for tensor in header.values() if tensor.dtype in FLOATS),
        bytes_on_disk=sum(size for size, _ in state.values()),
        state=state,
    )
    return report, contents


def _list(folder: Path) -> list[str]:
    """The names in `folder`; ordinary files (or links to them) as they are, folders with a slash."""
    try:
        with os.scandir(folder) as entries:
            found = [
                entry.name if entry.is_file() else f"{entry.name}/" for entry in itertools.islice(entries, _MOST_FILES)
            ]
    except OSError as error:
        reason = error.strerror or str(error)
        raise _refused("M03", str(folder), tr("The folder cannot be opened: {reason}.", reason=reason)) from error
    if len(found) == _MOST_FILES:
        raise _refused("M03", str(folder), tr("This folder holds too many files to be a model."))
    return sorted(found)


def _weights(folder: Path, names: list[str]) -> tuple[tuple[str, ...], dict[str, bytes]]:
    """The weights files, and the rewritten index if they are several."""
    if WEIGHTS in names:
        return (WEIGHTS,), {}
    if INDEX in names:
        weight_map = parse_json(folder / INDEX, _MOST_JSON_BYTES).get("weight_map")
        shards = sorted(set(map(str, weight_map.values()))) if isinstance(weight_map, dict) else []
        if shards and all(_SHARD.fullmatch(shard) and shard in names for shard in shards):
            index: dict[str, Any] = {"metadata": {}, "weight_map": weight_map}
            return tuple(shards), {INDEX: msgspec.json.encode(index)}
        raise _refused("M08", INDEX, tr("Some of the weights files that it lists are missing."))
    programs = [name for name in names if name.lower().endswith((*PROGRAM_FORMATS, *ARCHIVES))]
    if programs:
        raise _refused(
            "M05",
            ", ".join(programs[:3]),
            tr("This model stores its weights in a format that can run programs."),
            tr("Nothing was opened. Ask for a .safetensors version of it."),
        )
    if "adapter_model.safetensors" in names:
        raise _refused("M05", folder.name, tr("This is an adapter, not a whole model."))
    raise _refused("M05", folder.name, tr("This folder holds no weights: model.safetensors is missing."))


def _clean(path: Path) -> CleanConfig:
    raw = parse_json(path, _MOST_JSON_BYTES)
    return clean_tokenizer_config(raw, path.name) if path.name == "tokenizer_config.json" else strip_reaching_keys(raw)


def _check_shards(headers: list[dict[str, Any]], index: bytes | None) -> None:
    names = [name for header in headers for name in header]
    if len(set(names)) != len(names):
        raise _refused("M08", INDEX, tr("The same tensor stands in two weights files."))
    if index is not None and set(msgspec.json.decode(index)["weight_map"]) != set(names):
        raise _refused("M08", INDEX, tr("The weights files hold other tensors than their list says."))


def _check_vocabularies(folder: Path, vocabularies: list[str]) -> None:
    for name in vocabularies:
        size = (folder / name).stat().st_size
        if size > _MOST_VOCABULARY_BYTES:
            raise _refused(
                "M12", name, tr("The vocabulary has {size} bytes, far more than a tokenizer needs.", size=size)
            )
    if TOKENIZER in vocabularies:
        content = parse_json(folder / TOKENIZER, _MOST_VOCABULARY_BYTES)
        model = content.get("model")
        vocabulary = model.get("vocab") if isinstance(model, dict) else None
        added = content.get("added_tokens") or []
        if not isinstance(vocabulary, dict | list) or not isinstance(added, list):
            raise _refused("M12", TOKENIZER, tr("The tokenizer holds no vocabulary."))
        if len(vocabulary) > _MOST_TOKENS or len(added) > _MOST_ADDED_TOKENS:
            tokens = len(vocabulary) + len(added)
            raise _refused("M12", TOKENIZER, tr("The tokenizer lists {tokens} tokens, too many.", tokens=tokens))
        if _longest_pattern({**content, "model": None, "added_tokens": None}) > _MOST_PATTERN:
            raise _refused("M12", TOKENIZER, tr("The tokenizer's search pattern is too long to be safe."))
    elif not vocabularies:
        raise _refused("M12", folder.name, tr("This model brings no tokenizer: tokenizer.json is missing."))


def _longest_pattern(value: Any) -> int:
    if isinstance(value, dict):
        own = len(value["Regex"]) if isinstance(value.get("Regex"), str) else 0
        return max([own, *map(_longest_pattern, value.values())])
    return max(map(_longest_pattern, value), default=0) if isinstance(value, list) else 0


def _refused(code: str, where: str, what: str, remedy: str = "") -> WorkbenchError:
    remedy = remedy or tr("Choose a model folder in Hugging Face format, with safetensors weights.")
    return WorkbenchError(Problem(code=code, where=where, what=what, remedy=remedy, field="model"))
