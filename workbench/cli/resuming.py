"""`workbench resume`: a run that was paused, stopped or killed goes on exactly where its last checkpoint left it."""

from __future__ import annotations

import argparse

from workbench.cli.flags import typed
from workbench.cli.terminal import Terminal
from workbench.cli.training import finish
from workbench.core.errors import WorkbenchError
from workbench.core.language import tr
from workbench.core.options import Option, Scalar
from workbench.core.plan import PLAN_OPTIONS
from workbench.studio import CHANGEABLE, Studio

OPTIONS: tuple[Option, ...] = tuple(option for option in PLAN_OPTIONS if option.name in CHANGEABLE)
"""The knobs that may be turned in the middle of a run."""


def resume(arguments: argparse.Namespace, studio: Studio, terminal: Terminal) -> int:
    """Carry out `workbench resume`. Returns the exit status."""
    changes = _changes(arguments)
    found = studio.resumable(arguments.run)
    if found is not None and found.changed_data:
        terminal.say(tr("{changed} The run goes on with its own copy of the rows.", changed=found.changed_data))
    before = studio.plan_of(arguments.run)
    run = studio.resume(arguments.run, changes)
    for option in OPTIONS:
        old, new = getattr(before, option.name), getattr(run.plan, option.name)
        if old != new:
            terminal.say(f"{tr(option.title)}: {old:g} → {new:g}")
    return finish(run, studio, terminal, arguments)


def _changes(arguments: argparse.Namespace) -> dict[str, Scalar]:
    given = {option: getattr(arguments, option.name) for option in OPTIONS}
    changes = {option.name: typed(option, text) for option, text in given.items() if text is not None}
    problems = [option.check(changes[option.name]) for option in OPTIONS if option.name in changes]
    wrong = [problem for problem in problems if problem is not None]
    if wrong:
        raise WorkbenchError(*wrong)
    return changes
