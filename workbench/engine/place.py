"""Where a run leaves its work. The engine does not write by itself: it asks these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.events import Event, Notice, PhaseChanged
from workbench.core.language import tr
from workbench.engine.checkpoint import CheckpointPlace
from workbench.engine.control import Control
from workbench.engine.task import Facts

MODEL = "model"
TRY_AGAIN_SECONDS = 2.0


@dataclass(frozen=True)
class RunPlace:
    """`staged(name)` gives an empty folder whose content replaces `folder/name` in one piece when the block ends well;
    `keep_facts` writes the task's facts beside the model; `checkpoints` is where the run can be taken up again from.

    All of them raise WorkbenchError if the disk refuses.
    """

    run: str
    folder: Path
    models_folder: Path
    staged: Callable[[str], AbstractContextManager[Path]]
    keep_facts: Callable[[Facts], None]
    checkpoints: CheckpointPlace


def patiently(write: Callable[[], Iterable[Event]], control: Control) -> Iterator[Event]:
    """`write`, and again every two seconds while the disk refuses: a training of hours waits in memory.

    Nothing is lost, and the user is told once. Raises what the disk said if the user would rather stop.
    """
    told = False
    while True:
        try:
            yield from write()
            return
        except (WorkbenchError, OSError) as error:
            reason = str(error)
            if control.wanted == "stop":
                raise
            if not told:
                message = tr(
                    "Training waits in memory and goes on by itself when it can be saved. {reason}", reason=reason
                )
                yield Notice(code="T13", message=message, severity="warning")
            told = True
        yield PhaseChanged(phase="waiting")
        control.wait(TRY_AGAIN_SECONDS)
