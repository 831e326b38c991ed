"""kill -9 for runs that train for real: processes are killed until their run is complete, then it is compared.

The process that calls `campaign` has imported torch and never computed: it forks every training, so that one costs a
fraction of a second. As a program it prints the figures of one campaign as JSON.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.faulty_io import child, disk
from workbench.core.events import Evaluated, Event, ModelSaved, RunFinished, RunStarted, StepDone, decode_event
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.engine import keeper
from workbench.engine.warm import warm
from workbench.studio import Studio

MOST_KILLS_OF_A_RUN = 6
TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 200})
WORDS = ("good", "bad", "fine", "awful", "great", "poor", "nice", "dull")


Tell = Callable[[dict[str, Any]], None]


@dataclass
class Figures:
    """What a campaign came to. `lost` is in seconds of training that had to be made again after one kill."""

    kills: int = 0
    runs: int = 0
    resumed: int = 0
    runs_resumed: int = 0
    begun_anew: int = 0
    identical: int = 0
    lost: float = 0.0
    lost_steps: int = 0
    steps: int = 0
    whole_seconds: float = 0.0
    killed_while: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def plan_in(folder: Path, steps: int) -> TrainingPlan:
    """A run of `steps` steps with dropout, accumulation, and a look at the validation rows after every fifth."""
    lines = ["text,label"]
    for number in range(46):
        words = " ".join(WORDS[(number * 7 + place * 3) % 8] for place in range(2 + number % 9))
        lines.append(f"{words} {number % 5},{'yes' if number % 3 else 'no'}")
    data = folder / "data.csv"
    data.write_text("\n".join(lines), encoding="utf-8")
    return TrainingPlan(
        dataset=DatasetSpec(path=str(data), columns={"text": "text", "label": "label"}, test_path=str(data)),
        model=TINY,
        optimizer=Choice(name="adamw"),
        epochs=1000,
        max_steps=steps,
        batch_size=4,
        accumulation=2,
        evaluate_every=5,
        learning_rate=3e-3,
        max_length=16,
        name="run",
    )


def studio_at(workspace: Path) -> Studio:
    """The door to `workspace`."""
    return Studio(workspace, settings_path=workspace.parent / f"{workspace.name}-settings.json")


@contextmanager
def busy_keeper() -> Iterator[None]:
    """A checkpoint is always being written."""
    before = keeper.LONGEST, keeper.SHORTEST
    keeper.LONGEST = keeper.SHORTEST = 0.0
    try:
        yield
    finally:
        keeper.LONGEST, keeper.SHORTEST = before


def train_on(workspace: Path, plan: TrainingPlan, tell: Tell) -> None:
    """Take up the run that is there, begin one where there is none, and carry it to its end."""
    studio = studio_at(workspace)
    assert studio.notes == [], studio.notes
    runs = studio.runs()
    if runs and studio.resumable(runs[0].id) is None:
        assert runs[0].state == "interrupted", runs[0].state
        # Only one that was killed before its first checkpoint may have nothing to go on from.
        folder = Path(runs[0].folder)
        assert list((folder / "checkpoints").glob("*step-*")) == []
        assert b'"CheckpointSaved"' not in (folder / "events.jsonl").read_bytes()
        studio.delete(runs[0].id)
        runs = []
    run = studio.resume(runs[0].id) if runs else studio.start(plan)
    last: Event | None = None
    for event in run.events():
        last = event
        if isinstance(event, RunStarted):
            tell({"first": event.first_step, "resumed": bool(runs)})
        elif isinstance(event, StepDone):
            tell({"step": event.step, "at": time.monotonic()})
        elif phase := getattr(event, "phase", ""):
            tell({"phase": phase})
    assert isinstance(last, RunFinished)
    assert last.outcome == "completed", last
    tell({"phase": "over"})


def told_by(work: Callable[[Tell], None], kill_after: float | None) -> tuple[list[Any], str]:
    """Do `work` in a child that is killed after `kill_after` seconds: what it told; "killed", "done" or "failed"."""
    read, write = os.pipe()

    def tell(what: dict[str, Any]) -> None:
        os.write(write, json.dumps(what).encode() + b"\n")

    process = child(lambda: work(tell))
    os.close(write)
    if kill_after is not None:
        end = time.monotonic() + kill_after
        while time.monotonic() < end and os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            time.sleep(0.001)
        os.kill(process, signal.SIGKILL)
    with os.fdopen(read, "rb") as file:
        lines = [json.loads(line) for line in file.read().splitlines()]
    status = os.waitpid(process, 0)[1]
    if os.WIFSIGNALED(status):
        return lines, "killed"
    return lines, "done" if os.WEXITSTATUS(status) == 0 else "failed"


def outcome_of(workspace: Path) -> dict[str, Any]:
    """Everything of the one run in `workspace` that must be equal, in a form that can be compared."""
    with sqlite3.connect(_database(workspace)) as connection:
        integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
    studio = studio_at(workspace)
    (run,) = studio.runs()
    curves = studio.curves(run.id)
    folder = Path(run.folder)
    events = [decode_event(line) for line in (folder / "events.jsonl").read_bytes().splitlines()]
    newest = max((folder / "checkpoints").glob("step-*"))
    return {
        "integrity": integrity,
        "notes": studio.notes,
        "state": run.state,
        "record": [run.steps, run.total_steps, run.best_step, run.score],
        "curves": [curves.steps, curves.epochs, curves.losses, curves.learning_rates, curves.grad_norms],
        "validation": [list(point) for point in curves.validation],
        "best": curves.best_step,
        "steps told": [event.step for event in events if isinstance(event, StepDone)],
        "looks told": [
            [event.part, event.step, event.loss, event.best] for event in events if isinstance(event, Evaluated)
        ],
        "models told": [event.step for event in events if isinstance(event, ModelSaved)],
        "ends told": [event.outcome for event in events if isinstance(event, RunFinished)],
        "model": _digests(folder / "model", "*"),
        "checkpoint": {newest.name: _digests(newest, "*.safetensors")},
        "lying about": sorted(path.name for path in folder.rglob(".*")),
    }


def campaign(kills: int, folder: Path, *, steps: int = 60, seed: int = 0, most_seconds: float = 1e9) -> Figures:
    """Kill `kills` processes at random moments, and compare every run that was completed in spite of them."""
    folder.mkdir(parents=True, exist_ok=True)
    dice, figures = random.Random(seed), Figures()
    plan = plan_in(folder, steps)
    expected, calls = _undisturbed(folder / "whole", plan, figures)
    began = time.monotonic()
    while figures.kills < kills and time.monotonic() - began < most_seconds:
        workspace = folder / f"run-{figures.runs}"
        before = figures.resumed
        _one_run(workspace, plan, dice, figures, kills, calls)
        figures.runs_resumed += figures.resumed > before
        figures.runs += 1
        told, how = told_by(lambda tell, workspace=workspace: tell(outcome_of(workspace)), None)
        if how == "done" and told[0] == expected:
            figures.identical += 1
        else:
            figures.faults.append(
                f"{workspace.name}: {_difference(expected, told[0]) if how == 'done' else 'no answer'}"
            )
            shutil.copytree(workspace, folder.parent / f"{folder.name}-{workspace.name}", dirs_exist_ok=True)
    return figures


def _difference(expected: dict[str, Any], found: dict[str, Any]) -> str:
    """What differs, in a few words."""
    parts = []
    for name in expected:
        one, other = expected[name], found[name]
        if one != other and isinstance(one, dict):
            parts.append(f"{name} {sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))}")
        elif one != other:
            parts.append(f"{name} {str(one)[:200]} -> {str(other)[:200]}")
    return "; ".join(parts)


def _undisturbed(workspace: Path, plan: TrainingPlan, figures: Figures) -> tuple[dict[str, Any], int]:
    """What a run comes to that nobody kills, and how often it called the disk."""

    def counted(tell: Tell) -> None:
        with disk(lambda *call: None, 0, False) as seen, busy_keeper():
            train_on(workspace, plan, tell)
        tell({"calls": seen.calls, "modules": sorted(sys.modules)})

    told, how = told_by(counted, None)
    assert how == "done"
    _import(told[-1]["modules"])
    outcome, how = told_by(lambda tell: tell(outcome_of(workspace)), None)
    assert how == "done"
    began = time.monotonic()
    _, how = told_by(lambda tell: train_on(workspace.with_name("timed"), plan, tell), None)
    assert how == "done"
    figures.whole_seconds = time.monotonic() - began
    figures.steps = plan.max_steps
    return outcome[0], int(told[-1]["calls"])


def _import(modules: list[str]) -> None:
    """Import what a training needs, so that every process that is forked from now on has it."""
    for name in modules:
        if name not in sys.modules and name.split(".")[0] in ("torch", "transformers", "workbench", "safetensors"):
            with suppress(Exception):
                importlib.import_module(name)


def _one_run(
    workspace: Path, plan: TrainingPlan, dice: random.Random, figures: Figures, kills: int, calls: int
) -> None:
    """Begin a run and take it up until it is complete, in processes most of which are killed."""
    reached: dict[int, float] = {}
    for attempt in range(MOST_KILLS_OF_A_RUN + 1):
        spared = attempt == MOST_KILLS_OF_A_RUN or figures.kills == kills
        at_call = 0 if spared or dice.random() < 0.6 else dice.randint(1, calls)
        delay = None if spared or at_call else dice.uniform(0.02, figures.whole_seconds)
        busy = dice.random() < 0.5

        def work(tell: Tell, at_call: int = at_call, busy: bool = busy) -> None:
            def end(*call: Any) -> None:
                os.kill(os.getpid(), signal.SIGKILL)

            with disk(end, at_call, False):
                if busy:
                    with busy_keeper():
                        train_on(workspace, plan, tell)
                else:
                    train_on(workspace, plan, tell)

        told, how = told_by(work, delay)
        figures.begun_anew += attempt > 0 and any(line.get("resumed") is False for line in told)
        _count(told, how, reached, figures)
        if how == "failed":
            figures.faults.append(f"{workspace.name}: attempt {attempt + 1} failed")
        if how != "killed":
            return


def _count(told: list[Any], how: str, reached: dict[int, float], figures: Figures) -> None:
    phase = "starting"
    for line in told:
        if "first" in line:
            phase = "training"
            if line["resumed"]:
                figures.resumed += 1
                if reached:
                    at = reached.get(line["first"], min(reached.values()))
                    figures.lost = max(figures.lost, max(reached.values()) - at)
                    figures.lost_steps = max(figures.lost_steps, max(reached) - line["first"])
            reached.clear()
        elif "step" in line:
            reached[line["step"]] = line["at"]
        phase = line.get("phase", phase)
    if how == "killed":
        figures.kills += 1
        figures.killed_while[phase] = figures.killed_while.get(phase, 0) + 1


def _database(workspace: Path) -> Path:
    (found,) = [path for path in workspace.iterdir() if path.suffix in (".db", ".sqlite", ".sqlite3")]
    return found


def _digests(folder: Path, pattern: str = "*") -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    }


def main() -> int:
    """Carry out one campaign and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warm()
    with tempfile.TemporaryDirectory() as folder:
        figures = campaign(options.kills, Path(folder) / "campaign", steps=options.steps, seed=options.seed)
    print(json.dumps(asdict(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
