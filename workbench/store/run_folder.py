"""The folder of one run. It explains itself, and it is the truth: the history is only its index."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from workbench.core.events import Evaluated, Event, RunFinished, RunStarted, StepDone, decode_event
from workbench.core.language import mark, tr
from workbench.core.plan import TrainingPlan, plan_from_json, to_json
from workbench.store import safe_io
from workbench.store.checkpoints import CheckpointFolder
from workbench.store.records import RunInfo

_TAIL = 1 << 16
_STATES = {
    "running": mark("It is running, or its computer stopped meanwhile."),
    "completed": mark("It is complete."),
    "early_stopped": mark("It stopped early because nothing got better any more."),
    "stopped": mark("It was stopped by the user."),
    "paused": mark("It is paused and can be resumed where it left off."),
    "failed": mark("It did not reach its end; events.jsonl says why."),
}


class RunFolder:
    """Paths and contents of the run folder at `path`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.plan_path = self.path / "plan.json"
        self.facts_path = self.path / "facts.json"
        self.info_path = self.path / "run.json"
        self.events_path = self.path / "events.jsonl"
        self.model_path = self.path / "model"
        self.checkpoints_path = self.path / "checkpoints"
        self.readme_path = self.path / "README.txt"
        self.lock_path = self.path / "running.lock"

    @property
    def checkpoints(self) -> CheckpointFolder:
        """The checkpoints of the run; there need be none."""
        return CheckpointFolder(self.checkpoints_path)

    def create(self, info: RunInfo, plan: TrainingPlan) -> None:
        """Make the folder with its plan, run.json and README.txt, all at once. Raises OSError, FileExistsError too."""
        if self.path.exists() and any(self.path.iterdir()):
            raise FileExistsError(str(self.path))
        try:
            with safe_io.staged_folder(self.path) as stage:
                new = RunFolder(stage)
                safe_io.write_bytes(new.plan_path, to_json(plan))
                safe_io.write_bytes(new.events_path, b"")
                new.write_info(info)
                new.write_readme(info)
        except BaseException:
            # It may have appeared before the disk refused.
            with suppress(OSError):
                safe_io.remove_tree(self.path)
            raise

    def plan(self) -> TrainingPlan:
        """The plan of the run. Raises WorkbenchError if it is damaged, OSError if it cannot be read."""
        return plan_from_json(self.plan_path.read_bytes())

    def write_info(self, info: RunInfo) -> None:
        """Write run.json. Raises OSError."""
        safe_io.write_json(self.info_path, info)

    def info(self) -> RunInfo | None:
        """The contents of run.json, or what the events tell if it is damaged; None if this is no run folder of ours."""
        try:
            return msgspec.json.decode(self.info_path.read_bytes(), type=RunInfo)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return self.info_from_events()

    def events(self) -> Iterator[Event]:
        """The events of events.jsonl in their order; damaged lines are left out. No file, no events."""
        with suppress(FileNotFoundError), open(self.events_path, "rb") as file:
            for line in file:
                event = read_event(line)
                if event is not None:
                    yield event

    def last_step(self) -> StepDone | None:
        """The last step that was written, found without reading the whole file."""
        with suppress(OSError), open(self.events_path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            for line in reversed(file.read().splitlines()):
                event = read_event(line) if b"StepDone" in line else None
                if isinstance(event, StepDone):
                    return event
        return None

    def heal(self) -> None:
        """Clear away what a killed process left half done. Only for a run that nobody writes any more."""
        safe_io.heal_folder(self.model_path)
        self.checkpoints.heal()
        safe_io.sweep(self.path, age=0)

    def write_readme(self, info: RunInfo) -> None:
        """Write README.txt in the user's language. Raises OSError."""
        safe_io.write_text(self.readme_path, _readme(info, checkpoints=self.checkpoints_path.is_dir()))

    def info_from_events(self) -> RunInfo | None:
        """What the events tell: the numbers of run.json. None before the first RunStarted."""
        first: RunStarted | None = None
        newest: RunStarted | None = None
        finished: RunFinished | None = None
        best: Evaluated | None = None
        steps, seconds = 0, 0.0
        with suppress(OSError):
            for event in self.events():
                if isinstance(event, RunStarted):
                    # Of a run that was resumed: the first one tells when it began, the newest one how far it goes.
                    first, newest, finished = first or event, event, None
                elif isinstance(event, StepDone):
                    steps, seconds = event.step, event.seconds
                elif isinstance(event, Evaluated) and event.part == "validation" and event.best:
                    best = event
                elif isinstance(event, RunFinished):
                    finished = event
        if first is None or newest is None:
            return None
        return RunInfo(
            id=first.run,
            name=first.plan.name or self.path.name,
            task=newest.plan.task.name,
            model=model_name(newest.plan),
            state=finished.outcome if finished else "running",
            started=first.started,
            seconds=seconds,
            steps=steps,
            total_steps=newest.steps,
            best_step=best.step if best else 0,
            headline=newest.headline,
            higher_is_better=newest.higher_is_better,
            score=finite(best.measures.metrics.get(newest.headline)) if best else None,
            message=finished.message if finished else "",
        )


def model_name(plan: TrainingPlan) -> str:
    """Where the plan's model comes from, in one word: the hub's id, the folder's name, or the kind of source."""
    return Path(plan.model.location).name if plan.model.source == "folder" else plan.model.location or plan.model.source


def finite(number: float | None) -> float | None:
    """`number`, or None where there is none that could be compared."""
    return number if number is not None and math.isfinite(number) else None


def read_event(line: bytes | str) -> Event | None:
    """The event of one line, or None if it is damaged. Numbers that JSON cannot hold come back as NaN."""
    try:
        return decode_event(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _state(info: RunInfo) -> str:
    if info.state == "interrupted":
        return tr("It was interrupted at step {step} of {most}.", step=info.steps, most=info.total_steps)
    return tr(_STATES[info.state])


def _readme(info: RunInfo, *, checkpoints: bool) -> str:
    lines = (
        tr("This folder holds one training run of Model Workbench: {name}.", name=info.name),
        _state(info),
        *(
            [tr("Best {metric} on the validation rows: {score}.", metric=info.headline, score=f"{info.score:.4g}")]
            if info.score is not None
            else []
        ),
        tr("Task: {task}. Model: {model}.", task=info.task, model=info.model),
        "",
        "model/        " + tr("The best model so far, in Hugging Face format (safetensors)."),
        *(
            ["checkpoints/  " + tr("What is needed to resume the training exactly where it was.")]
            if checkpoints
            else []
        ),
        "facts.json    " + tr("What was learned by looking at the data, e.g. the names of the labels."),
        "plan.json     " + tr("The whole recipe. The same plan with the same data repeats the run."),
        "run.json      " + tr("Name, state and result of the run."),
        "events.jsonl  " + tr("Everything that happened, one event a line."),
        "",
        tr("The model can be opened with Model Workbench, or in Python with the transformers library."),
    )
    return "\n".join(lines) + "\n"
