"""kill -9 at every call of the disk: the newest checkpoint is whole, and a run can always be taken up again."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.faults.conftest import contents, go_on, read, step_of, write
from tests.faults.faulty_io import child, killed_at
from tests.store.conftest import PLAN
from workbench.core.errors import WorkbenchError
from workbench.store.checkpoints import CheckpointFolder
from workbench.store.history import History
from workbench.store.run_folder import RunFolder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is a matter of Unix")
MOST = 400
CHANGED = msgspec.structs.replace(PLAN, learning_rate=1e-5)


@pytest.mark.parametrize("torn", [False, True], ids=["between calls", "inside writes"])
@pytest.mark.parametrize("again", [False, True], ids=["the next step", "the same step again"])
def test_that_a_kill_at_every_call_of_a_checkpoint_leaves_a_whole_one(tmp_path: Path, again: bool, torn: bool) -> None:
    origin = CheckpointFolder(tmp_path / "origin" / "checkpoints")
    for step in (1, 2):
        write(origin, step)
    steps = set()
    for number in range(1, MOST):
        place = CheckpointFolder(tmp_path / str(number) / "checkpoints")
        shutil.copytree(origin.path, place.path)
        killed = killed_at(number, lambda place=place: write(place, 2 if again else 3, version=1), torn=torn)
        before = step_of(place.newest())
        place.heal()
        step = step_of(place.newest())
        assert step == before
        assert step in ({2} if again else {2, 3})
        assert list(place.path.rglob(".*")) == []
        steps.add((step, read(place.newest()) == contents(step, 1)))
        write(place, 2 if again else 3, version=1)
        assert read(place.newest()) == contents(2 if again else 3, 1)
        shutil.rmtree(place.path.parent)
        if not killed:
            break
    else:
        pytest.fail("the calls never ended")
    assert number > 30
    assert len(steps) == 2


@pytest.mark.parametrize("kills", [30, pytest.param(500, marks=pytest.mark.slow)])
def test_that_a_kill_at_any_moment_leaves_what_was_acknowledged(tmp_path: Path, kills: int) -> None:
    dice = random.Random(kills)
    place = CheckpointFolder(tmp_path / "checkpoints")
    step = 0
    for _ in range(kills):
        told, tell = os.pipe()

        def work(first: int = step + 1, tell: int = tell) -> None:
            for number in range(first, first + 100_000):
                write(place, number)
                os.write(tell, b"%d\n" % number)

        process = child(work)
        os.close(tell)
        time.sleep(dice.uniform(0.0, 0.03))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        with os.fdopen(told, "rb") as file:
            acknowledged = [int(line) for line in file.read().splitlines()]
        least = acknowledged[-1] if acknowledged else step
        place.heal()
        step = step_of(place.newest())
        assert step in (least, least + 1)
        assert step < 1 or len(list(place.path.iterdir())) <= 3
    assert step > kills // 4


ACTIONS: dict[str, tuple[str, Callable[[History], object]]] = {
    "reopen": ("completed", lambda history: history.reopen("run-1", CHANGED, step=10, judged_step=10)),
    "keep": ("paused", lambda history: history.keep("run-1")),
    "drop": ("completed", lambda history: history.drop_old_checkpoints(0)),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_that_a_kill_at_every_call_leaves_a_run_that_can_go_on(
    tmp_path: Path, add_trained: Callable[[str], Path], action: str
) -> None:
    state, work = ACTIONS[action]
    origin = add_trained(state)
    states = set()
    for number in range(1, MOST):
        workspace = tmp_path / str(number)
        shutil.copytree(origin, workspace)

        def doomed(workspace: Path = workspace) -> None:
            work(History(workspace))

        killed = killed_at(number, doomed)
        with History(workspace) as history:
            run = history.run("run-1")
            states.add(run.state)
            assert run.state in (state, "interrupted", "stopped")
            assert RunFolder(run.folder).plan() in (PLAN, CHANGED)
            newest = history.checkpoints("run-1").newest()
            assert step_of(newest) in ((10,) if action == "reopen" else (0, 10))
            assert history.notes == []
            go_on(history)
        shutil.rmtree(workspace)
        if not killed:
            break
    else:
        pytest.fail("the calls never ended")
    assert (
        states == {"reopen": {"completed", "interrupted"}, "keep": {"paused", "stopped"}, "drop": {"completed"}}[action]
    )


def test_that_a_kill_at_any_moment_of_a_reopening_leaves_a_run_that_can_go_on(
    tmp_path: Path, add_trained: Callable[[str], Path]
) -> None:
    dice = random.Random(1)
    workspace = add_trained("paused")

    def doomed() -> None:
        history = History(workspace)
        while True:
            history.reopen("run-1", CHANGED, step=10, judged_step=10)
            list(history.record("run-1", iter([])))
            history.reopen("run-1", PLAN, step=10, judged_step=10)
            list(history.record("run-1", iter([])))

    for _ in range(15):
        process = child(doomed)
        time.sleep(dice.uniform(0.0, 0.06))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        with History(workspace) as history:
            assert history.notes == []
            assert history.run("run-1").state in ("paused", "completed", "interrupted")
            go_on(history)


@pytest.mark.parametrize("races", [12, pytest.param(100, marks=pytest.mark.slow)])
def test_that_of_two_processes_one_alone_takes_a_run_up_again(
    tmp_path: Path, add_trained: Callable[[str], Path], races: int
) -> None:
    workspace = add_trained("interrupted")
    for _ in range(races):
        told, tell = os.pipe()
        wait, release = os.pipe()

        def compete(tell: int = tell, wait: int = wait) -> None:
            history = History(workspace)
            os.write(tell, b"r")
            os.read(wait, 1)
            try:
                history.reopen("run-1", PLAN, step=10, judged_step=10)
                os.write(tell, b"W")
            except WorkbenchError as error:
                assert error.problems[0].code == "S13"  # noqa: PT017
                os.write(tell, b"L")
            # Neither waits for the other: the winner still holds the run, as a training would.
            time.sleep(60)

        rivals = [child(compete), child(compete)]
        answers = b""
        while answers.count(b"r") < 2:
            answers += os.read(told, 1)
        os.write(release, b"gg")
        while len(answers) < 4:
            answers += os.read(told, 1)
        for rival in rivals:
            os.kill(rival, signal.SIGKILL)
            os.waitpid(rival, 0)
        for pipe in (told, tell, wait, release):
            os.close(pipe)
        assert sorted(answers) == sorted(b"rrWL")
    with History(workspace) as history:
        assert history.run("run-1").state == "interrupted"
        go_on(history)
