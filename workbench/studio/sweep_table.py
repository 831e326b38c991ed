"""Runs side by side as a parallel-coordinates plot: one axis for each knob that differs, one line for each run.

Source: Inselberg 1985, The plane with parallel coordinates. Plain values: whoever draws needs to know nothing of plans.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from workbench.core.options import Scalar
from workbench.core.plan import TrainingPlan
from workbench.core.wording import metric_title
from workbench.store.records import RunRecord
from workbench.studio.knobs import knobs, value_of

_LOG_FROM = 20
"""Positive numbers that differ by this factor are spread over their logarithm."""


class Axis(Struct, frozen=True, kw_only=True):
    """One axis. `title` is spoken already for the score, and an English source text (`tr`) for a knob.

    `low` and `high` are the numbers at its ends, `log` says how they are spread; `choices` are the words of an axis
    that has no numbers, spread evenly from 0 to 1.
    """

    name: str
    title: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    choices: tuple[str, ...] = ()

    def position(self, value: Scalar | None) -> float:
        """Where `value` lies on the axis, 0 to 1; NaN for what is missing."""
        if self.choices:
            last = max(1, len(self.choices) - 1)
            return self.choices.index(str(value)) / last if str(value) in self.choices else math.nan
        if not isinstance(value, int | float) or not math.isfinite(value):
            return math.nan
        if self.high == self.low:
            return 0.5
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


class Line(Struct, frozen=True, kw_only=True):
    """One run: its value on each axis (None where it has no such knob) and where that lies, 0 to 1 or NaN."""

    run: str
    name: str
    values: tuple[Scalar | None, ...]
    positions: tuple[float, ...]
    score: float | None


class SweepTable(Struct, frozen=True, kw_only=True):
    """The axes, the score's last, and the lines, the best run first."""

    axes: tuple[Axis, ...] = ()
    lines: tuple[Line, ...] = ()
    headline: str = ""
    higher_is_better: bool = True


def sweep_table(records: Sequence[RunRecord], plans: Mapping[str, TrainingPlan]) -> SweepTable:
    """The runs of one sweep, `plans` by their ids. Runs without a plan are left out."""
    records = [record for record in records if record.id in plans]
    if not records:
        return SweepTable()
    declared = {name: option for plan in plans.values() for name, option in knobs(plan).items()}
    values = {name: [value_of(plans[record.id], name) for record in records] for name in declared}
    # A knob that some plans do not have (the momentum of another optimizer) says nothing by that alone.
    names = [name for name, column in values.items() if len(set(column) - {None}) > 1]
    judged = next((record for record in records if record.headline), records[0])
    scores = [record.score for record in records]
    axes = [_axis(name, declared[name].title, values[name]) for name in names]
    axes.append(_axis("score", metric_title(judged.headline), scores))
    lines = []
    for number, record in enumerate(records):
        row = (*(values[name][number] for name in names), record.score)
        positions = tuple(axis.position(value) for axis, value in zip(axes, row, strict=True))
        lines.append(Line(run=record.id, name=record.name, values=row, positions=positions, score=record.score))
    sign = -1 if judged.higher_is_better else 1
    lines.sort(key=lambda line: math.inf if line.score is None or math.isnan(line.score) else sign * line.score)
    return SweepTable(
        axes=tuple(axes), lines=tuple(lines), headline=judged.headline, higher_is_better=judged.higher_is_better
    )


def _axis(name: str, title: str, column: Iterable[Scalar | None]) -> Axis:
    present = [value for value in column if value is not None]
    numbers = [float(value) for value in present if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(present):
        return Axis(name=name, title=title, choices=tuple(sorted({str(value) for value in present})))
    finite = [number for number in numbers if math.isfinite(number)] or [0.0]
    low, high = min(finite), max(finite)
    return Axis(name=name, title=title, low=low, high=high, log=low > 0 and high >= _LOG_FROM * low)
