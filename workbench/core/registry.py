"""Entries: named functions with declared knobs. One function is one optimizer, schedule or loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.core.options import Option, check_options, defaults
from workbench.core.plan import Choice

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Entry(Generic[F]):
    """A function and what people are told of it. `options` are its keyword arguments.

    `title` and `help` are English source texts; `formula` is plain text, `source` names where it is from.
    """

    name: str
    title: str
    help: str
    function: F
    formula: str = ""
    source: str = ""
    options: tuple[Option, ...] = ()

    def values(self, choice: Choice) -> dict[str, Any]:
        """The keyword arguments for `choice`: its values over the defaults."""
        return {**defaults(self.options), **choice.options}


@dataclass(frozen=True)
class Registry(Generic[F]):
    """The entries of one family, in the order of their declaration. `title` is an English source text."""

    title: str
    field: str
    entries: dict[str, Entry[F]] = dataclasses.field(default_factory=dict)

    def add(
        self, name: str, *, title: str, help: str, formula: str = "", source: str = "", options: tuple[Option, ...] = ()
    ) -> Callable[[F], F]:
        """Decorator: make a function an entry."""

        def declare(function: F) -> F:
            self.entries[name] = Entry(
                name=name, title=title, help=help, function=function, formula=formula, source=source, options=options
            )
            return function

        return declare

    def __getitem__(self, name: str) -> Entry[F]:
        """The entry `name`. Raises WorkbenchError with what is possible."""
        if name not in self.entries:
            raise WorkbenchError(unknown(self.title, self.field, name, self.entries))
        return self.entries[name]

    def problems(self, choice: Choice) -> list[Problem]:
        """What is wrong with `choice`: an unknown name, or knobs out of bounds."""
        if choice.name not in self.entries:
            return [unknown(self.title, self.field, choice.name, self.entries)]
        return check_options(self.entries[choice.name].options, choice.options)


def unknown(title: str, field_name: str, name: str, entries: Mapping[str, object]) -> Problem:
    """The problem of a name that no entry has."""
    return Problem(
        code="P05",
        where=tr(title),
        what=tr("There is no “{name}”.", name=name),
        remedy=tr("Possible: {possible}.", possible=", ".join(entries)),
        field=field_name,
    )
