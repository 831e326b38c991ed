"""What the model picker and the sample list offer, read from `resources/`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from workbench.core.language import language
from workbench.core.options import Scalar
from workbench.core.plan import ModelSpec
from workbench.core.resources import resource


class ModelCard(Struct, frozen=True, kw_only=True):
    """One choice of the picker. `parameters` counts weights (0: depends on the settings), sizes are in bytes.

    `available` is False while the model must be downloaded or installed first; `note` then says what to do.
    """

    id: str
    spec: ModelSpec
    title: str
    summary: str = ""
    languages: tuple[str, ...] = ()
    parameters: int = 0
    bytes_on_disk: int = 0
    licence: str = ""
    tasks: tuple[str, ...] = ()
    learning_rate: float = 1e-4
    epochs: int = 3
    available: bool = True
    note: str = ""


class Sample(Struct, frozen=True, kw_only=True):
    """A data set that comes with the workbench, with the model and the epochs that suit it."""

    id: str
    title: str
    summary: str
    path: str
    test_path: str
    task: str
    columns: dict[str, str]
    language: str
    licence: str
    model: ModelSpec
    epochs: int
    try_out: tuple[str, ...] = ()


def model_cards() -> tuple[ModelCard, ...]:
    """The catalogue in the language spoken now; availability is for the studio to fill in."""
    return tuple(_card(entry) for entry in _entries("model_catalog.toml", "model"))


def samples() -> tuple[Sample, ...]:
    """The samples in the language spoken now."""
    folder = resource("samples")
    return tuple(_sample(entry, folder) for entry in _entries("samples/samples.toml", "sample"))


@cache
def _entries(name: str, key: str) -> list[dict[str, Any]]:
    with open(resource(name), "rb") as stream:
        entries: list[dict[str, Any]] = tomllib.load(stream)[key]
    return entries


def _spoken(entry: dict[str, Any], key: str) -> str:
    return str(entry.get(f"{key}_zh") or entry[key]) if language() == "zh_CN" else str(entry[key])


def _card(entry: dict[str, Any]) -> ModelCard:
    options: dict[str, Scalar] = entry.get("options", {})
    return ModelCard(
        id=entry["id"],
        spec=ModelSpec(source=entry["source"], location=entry.get("location", ""), options=options),
        title=_spoken(entry, "title"),
        summary=_spoken(entry, "summary"),
        languages=tuple(entry.get("languages", ())),
        parameters=entry.get("parameters", 0),
        bytes_on_disk=entry.get("bytes_on_disk", 0),
        licence=entry.get("licence", ""),
        tasks=tuple(entry.get("tasks", ())),
        learning_rate=entry["learning_rate"],
        epochs=entry.get("epochs", 3),
    )


def _sample(entry: dict[str, Any], folder: Path) -> Sample:
    return Sample(
        id=entry["id"],
        title=_spoken(entry, "title"),
        summary=_spoken(entry, "summary"),
        path=str(folder / entry["file"]),
        test_path=str(folder / entry["test_file"]),
        task=entry["task"],
        columns=dict(entry["columns"]),
        language=entry["language"],
        licence=entry["licence"],
        model=ModelSpec(source=entry["model"]),
        epochs=entry["epochs"],
        try_out=tuple(entry.get("try_out", ())),
    )
