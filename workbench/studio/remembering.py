"""Remembering: the runs there were, their curves, and what these say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.core.events import Evaluated, Event, Measures
from workbench.core.options import Scalar
from workbench.core.plan import TrainingPlan
from workbench.insight.changes import changed
from workbench.insight.coach import Coach
from workbench.insight.comparing import Difference
from workbench.insight.hints import Hint
from workbench.insight.intervals import interval
from workbench.store.records import Curves, RunRecord
from workbench.store.run_folder import RunFolder
from workbench.studio import advice, exports
from workbench.studio.room import Room


class Remembering(Room):
    """Everything after a run."""

    def runs(self, *, deleted: bool = False) -> list[RunRecord]:
        """The runs of the workspace, the latest first."""
        return self._ask(lambda history: history.runs(deleted=deleted))

    def run(self, name: str) -> RunRecord:
        """The run with this id or name. Raises WorkbenchError with names that are near."""
        return self._ask(lambda history: history.find(name))

    def plan_of(self, run: str) -> TrainingPlan:
        """The plan that a run was made after."""
        record = self.run(run)
        with exports.disk_errors(record.folder):
            return RunFolder(record.folder).plan()

    def curves(self, run: str) -> Curves:
        """Losses, rates and measures of a run over its steps."""
        return self._ask(lambda history: history.curves(history.find(run).id))

    def events(self, run: str) -> list[Event]:
        """All events of a run but its steps, in their order."""
        return self._ask(lambda history: history.events(history.find(run).id))

    def evaluations(self, run: str) -> Mapping[str, Evaluated]:
        """{"validation": of the best model, "test": ...}: the evaluations that describe the kept model."""
        return self._ask(lambda history: history.evaluations(history.find(run).id))

    def hints(self, run: str) -> list[Hint]:
        """What the coach says of a run that is over."""
        return advice.hints_on(self.events(run), self.curves(run))

    def coach(self) -> Coach:
        """A coach for one run that is under way: feed it every event, in the thread in which they pass."""
        return Coach()

    def changed(self, plan: TrainingPlan, changes: Mapping[str, Scalar]) -> TrainingPlan:
        """`plan` with the `changes` that a hint or a failed run proposes."""
        return changed(plan, changes)

    def interval(self, measures: Measures, metric: str, rows: int) -> tuple[float, float] | None:
        """The 95 % confidence interval of a metric that was measured on `rows` rows; None where none can be told."""
        return interval(measures, metric, rows)

    def differences(self, plans: Sequence[TrainingPlan | None]) -> list[Difference]:
        """Only the settings in which `plans` differ."""
        return advice.differing(plans)

    def rename(self, run: str, name: str) -> None:
        """Give a run another name. Raises WorkbenchError if it is taken."""
        self._ask(lambda history: history.rename(history.find(run).id, name))

    def delete(self, run: str) -> None:
        """Move a run to the bin; `restore` brings it back for 30 days."""
        self._ask(lambda history: history.delete(history.find(run).id))

    def restore(self, run: str) -> None:
        """Bring the run with the id `run` back from the bin."""
        self._ask(lambda history: history.restore(run))
