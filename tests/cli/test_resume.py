"""`workbench resume`: a run that was broken off, or is over, goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Workbench

FLAGS = ("--model", "scratch", "--layers", "1", "--hidden-size", "16", "--heads", "2", "--vocabulary", "200")


def test_that_a_finished_run_goes_on_with_more_epochs_and_says_what_changed(
    workbench: Workbench, reviews: Path
) -> None:
    first = workbench("train", str(reviews), *FLAGS, "--epochs", "2", "--name", "again", "--json")
    more = workbench("resume", "again-1", "--epochs", "3", "--learning-rate", "0.001", "--json")
    assert more.status == 0, more.err
    assert more.json["steps"] == first.json["steps"] * 3 // 2
    assert "2 → 3" in more.err
    assert "0.001" in more.err


def test_that_a_run_with_nothing_left_is_refused_in_words(workbench: Workbench, reviews: Path) -> None:
    workbench("train", str(reviews), *FLAGS, "--epochs", "1", "--name", "done")
    said = workbench("resume", "done-1")
    assert said.status == 2
    assert "more epochs" in said.err


def test_that_a_value_out_of_bounds_is_refused_before_anything_is_changed(workbench: Workbench, reviews: Path) -> None:
    workbench("train", str(reviews), *FLAGS, "--epochs", "1", "--name", "bounds")
    said = workbench("resume", "bounds-1", "--epochs", "0")
    assert said.status == 2
    assert workbench("runs", "--json").json[0]["state"] == "completed"


def test_that_a_terminated_run_is_paused_and_can_be_resumed(
    workbench: Workbench, reviews: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "terminated"
    command = [sys.executable, "-m", "workbench", "train", str(reviews), *FLAGS, "--epochs", "400", "--name", "long"]
    command += ["--workspace", str(workspace), "--events", "-"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"}
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if b'"StepDone"' in line:
                break
        run.send_signal(signal.SIGTERM)
        rest = run.stdout.read().splitlines()
    end = json.loads(rest[-1])
    assert (run.returncode, end["outcome"]) == (130, "paused")
    said = workbench("resume", "long-1", "--max-steps", str(end["steps"] + 3), "--workspace", str(workspace), "--json")
    assert said.status == 0, said.err
    assert said.json["steps"] == end["steps"] + 3
