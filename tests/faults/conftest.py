"""Shared by the fault tests: checkpoints whose contents tell their step, and a workspace with a run that has some."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.store.conftest import PLAN, tell_story, tmp_path  # noqa: F401
from workbench.store.checkpoints import CheckpointFolder
from workbench.store.history import History
from workbench.store.run_folder import RunFolder


def contents(step: int, version: int = 0) -> dict[str, bytes]:
    """{name: bytes} of the checkpoint of `step`; `version` tells one from another of the same step."""
    return {
        "state.json": b'{"step": %d, "version": %d}' % (step, version),
        "model.safetensors": bytes([step % 256, version]) * 700,
        "optimizer.safetensors": bytes([step % 256, version, 7]) * 900,
    }


def write_files(stage: Path, files: dict[str, bytes]) -> None:
    """Write as the engine does: straight into the staged folder, synced by nobody but the place."""
    for name, data in files.items():
        file = os.open(stage / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(file, rest) :]
        finally:
            os.close(file)


def write(place: CheckpointFolder, step: int, version: int = 0) -> None:
    """Write the checkpoint of `step`."""
    with place.staged(step) as stage:
        write_files(stage, contents(step, version))


def read(folder: Path | None) -> dict[str, bytes]:
    """The files of a checkpoint folder, but the manifest; none for None."""
    if folder is None:
        return {}
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "MANIFEST.json"}


def step_of(folder: Path | None) -> int:
    """The step of a checkpoint folder whose contents are right; 0 for None."""
    if folder is None:
        return 0
    step = int(re.findall(r"\d+", folder.name)[0])
    assert read(folder) in (contents(step), contents(step, 1)), f"{folder} is damaged"
    return step


@pytest.fixture
def add_trained(tmp_path: Path) -> Callable[..., Path]:  # noqa: F811
    """`add_trained(outcome)`: a workspace with run-1, 20 steps long, that ended so and has checkpoints of 5 and 10."""

    def add(outcome: str = "completed") -> Path:
        workspace = tmp_path / f"workspace-{outcome}"
        with History(workspace) as history:
            history.open_run("run-1", "reviews-1", history.workspace.runs / "reviews-1", PLAN)
            events = list(tell_story())
            if outcome != "completed":
                events[-1:] = [type(events[-1])(outcome=outcome, steps=20, seconds=0.2, best_step=10)]
            if outcome == "interrupted":
                events.pop()
            list(history.record("run-1", iter(events)))
            for step in (5, 10):
                write(RunFolder(history.run("run-1").folder).checkpoints, step)
        return workspace

    return add


def go_on(history: History, step: int = 10) -> None:
    """Take run-1 back to `step` and record the rest of its story; then everything is as if it had never been away."""
    history.reopen("run-1", PLAN, step=step, judged_step=step)
    rest = [event for event in tell_story() if getattr(event, "step", step + 1) > step]
    rest = [
        type(event)(**{**_fields(event), "first_step": step}) if "device" in _fields(event) else event for event in rest
    ]
    list(history.record("run-1", iter(rest)))
    assert history.run("run-1").state == "completed"
    assert history.curves("run-1").steps == list(range(1, 21))
    assert [point.step for point in history.curves("run-1").validation] == [10, 20]


def _fields(event: object) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__struct_fields__}  # type: ignore[attr-defined]
