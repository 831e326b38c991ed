"""Findings: what is odd about a dataset, in words, with the rows to look at. Each finding is one function here."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from workbench.core.errors import WorkbenchError
from workbench.core.fields import Field
from workbench.core.options import Scalar
from workbench.core.plan import Choice, DatasetSpec
from workbench.data.parsing import Parsed
from workbench.data.table import Table
from workbench.data.watching import Watch

Severity = Literal["info", "warning", "error"]

SHOWN = 20


class Setting(Struct, frozen=True, kw_only=True):
    """One knob of a plan at a value, as `with_value` takes it.

    Beyond that, the `name` "task" of the `group` "plan" stands for another task with the same columns, and the group
    "columns" for the column of a role, "" for none.
    """

    group: str
    name: str
    value: Scalar


class Fix(Struct, frozen=True, kw_only=True):
    """What one click does about a finding: add a mend to the plan, set a knob, or choose a split.

    `title` is the button's.
    """

    title: str
    mend: Choice | None = None
    setting: Setting | None = None
    split: Choice | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """One oddity. `rows` are the first 20 rows concerned (their numbers in `path`, the main file if empty).

    `severity` "error" means that training cannot start like this. `message` and `why` it matters are in the user's
    language. `fixes` are the ways to mend it, the one to recommend first.
    """

    code: str
    severity: Severity
    message: str
    rows: tuple[int, ...] = ()
    count: int = 0
    path: str = ""
    why: str = ""
    fixes: tuple[Fix, ...] = ()


class Seen(Struct, frozen=True, kw_only=True):
    """What the finders look at. `keys[i]` and `lengths[i]` belong to the parsed row i; equal texts have equal keys.

    `table` is the training file before any mend; all else is what the mends left. `seed` is the plan's, from which rows
    are kept aside. The model reads `max_length` tokens of a text; 0 if that is not known.

    Finders that look at every row do so with `watch.over(...)`, so that they can be stopped.
    """

    spec: DatasetSpec
    fields: Mapping[str, Field]
    table: Table
    parsed: Parsed
    keys: array[int]
    target: str
    classes: dict[str, int]
    lengths: array[int]
    wide: bool
    others: Mapping[str, Parsed | WorkbenchError]
    watch: Watch
    seed: int = 42
    max_length: int = 0

    @property
    def labels(self) -> Sequence[object]:
        """The labels of the rows; empty if the target is no label."""
        named = self.target and self.fields[self.target].kind == "label"
        return self.parsed.values.get(self.target, []) if named else []

    @property
    def column(self) -> str:
        """The target's column."""
        return self.spec.columns.get(self.target, "")

    def rows(self, places: Iterable[int]) -> tuple[int, ...]:
        """The numbers in the file of the first parsed rows at `places`."""
        return tuple(self.parsed.numbers[place] for place, _ in zip(places, range(SHOWN), strict=False))


def listed(labels: Sequence[str]) -> str:
    """The first five of `labels` in quotation marks."""
    shown = ", ".join(f"“{label[:40]}”" for label in labels[:5])
    return f"{shown}, …" if len(labels) > 5 else shown
