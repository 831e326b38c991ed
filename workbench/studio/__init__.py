"""THE DOOR: everything that a front end may ask for. Opening it costs no torch."""

from __future__ import annotations

from workbench.data.preview import Preview
from workbench.store.records import Curves, RunRecord
from workbench.studio.catalog import ModelCard, Sample
from workbench.studio.declarations import FAMILIES, OptionGroup, TaskInfo, task_infos
from workbench.studio.runs import Predictor, Run
from workbench.studio.studio import Studio

__all__ = [
    "FAMILIES",
    "Curves",
    "ModelCard",
    "OptionGroup",
    "Predictor",
    "Preview",
    "Run",
    "RunRecord",
    "Sample",
    "Studio",
    "TaskInfo",
    "task_infos",
]
