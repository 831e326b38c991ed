"""What a forecast must know of a model: read from its files in milliseconds, without torch and transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.core.plan import ModelSpec
from workbench.engine.config_rules import parse_json
from workbench.engine.intake import CONFIG, IntakeReport
from workbench.engine.model_facts import ModelFacts, facts_of_folder, facts_of_scratch
from workbench.engine.pretrained import model_source
from workbench.engine.weights_file import FLOATS, read_header

_MOST_JSON_BYTES = 2**20


def quick_facts(spec: ModelSpec, models_folder: Path) -> ModelFacts:
    """As `pretrained.inspect`, but nothing is judged: a folder that would not be let in is described all the same.

    Raises WorkbenchError if the model is not there or its description or weights cannot be read.
    """
    if spec.source == "scratch":
        return facts_of_scratch(spec)
    folder = model_source(spec, models_folder)
    try:
        config: dict[str, Any] = {"model_type": "", **parse_json(folder / CONFIG, _MOST_JSON_BYTES)}
        weights = sorted(folder.glob("*.safetensors"))
        tensors = [tensor for path in weights for tensor in read_header(path).values()]
    except OSError as error:
        what = tr("The folder cannot be opened: {reason}.", reason=error.strerror or str(error))
        remedy = tr("Choose a model folder in Hugging Face format, with safetensors weights.")
        raise WorkbenchError(Problem(code="M03", where=str(folder), what=what, remedy=remedy, field="model")) from error
    return facts_of_folder(
        IntakeReport(
            folder=str(folder),
            config=config,
            weights=tuple(path.name for path in weights),
            admitted=(),
            ignored_files=(),
            program_files=(),
            removed_keys=(),
            unknown_keys=(),
            tensors=len(tensors),
            parameters=sum(tensor.size for tensor in tensors if tensor.dtype in FLOATS),
            bytes_on_disk=sum(path.stat().st_size for path in weights),
            state={},
        )
    )
