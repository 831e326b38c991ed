"""The whole way in the terminal and in the window: no network, an awkward home, LANG=C, and the same numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from workbench.core.events import RunFinished, StepDone, decode_event
from workbench.core.plan import ModelSpec, TrainingPlan, to_json
from workbench.studio import Studio

ROOT = Path(__file__).parents[1]
TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 32, "heads": 2, "vocabulary": 400})


@dataclass(frozen=True)
class Place:
    """A home with spaces and Chinese in its path, the user's table in it, and the log of the network's uses."""

    home: Path
    table: Path
    plan: TrainingPlan
    log: Path

    def run(self, module: str, *arguments: str) -> str:
        """stdout of `python -m module`, watched, in this home and with LANG=C. Fails unless it exits with 0."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "HF_"))}
        environment = kept | {
            "LANG": "C",
            "HOME": str(self.home),
            "WORKBENCH_HOME": str(self.home / "workbench"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.audit", str(self.log), module, *arguments]
        done = subprocess.run(command, env=environment, cwd=self.home, capture_output=True, timeout=240)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-3000:]
        return done.stdout.decode("utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    home = tmp_path / "my home 我的家"
    home.mkdir()
    studio = Studio(tmp_path / "other", settings_path=tmp_path / "settings.json")
    lines = Path(studio.samples()[0].path).read_text(encoding="utf-8").splitlines(keepends=True)
    table = home / "客户 留言.csv"
    table.write_text("".join(lines[:81]), encoding="gb18030", errors="ignore")
    plan = msgspec.structs.replace(studio.draft(table, model=TINY), epochs=2, batch_size=8, seed=7)
    return Place(home, table, plan, tmp_path / "network.log")


def train_flags(plan: TrainingPlan) -> list[str]:
    """The words of the terminal that say `plan`."""
    knobs = {"epochs": plan.epochs, "batch-size": plan.batch_size, "seed": plan.seed, **plan.model.options}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in knobs.items()]
    return ["--model", "scratch", *flags, f"--learning-rate={plan.learning_rate}"]


def losses_of(run: Path) -> list[float]:
    """Every training loss that a run's folder holds."""
    events = [decode_event(line) for line in (run / "events.jsonl").read_bytes().splitlines()]
    assert isinstance(events[-1], RunFinished)
    assert events[-1].outcome == "completed"
    return [event.loss for event in events if isinstance(event, StepDone)]


def test_that_terminal_and_window_go_the_whole_way_offline_with_equal_losses(place: Place) -> None:
    words = ["train", str(place.table), *train_flags(place.plan), "--json"]
    result = json.loads(place.run("workbench", *words))
    answers = json.loads(place.run("workbench", "predict", result["run"], "I was charged twice", "--json"))
    assert abs(sum(answers[0]["probabilities"].values()) - 1) < 1e-6
    assert json.loads(place.run("workbench", "check", str(place.table), "--json"))["rows"] == 80
    plan_file = place.home / "plan.json"
    plan_file.write_bytes(to_json(place.plan))
    place.run("tests.window_driver", str(plan_file))
    runs = json.loads(place.run("workbench", "runs", "--json"))
    assert len(runs) == 2
    in_window = next(run for run in runs if run["name"] != result["run"])
    assert losses_of(Path(result["folder"])) == losses_of(Path(in_window["folder"]))
    assert not place.log.exists() or place.log.read_text("utf-8") == ""


def test_that_the_watch_hears_a_look_up(place: Place) -> None:
    (place.home / "talker.py").write_text(
        "import socket\ntry: socket.getaddrinfo('localhost', 1)\nexcept OSError: pass\n"
    )
    place.run("talker")
    assert "getaddrinfo" in place.log.read_text("utf-8")
