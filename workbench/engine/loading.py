"""What must hold before and after transformers loads weights: room in memory, every weight found, every weight finite.

transformers itself fills missing weights with random ones and says so in a log only; a model that silently begins
with random weights is the worst that can happen to a learner, so here it is refused in words.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Notice
from workbench.core.language import tr

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

_BYTES_EACH = 4  # float32


def check_size(config: PreTrainedConfig, auto_class: Any, parameters_on_disk: int) -> None:
    """Refuse a description that is too large for this computer (M17) or for its own weights files (M09).

    A rough count from the configuration comes first, so that a hostile one is refused before anything is built; the
    exact count is taken from a net without storage (torch's meta device).
    """
    import torch

    free = available_bytes()
    _refuse_beyond(_rough_parameters(config) * _BYTES_EACH, free)
    with torch.device("meta"):
        net = auto_class.from_config(config, trust_remote_code=False)
    _refuse_beyond(sum(weight.numel() for weight in net.parameters()) * _BYTES_EACH, free)
    body = sum(weight.numel() for name, weight in net.named_parameters() if _in_body(net, name))
    if parameters_on_disk < body // 2:
        raise _refused(
            "M09",
            tr(
                "The weights files hold {found} numbers, the model's description asks for {due}.",
                found=f"{parameters_on_disk:,}",
                due=f"{body:,}",
            ),
            tr("Nothing was loaded. Get the model again from its source, or choose another one."),
        )


def available_bytes() -> int:
    """Bytes of memory that programs could still take; a very large number where that is unknown."""
    try:
        import psutil

        return int(psutil.virtual_memory().available)
    except ImportError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 2**63


def check_weights(net: PreTrainedModel, info: dict[str, Any]) -> tuple[Notice, ...]:
    """Judge transformers' loading report. Only the head, or an unused pooler, may be new.

    Raises WorkbenchError naming missing or misshapen tensors of the body (M09) or weights that are not finite (M10).
    """
    mismatched = {entry[0] for entry in info["mismatched_keys"]}
    missing = set(info["missing_keys"]) | mismatched
    body = sorted(name for name in missing if _in_body(net, name))
    total = len(net.state_dict())
    if body:
        raise _refused(
            "M09",
            tr(
                "{count} of {total} tensors are missing or have another shape: {names}.",
                count=len(body),
                total=total,
                names=", ".join(body[:3]) + (" …" if len(body) > 3 else ""),
            ),
            tr("Only the last layer may be new. Choose another model."),
        )
    left_out = [name for name in info["unexpected_keys"] if _is_layer(net, name)]
    if left_out:
        raise _refused(
            "M09",
            tr(
                "The model's description leaves out {count} tensors: {names}.",
                count=len(left_out),
                names=_short(left_out),
            ),
            tr("Nothing was loaded. Get the model again from its source, or choose another one."),
        )
    _refuse_infinite(net)
    notices = []
    if missing:
        message = tr("The model's last layer is new and learns from your data: {names}.", names=_short(missing))
        notices.append(Notice(code="M22", message=message))
    if info["unexpected_keys"]:
        message = tr(
            "Weights of the model that this task does not need were left out: {names}.",
            names=_short(info["unexpected_keys"]),
        )
        notices.append(Notice(code="M23", message=message))
    return tuple(notices)


def own_memory(net: PreTrainedModel) -> None:
    """Move every weight into memory of our own.

    transformers leaves float32 weights in a map of the file: a program that shortens the file later would end this
    process (SIGBUS), and one that rewrites it would change weights that were checked.
    """
    import torch

    with torch.no_grad():
        for tensor in (*net.parameters(), *net.buffers()):
            tensor.data = tensor.data.clone()


def loaded_tokenizer(folder: Path, config: PreTrainedConfig) -> tuple[PreTrainedTokenizerFast, tuple[Notice, ...]]:
    """The fast tokenizer in `folder`, without padding or cutting of its own, and with a padding token."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if not isinstance(tokenizer, transformers.PreTrainedTokenizerFast):
        raise _refused("M12", tr("The model's tokenizer exists only in a slow form."), tr("Choose another model."))
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    notices = []
    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            raise _refused("M12", tr("The model's tokenizer has no padding token."), tr("Choose another model."))
        tokenizer.pad_token = tokenizer.eos_token
        config.pad_token_id = tokenizer.pad_token_id
    if len(tokenizer) > config.vocab_size:
        message = tr(
            "The tokenizer knows {tokens} tokens, the model {rows}; the new ones start with random weights.",
            tokens=len(tokenizer),
            rows=config.vocab_size,
        )
        notices.append(Notice(code="M24", message=message, severity="warning"))
    return tokenizer, tuple(notices)


def _in_body(net: PreTrainedModel, name: str) -> bool:
    prefix = f"{net.base_model_prefix}."
    return name.startswith(prefix) and not name.removeprefix(prefix).startswith("pooler.")


def _is_layer(net: PreTrainedModel, name: str) -> bool:
    """Whether `name` is a tensor of one of the body's numbered layers, with or without the body's own name."""
    parts = name.removeprefix(f"{net.base_model_prefix}.").split(".")
    blocks = {child for child, _ in net.base_model.named_children()}
    return parts[0] in blocks and any(part.isdecimal() for part in parts)


def _refuse_infinite(net: PreTrainedModel) -> None:
    import torch

    bad = [name for name, weight in net.named_parameters() if not bool(torch.isfinite(weight).all())]
    if bad:
        raise _refused(
            "M10",
            tr("{count} tensors hold values that are not numbers: {names}.", count=len(bad), names=_short(bad)),
            tr("The file is damaged. Get the model again from its source."),
        )


def _rough_parameters(config: PreTrainedConfig) -> int:
    """The weights of the embeddings, which every kind of model has."""
    width = int(getattr(config, "embedding_size", None) or getattr(config, "hidden_size", 0) or 0)
    rows = int(getattr(config, "vocab_size", 0) or 0) + int(getattr(config, "max_position_embeddings", 0) or 0)
    return width * rows


def _refuse_beyond(needed: int, free: int) -> None:
    if needed > free:
        raise _refused(
            "M17",
            tr(
                "The model needs {needed} GB of memory; {free} GB are free.",
                needed=_gigabytes(needed),
                free=_gigabytes(free),
            ),
            tr("Nothing was loaded. Choose a smaller model."),
        )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f}"


def _short(names: Any) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:3]) + (" …" if len(ordered) > 3 else "")


def _refused(code: str, what: str, remedy: str) -> WorkbenchError:
    return WorkbenchError(Problem(code=code, where=tr("Model"), what=what, remedy=remedy, field="model"))


def hush() -> None:
    """Keep transformers from writing reports and progress bars into a terminal that is not its own."""
    import transformers

    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
