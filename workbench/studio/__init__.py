"""THE DOOR: everything that a front end may ask for. Opening it costs no torch."""

from __future__ import annotations

from workbench.data.findings import Finding, Fix, Setting
from workbench.data.preview import Preview
from workbench.engine.token_view import Token, TokenView
from workbench.insight.coach import Coach, HintChange
from workbench.insight.comparing import Difference
from workbench.insight.hints import Hint
from workbench.sinks import sinks
from workbench.store.records import Curves, RunRecord
from workbench.studio.catalog import ModelCard, Sample
from workbench.studio.declarations import FAMILIES, OptionGroup, TaskInfo, task_infos
from workbench.studio.knobs import knobs, value_of, with_knob
from workbench.studio.mending import mends
from workbench.studio.resuming import CHANGEABLE, Resumable
from workbench.studio.runs import Predictor, Run
from workbench.studio.samplers import can_use_tpe
from workbench.studio.spaces import Method, Range, Space
from workbench.studio.splitting import Part, SplitPreview, split_words, splits, with_split
from workbench.studio.studio import Studio
from workbench.studio.sweep_table import Axis, Line, SweepTable, sweep_table
from workbench.studio.sweeps import Sweep, SweepEvent, SweepFinished, SweepRun, TrialFinished, TrialStarted
from workbench.studio.tokens import LanguageShare, TokenLengths

__all__ = [
    "CHANGEABLE",
    "FAMILIES",
    "Axis",
    "Coach",
    "Curves",
    "Difference",
    "Finding",
    "Fix",
    "Hint",
    "HintChange",
    "LanguageShare",
    "Line",
    "Method",
    "ModelCard",
    "OptionGroup",
    "Part",
    "Predictor",
    "Preview",
    "Range",
    "Resumable",
    "Run",
    "RunRecord",
    "Sample",
    "Setting",
    "Space",
    "SplitPreview",
    "Studio",
    "Sweep",
    "SweepEvent",
    "SweepFinished",
    "SweepRun",
    "SweepTable",
    "TaskInfo",
    "Token",
    "TokenLengths",
    "TokenView",
    "TrialFinished",
    "TrialStarted",
    "can_use_tpe",
    "knobs",
    "mends",
    "sinks",
    "split_words",
    "splits",
    "sweep_table",
    "task_infos",
    "value_of",
    "with_knob",
    "with_split",
]
