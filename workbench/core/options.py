"""Option: one knob, declared once. Forms, command-line flags, checks and help are made from the same declaration."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from workbench.core.errors import Problem
from workbench.core.language import tr

Scalar = bool | int | float | str


class Option(Struct, frozen=True, kw_only=True):
    """One knob. `title`, `help` and the titles of `choices` are English source texts, shown through `tr`.

    `kind` "integer" and "number" have bounds (inclusive); "choice" has `choices` as (value, title) pairs; "switch" is a
    bool; "column" is the name of a column of the user's file, "" for none: only the file tells which there are.
    `unit` is shown after the value. `primary` knobs are visible at once, the rest are folded away.
    `zero_means` is what a 0 stands for ("no limit"), where it is not a number like the others.
    """

    name: str
    title: str
    help: str
    kind: Literal["integer", "number", "choice", "switch", "column"]
    default: Scalar
    minimum: float = 0
    maximum: float = math.inf
    choices: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    primary: bool = False
    zero_means: str = ""

    @property
    def flag(self) -> str:
        """The command line's word for it: `learning_rate` -> `--learning-rate`."""
        return "--" + self.name.replace("_", "-")

    def nearest(self, value: Scalar) -> Scalar:
        """The nearest legal value: what a front end may offer as one click."""
        if self.kind in ("integer", "number") and isinstance(value, int | float) and not isinstance(value, bool):
            if math.isnan(value):
                return self.default
            clipped = min(max(value, self.minimum), self.maximum)
            return round(clipped) if self.kind == "integer" and math.isfinite(clipped) else clipped
        if self.kind == "choice" and value in [name for name, _ in self.choices]:
            return value
        if self.kind == "column" and isinstance(value, str):
            return value
        return value if self.kind == "switch" and isinstance(value, bool) else self.default

    def check(self, value: Scalar) -> Problem | None:
        """None if `value` is legal, else the problem with what is possible."""
        if self.kind == "choice":
            names = [name for name, _ in self.choices]
            return None if value in names else self._problem(value, ", ".join(names))
        if self.kind == "switch":
            return None if isinstance(value, bool) else self._problem(value, "true, false")
        if self.kind == "column":
            return None if isinstance(value, str) else self._problem(value, tr("the name of a column"))
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        legal = numeric and math.isfinite(float(value)) and self.minimum <= float(value) <= self.maximum
        if legal and (self.kind == "number" or float(value).is_integer()):
            return None
        possible = tr("whole numbers") if self.kind == "integer" else tr("numbers")
        return self._problem(value, f"{possible}, {self.minimum:g} … {self.maximum:g}")

    def _problem(self, value: Scalar, possible: str) -> Problem:
        return Problem(
            code="P01",
            where=tr(self.title),
            what=tr("{value} cannot be used here.", value=value),
            remedy=tr("Possible: {possible}.", possible=possible),
            field=self.name,
        )


def defaults(options: Iterable[Option]) -> dict[str, Scalar]:
    """{name: default} of `options`."""
    return {option.name: option.default for option in options}


def check_options(options: Iterable[Option], values: Mapping[str, Scalar]) -> list[Problem]:
    """Every problem of `values` against `options`: unknown names and illegal values, all at once."""
    known = {option.name: option for option in options}
    problems = [
        Problem(
            code="P02",
            where=name,
            what=tr("There is no such setting."),
            remedy=tr("Possible: {possible}.", possible=", ".join(known) or "-"),
            field=name,
        )
        for name in values
        if name not in known
    ]
    found = (known[name].check(value) for name, value in values.items() if name in known)
    return problems + [problem for problem in found if problem]
