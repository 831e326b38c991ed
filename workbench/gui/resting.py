"""Where a run rests that can be resumed, in words."""

from __future__ import annotations

from typing import NamedTuple

from workbench.core.language import tr
from workbench.gui.wording import count_text


class Rest(NamedTuple):
    """After which step of how many. `steps` is 0 if it is not known; `has_model`: a best one was kept so far."""

    step: int
    steps: int
    has_model: bool
    interrupted: bool = False


def rest_text(rest: Rest) -> str:
    """ "Paused at step 140 of 225." """
    said = {"step": count_text(rest.step), "steps": count_text(rest.steps)}
    if not rest.step:
        return tr("Interrupted before the first step.") if rest.interrupted else tr("Paused before the first step.")
    if not rest.steps:
        return tr("Interrupted at step {step}.", **said) if rest.interrupted else tr("Paused at step {step}.", **said)
    if rest.interrupted:
        return tr("Interrupted at step {step} of {steps}.", **said)
    return tr("Paused at step {step} of {steps}.", **said)
