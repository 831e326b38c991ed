"""Starting: runs that begin, go on, or are tried in numbers."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from workbench.core.errors import WorkbenchError
from workbench.core.events import ModelSaved
from workbench.core.options import Scalar
from workbench.core.plan import TrainingPlan
from workbench.core.probes import BatchEvent, RateEvent
from workbench.engine.state import RunState
from workbench.engine.warm import warm
from workbench.sinks import is_folder, sink_of
from workbench.store import safe_io
from workbench.store.records import RunRecord
from workbench.store.run_folder import RunFolder
from workbench.studio import declarations, exports, resuming
from workbench.studio.choosing import Choosing
from workbench.studio.remembering import Remembering
from workbench.studio.resuming import Resumable
from workbench.studio.runs import Run
from workbench.studio.sweeps import Sweep, SweepRun
from workbench.tasks import task_of


class Starting(Choosing, Remembering):
    """Everything that trains. Imports torch: call it off the window."""

    def prepare(self) -> None:
        """Import the engine, so that the first run starts sooner, and empty what is old in the bin.

        Takes seconds: call it off the window.
        """
        warm()
        with suppress(OSError):  # a file in the bin is still open elsewhere: another day will do
            self.history.purge()
        with suppress(OSError):
            self.history.drop_old_checkpoints()

    def start(self, plan: TrainingPlan, *, log: Mapping[str, str] | None = None) -> Run:
        """A run of `plan`, ready to be read. Raises WorkbenchError with every problem of the plan.

        `log` is {"tensorboard" or "mlflow": folder or address}: where other programs find the curves too.
        """
        problems = [problem for problem in self.problems(plan) if problem.severity == "error"]
        if problems:
            raise WorkbenchError(*problems)
        for sink, target in (log or {}).items():
            sink_of(sink)
            if is_folder(target):
                with exports.disk_errors(target):
                    safe_io.make_folder(target)
        with exports.disk_errors(self.workspace):
            name = self.history.unique_name(plan.name or Path(plan.dataset.path).stem)
            plan = msgspec.structs.replace(plan, name=name)
            run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
            record = self.history.open_run(run_id, name, self._workspace.runs / run_id, plan)
        run = Run(record, plan, self.history, self._workspace.models)
        run.log = dict(log or {})
        return run

    def resume(self, run: str, changes: Mapping[str, Scalar] | None = None) -> Run:
        """`run`, ready to go on from its newest checkpoint, with `changes` to its plan (`resuming.CHANGEABLE`).

        Reads the checkpoint. Raises WorkbenchError if it cannot be taken up.
        """
        record = self.run(run)
        further = record.state == "early_stopped"
        with exports.disk_errors(record.folder):
            plan, state = resuming.resumed_plan(record, changes)
            problems = [problem for problem in declarations.plan_problems(plan) if problem.severity == "error"]
            if problems:
                raise WorkbenchError(*problems)
            check = partial(self._still_there, record, state, changed=bool(changes))
            record = self.history.reopen(record.id, plan, step=state.step, judged_step=state.judged_step, check=check)
        return Run(record, plan, self.history, self._workspace.models, resume=True, further=further)

    def _still_there(self, record: RunRecord, state: RunState, *, changed: bool) -> None:
        """The checkpoint is still the newest one, and the kept model the one it speaks of. Raises WorkbenchError.

        Where the kept model is of a later step and the run goes on otherwise than before, it may never come that far
        again: the model is set aside as model-step-N, and the best one is sought anew.
        """
        folder = RunFolder(record.folder)
        newest = folder.checkpoints.glance()
        if newest is None or resuming.step_of(newest) != state.step:
            raise resuming.overtaken(record)
        kept = max((event.step for event in self.history.events(record.id) if isinstance(event, ModelSaved)), default=0)
        if changed and kept > state.best_step and folder.model_path.is_dir():
            safe_io.move(folder.model_path, resuming.free_place(folder.path / f"model-step-{kept}"))

    def resumable(self, run: str) -> Resumable | None:
        """How `run` can be taken up; None if it cannot. Reads its checkpoint and data file: call it off the window."""
        record = self.run(run)
        with exports.disk_errors(record.folder):
            return resuming.resumable(record)

    def interrupted(self) -> list[RunRecord]:
        """The runs that broke off without a word and can be taken up, the latest first."""
        return [
            record
            for record in self.runs()
            if record.state == "interrupted" and RunFolder(record.folder).checkpoints.glance() is not None
        ]

    def keep(self, run: str) -> None:
        """Give up the rest of a paused or interrupted run: the model that was kept is its result."""
        self._ask(lambda history: history.keep(history.find(run).id))

    def sweep(self, sweep: Sweep) -> SweepRun:
        """A sweep, ready to be read. Raises WorkbenchError with everything that is wrong with it."""
        return SweepRun(sweep, self)

    def find_learning_rate(self, plan: TrainingPlan, stopped: Callable[[], bool]) -> Iterator[RateEvent]:
        """Try rates from tiny to huge on `plan`'s data: a RatePoint for each, one RateCurve at the end. Keeps nothing.

        Takes up to a minute or so; `stopped` is looked at on the way. Raises WorkbenchError.
        """
        warm()
        from workbench.engine.finder import find_learning_rate

        yield from find_learning_rate(plan, task_of(plan.task), self._workspace.models, stopped)

    def probe_batch_size(self, plan: TrainingPlan, stopped: Callable[[], bool]) -> Iterator[BatchEvent]:
        """Try batch sizes on `plan`'s data: a BatchPoint for each, one BatchCurve at the end. Keeps nothing.

        Raises WorkbenchError.
        """
        warm()
        from workbench.engine.batch_probe import probe_batch_size

        yield from probe_batch_size(plan, task_of(plan.task), self._workspace.models, stopped)
