"""Whatever the disk refuses while a run is taken up again, given up or tidied, the run is there and can go on."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.faults.conftest import go_on, step_of
from tests.faults.faulty_io import ERRORS, faults
from tests.store.conftest import PLAN
from workbench.core.errors import WorkbenchError
from workbench.core.events import RunFinished
from workbench.store.history import History
from workbench.store.run_folder import RunFolder
from workbench.store.safe_io import explain

MOST = 400
CHANGED = msgspec.structs.replace(PLAN, learning_rate=1e-5)


def check_kept(history: History) -> None:
    history.keep("run-1")
    assert history.run("run-1").state == "stopped"
    assert history.checkpoints("run-1").newest() is None


def check_dropped(history: History) -> None:
    assert history.drop_old_checkpoints(0) in (0, 1)
    assert history.run("run-1").state == "completed"
    assert not (Path(history.run("run-1").folder) / "checkpoints").exists()


def check_reopened(history: History) -> None:
    assert step_of(history.checkpoints("run-1").newest()) == 10
    go_on(history)
    # The run that was shown may have been reopened with another plan before: that one is kept.
    plans = {path.name for path in Path(history.run("run-1").folder).glob("plan*.json")}
    assert plans <= {"plan.json", "plan-1.json", "plan-2.json"}


ACTIONS: dict[str, tuple[str, Callable[[History], object], Callable[[History], None]]] = {
    "reopen": (
        "completed",
        lambda history: history.reopen("run-1", CHANGED, step=10, judged_step=10),
        check_reopened,
    ),
    "keep": ("paused", lambda history: history.keep("run-1"), check_kept),
    "drop": ("completed", lambda history: history.drop_old_checkpoints(0), check_dropped),
}


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("action", ACTIONS)
def test_that_the_run_can_go_on_at_every_fault(
    tmp_path: Path, add_trained: Callable[[str], Path], action: str, error: int, lasting: bool
) -> None:
    state, work, check = ACTIONS[action]
    origin = add_trained(state)
    for number in range(1, MOST):
        workspace = tmp_path / str(number)
        shutil.copytree(origin, workspace)
        problem = None
        with History(workspace) as history:
            with faults(number, error, lasting=lasting) as seen:
                try:
                    work(history)
                except (OSError, WorkbenchError) as caught:
                    problem = caught
            if isinstance(problem, OSError):
                assert str(workspace) in explain(problem).problems[0].where
            if problem is not None:
                # In the same session the user may just try again.
                found = history.run("run-1").state
                assert found in (state, "stopped", "interrupted", "running")
                # What the disk refused before anything was cut off changed nothing, as far as it can be written.
                whole = any(isinstance(event, RunFinished) for event in history.events("run-1"))
                assert action != "reopen" or lasting or found == ("completed" if whole else "interrupted")
                assert history.curves("run-1").steps[:10] == list(range(1, 11))
                check(history)
        with History(workspace) as again:
            if problem is None:
                check(again)
            assert RunFolder(again.run("run-1").folder).plan() in (PLAN, CHANGED)
            assert again.notes == []
        shutil.rmtree(workspace)
        if not seen.hit:
            assert problem is None
            break
    else:
        pytest.fail("the faults never ended")
    assert number > 10
