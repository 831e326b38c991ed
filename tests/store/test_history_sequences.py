"""Any sequence of adding, renaming, deleting, restoring, purging and starting again."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from workbench.core.errors import WorkbenchError
from workbench.core.events import RunFinished
from workbench.core.plan import DatasetSpec, TrainingPlan
from workbench.store import safe_io
from workbench.store.history import History

PLAN = TrainingPlan(dataset=DatasetSpec(path="/a.csv"))
NAMES = st.sampled_from(["a-1", "a-2", "A-1", "b", "评论", "x y"]) | st.text(max_size=8)


class HistoryModel(RuleBasedStateMachine):
    """What the history should hold: {id: (name, deleted)}."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
        self.history = History(self.folder)
        self.expected: dict[str, tuple[str, bool]] = {}
        self.added = 0

    @rule(target=runs, stem=NAMES)
    def add(self, stem: str) -> str:
        self.added += 1
        run_id = f"run-{self.added}"
        name = self.history.unique_name(stem)
        self.history.open_run(run_id, name, self.history.workspace.runs / name, PLAN)
        list(self.history.record(run_id, iter([RunFinished(outcome="completed", steps=0, seconds=0)])))
        self.expected[run_id] = (name, False)
        return run_id

    @rule(run=runs, name=NAMES)
    def rename(self, run: str, name: str) -> None:
        if run not in self.expected:
            return
        others = {other.casefold() for key, (other, _) in self.expected.items() if key != run}
        try:
            record = self.history.rename(run, name)
        except WorkbenchError:
            assert not name.strip() or " ".join(name.split()).casefold() in others or not name.isprintable()
            return
        assert record.name.casefold() not in others
        self.expected[run] = (record.name, self.expected[run][1])

    @rule(run=runs)
    def delete(self, run: str) -> None:
        if run in self.expected:
            self.history.delete(run)
            self.expected[run] = (self.expected[run][0], True)

    @rule(run=runs)
    def restore(self, run: str) -> None:
        if run in self.expected:
            self.history.restore(run)
            self.expected[run] = (self.expected[run][0], False)

    @rule(run=consumes(runs))
    def purge(self, run: str) -> None:
        gone = {key for key, (_, deleted) in self.expected.items() if deleted}
        assert self.history.purge(0) == len(gone)
        self.expected = {key: value for key, value in self.expected.items() if key not in gone}

    @rule()
    def purge_nothing(self) -> None:
        assert self.history.purge() == 0

    @rule(lose=st.booleans())
    def start_again(self, lose: bool) -> None:
        self.history.close()
        if lose:
            safe_io.remove_file(self.folder / "history.sqlite")
        self.history = History(self.folder)

    @invariant()
    def everything_is_as_expected(self) -> None:
        listed = [(run, False) for run in self.history.runs()] + [
            (run, True) for run in self.history.runs(deleted=True)
        ]
        assert {run.id: (run.name, deleted) for run, deleted in listed} == self.expected
        for run, deleted in listed:
            folder = Path(run.folder)
            assert folder.parent == (self.history.workspace.bin if deleted else self.history.workspace.runs)
            assert (folder / "plan.json").exists()
        for home in (self.history.workspace.runs, self.history.workspace.bin):
            assert all(not path.name.startswith(".") for path in home.iterdir())

    def teardown(self) -> None:
        self.history.close()
        shutil.rmtree(self.folder)


HistoryModel.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
test_that_any_sequence_of_changes_keeps_history_and_folders_together = HistoryModel.TestCase
