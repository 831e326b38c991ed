"""The library of curves: numbers of whole runs in compact files, and what a teacher would say to each.

`curves/NAME.json` holds the numbers, `labels.toml` the hints that a fair teacher gives on seeing the curve. The labels
were written down by looking at the plots (`python -m tests.insight.contact_sheet`), never from what the coach says.
"""

from __future__ import annotations

import json
import math
import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from workbench.core.events import Evaluated, Event, Measures, RunFinished, RunStarted, StepDone
from workbench.core.plan import TrainingPlan

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "curves"
LABELS = HERE / "labels.toml"


@dataclass(frozen=True)
class Curve:
    """One run. `labels` are the hints it deserves; `fair` are further ones that are not wrong, but not needed."""

    name: str
    content: dict[str, Any]
    labels: frozenset[str]
    fair: frozenset[str]

    @property
    def is_real(self) -> bool:
        return self.content["origin"] == "engine"

    @property
    def group(self) -> str:
        """Whether the curve was looked at while the coach was written, kept aside, or recorded when it was written.

        A coin thrown with the name parts the first two. The third has settings that were drawn by chance.
        """
        if self.name.startswith("drawn-"):
            return "drawn by chance"
        return "kept aside" if zlib.crc32(self.name.encode()) & 1 else "looked at"

    def events(self) -> Iterator[Event]:
        """The run's stream, as the engine gave it."""
        content = self.content
        plan = msgspec.convert(content["plan"], TrainingPlan)
        yield RunStarted(
            run=self.name,
            plan=plan,
            started=0.0,
            steps=content["steps_planned"],
            steps_per_epoch=content["steps_per_epoch"],
            train_rows=content["train_rows"],
            validation_rows=content["validation_rows"],
            test_rows=0,
            skipped_rows=0,
            parameters=1,
            device="cpu",
            threads=1,
            headline=content["headline"],
            higher_is_better=content["higher_is_better"],
            data_sha256="",
            versions={},
        )
        looks = {look["step"]: look for look in content["looks"]}
        columns = zip(content["losses"], content["rates"], content["norms"], strict=True)
        for step, (loss, rate, norm) in enumerate(columns, start=1):
            epoch = step / content["steps_per_epoch"]
            yield StepDone(
                step=step,
                epoch=epoch,
                loss=_number(loss),
                learning_rate=rate,
                grad_norm=_number(norm),
                rows=step * plan.batch_size,
                seconds=step * 0.01,
            )
            if step in looks:
                look = looks[step]
                measures = Measures(
                    metrics=look["metrics"],
                    baseline=content["baseline"],
                    confusion=tuple(tuple(row) for row in look.get("confusion", ())),
                )
                yield Evaluated(
                    step=step, epoch=epoch, part="validation", loss=_number(look["loss"]), measures=measures
                )
        yield RunFinished(outcome=content["outcome"], steps=len(content["losses"]), seconds=1.0)


def curves() -> list[Curve]:
    """Every curve of the library, by name. Raises KeyError for one that nobody has judged."""
    labels = tomllib.loads(LABELS.read_text(encoding="utf-8"))
    return [
        Curve(
            path.stem,
            json.loads(path.read_text(encoding="utf-8")),
            frozenset(labels[path.stem]["says"]),
            frozenset(labels[path.stem].get("fair", ())),
        )
        for path in sorted(FOLDER.glob("*.json"))
    ]


def save(name: str, content: dict[str, Any]) -> None:
    """Write the curve `name`; losses and metrics keep four digits, rates and norms three; one column a line."""
    compact = {
        key: json.dumps(_short(value, 3 if key in ("rates", "norms") else 4), separators=(",", ":"))
        for key, value in content.items()
    }
    text = ",\n".join(f'"{key}":{value}' for key, value in compact.items())
    (FOLDER / f"{name}.json").write_text(f"{{\n{text}\n}}\n", encoding="utf-8")


def _short(value: Any, digits: int) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{digits}g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _short(one, digits) for key, one in value.items()}
    return [_short(one, digits) for one in value] if isinstance(value, list | tuple) else value


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
