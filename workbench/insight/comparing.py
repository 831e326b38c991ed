"""What sets the plans of several runs apart: the settings that differ, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath, PureWindowsPath
from typing import Any

import msgspec
from msgspec import Struct

from workbench.core.language import mark, tr
from workbench.core.options import Option
from workbench.core.plan import PLAN_OPTIONS, SCRATCH_OPTIONS, VALIDATION_SHARE, TrainingPlan

NOTHING = "–"
"""The text of a run that has no such setting, or whose plan cannot be read."""

_OPTIONS: Mapping[str, Option] = {
    **{option.name: option for option in PLAN_OPTIONS},
    "dataset.validation_share": VALIDATION_SHARE,
    **{f"model.{option.name}": option for option in SCRATCH_OPTIONS},
}
_TITLES = {
    "dataset.path": mark("Data file"),
    "dataset.columns": mark("Columns"),
    "dataset.mends": mark("What is done to the rows"),
    "dataset.split": mark("Rows kept aside"),
    "dataset.validation_path": mark("Validation file"),
    "dataset.test_path": mark("Test file"),
    "dataset.reading.encoding": mark("Encoding"),
    "dataset.reading.delimiter": mark("Delimiter"),
    "dataset.reading.quote": mark("Quote"),
    "dataset.reading.header": mark("Header row"),
    "model": mark("Model"),
    "task": mark("Task"),
    "loss": mark("Loss"),
    "optimizer": mark("Optimizer"),
    "schedule": mark("Schedule"),
    "tuning": mark("What learns"),
}
_SOURCES = {"offline": "all-MiniLM-L6-v2", "scratch": mark("from scratch")}
_FILES = ("dataset.path", "dataset.validation_path", "dataset.test_path")
_FAMILIES = ("dataset", "task", "model", "tuning", "", "loss", "optimizer", "schedule")  # "" is the plan itself
_NO_SETTINGS = ("name", "group", "version")  # what a run is called says nothing of how it goes


class Difference(Struct, frozen=True, kw_only=True):
    """A setting that is not the same in all runs.

    `path` names it in the plan ("learning_rate", "optimizer.weight_decay", "model", "dataset.path"); `title` is its
    English source text, or the path where none is known. `values` has one text a run, in the language spoken now.
    """

    path: str
    title: str
    values: tuple[str, ...]


def differences(
    plans: Sequence[TrainingPlan | None],
    declared: Sequence[Mapping[str, Option]] = (),
    names: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Difference]:
    """The settings in which `plans` differ: data, task and model first, then the knobs as the settings show them.

    `declared` has one {path: option} for each plan, with the knobs of its task, loss, optimizer and schedule: a knob
    that was not set counts as its default. `names` are the English titles of a family's entries: {"optimizer":
    {"adamw": "AdamW"}}. A plan that is None could not be read, and differs from nothing.
    """
    options = [{**_OPTIONS, **(declared[number] if declared else {})} for number in range(len(plans))]
    settings = [_settings(plan, known) for plan, known in zip(plans, options, strict=True)]
    readable = [one for one, plan in zip(settings, plans, strict=True) if plan is not None]
    titles = {path: option.title for known in options for path, option in known.items()} | _TITLES
    found = []
    for path in sorted({path for one in settings for path in one}, key=_order(options)):
        if all(path in one and one[path] == readable[0].get(path) for one in readable):
            continue
        texts = _texts(path, settings, options, (names or {}).get(path, {}))
        found.append(Difference(path=path, title=titles.get(path, path), values=texts))
    return found


def _settings(plan: TrainingPlan | None, options: Mapping[str, Option]) -> dict[str, Any]:
    """{path: value} of everything in `plan` that has a say in how the run goes."""
    if plan is None:
        return {}
    found: dict[str, Any] = {}
    for key, value in msgspec.to_builtins(plan).items():
        if key in _NO_SETTINGS:
            continue
        if not isinstance(value, dict):
            found[key] = value
        elif key == "dataset":
            found |= _dataset(value)
        else:  # the model, or an entry of a family with its knobs
            found[key] = (value["source"], value["location"]) if key == "model" else value["name"]
            found |= {f"{key}.{name}": one for name, one in value["options"].items()}
    shaped = plan.model.source == "scratch"
    for path, option in options.items():
        if path not in found and (shaped or not path.startswith("model.")) and _is_used(path, plan):
            found[path] = option.default
    return found


def _dataset(spec: Mapping[str, Any]) -> dict[str, Any]:
    found = {f"dataset.{key}": value for key, value in spec.items() if key not in ("reading", "split", "mends")}
    found["dataset.mends"] = ", ".join(map(_mend, spec["mends"]))
    if spec["validation_path"]:
        del found["dataset.validation_share"]  # the file wins over it
    else:
        found["dataset.split"] = spec["split"]["name"]
        found |= {f"dataset.split.{name}": value for name, value in spec["split"]["options"].items()}
    return found | {f"dataset.reading.{key}": value for key, value in spec["reading"].items()}


def _mend(mend: Mapping[str, Any]) -> str:
    """One mend with its knobs, but for a key, which is secret."""
    knobs = ", ".join(f"{name}={value}" for name, value in mend["options"].items() if name != "key")
    return f"{mend['name']} ({knobs})" if knobs else str(mend["name"])


def _is_used(path: str, plan: TrainingPlan) -> bool:
    of_a_split = path == "dataset.validation_share" or path.startswith("dataset.split")
    return not of_a_split or not plan.dataset.validation_path


def _order(options: Sequence[Mapping[str, Option]]) -> Any:
    """The key that sorts paths: families as a plan is made, within them the entry, then its knobs as declared."""
    places = {path: number for number, path in enumerate([*_TITLES, *(path for known in options for path in known)])}

    def key(path: str) -> tuple[int, int, str]:
        head = path.partition(".")[0]
        family = _FAMILIES.index(head) if head in _FAMILIES else _FAMILIES.index("")
        return family, places.get(path, len(places)), path

    return key


def _texts(
    path: str, settings: Sequence[Mapping[str, Any]], options: Sequence[Mapping[str, Option]], names: Mapping[str, str]
) -> tuple[str, ...]:
    """One text a run. Where short texts would be the same for values that differ, the whole values."""
    short = tuple(
        _text(path, one[path], known.get(path), names) if path in one else NOTHING
        for one, known in zip(settings, options, strict=True)
    )
    values = {
        text: {repr(one.get(path)) for one, found in zip(settings, short, strict=True) if found == text}
        for text in short
    }
    return tuple(
        _whole(path, one[path]) if len(values[text]) > 1 and path in one else text
        for one, text in zip(settings, short, strict=True)
    )


def _text(path: str, value: Any, option: Option | None, names: Mapping[str, str]) -> str:
    if path == "model":
        source, location = value
        return _file_name(location) or tr(_SOURCES.get(source, source))
    if path in _FILES:
        return _file_name(value) or NOTHING
    if isinstance(value, dict):
        return ", ".join(map(str, value.values()))
    if value in names:
        return tr(names[value])
    if option is not None and option.kind == "choice":
        return next((tr(title) for name, title in option.choices if name == value), str(value))
    if isinstance(value, bool):
        return tr("on") if value else tr("off")
    if value is None or value == "":
        return tr("automatic") if path.startswith("dataset.reading.") else NOTHING
    if value == 0 and option is not None and option.zero_means:
        return tr(option.zero_means)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _whole(path: str, value: Any) -> str:
    if path == "model":
        return ": ".join(filter(None, value))
    if isinstance(value, dict):
        return ", ".join(f"{role}: {column}" for role, column in value.items())
    return str(value)


def _file_name(path: str) -> str:
    """The last part of a path of any system: plans travel."""
    return PureWindowsPath(path).name if "\\" in path else PurePath(path).name
