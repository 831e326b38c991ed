"""How long the list of runs takes to stand in the window.

    python -m benchmarks.runs_list [--runs N]

A workspace is filled with N finished runs (500, if not said), each with its curves; then the real Runs tab is asked to
show them, again and again. A time is from the request until all rows are in the table and painted, the reading of the
database in the background included. Offscreen, unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if TYPE_CHECKING:
    from workbench.core.events import Event
    from workbench.core.plan import TrainingPlan

STEPS = 40
TURNS = 15


def fill(workspace: Path, runs: int) -> None:
    """Put `runs` finished runs into the history of `workspace`."""
    from workbench.core.plan import DatasetSpec, TrainingPlan
    from workbench.store.history import History

    with History(workspace) as history:
        for number in range(runs):
            plan = TrainingPlan(dataset=DatasetSpec(path="/data/reviews.csv"), epochs=1 + number % 7)
            run_id = f"20260101-{number:06}-0000"
            folder = workspace / "runs" / run_id
            history.open_run(run_id, f"reviews-{number + 1}", folder, plan)
            for _event in history.record(run_id, a_run(run_id, plan)):
                pass


def a_run(run_id: str, plan: TrainingPlan) -> Iterator[Event]:
    """The events of a short run."""
    from workbench.core.events import Evaluated, Measures, RunFinished, RunStarted, StepDone

    yield RunStarted(
        run=run_id,
        plan=plan,
        started=1_767_225_600.0,
        steps=STEPS,
        steps_per_epoch=STEPS,
        train_rows=640,
        validation_rows=100,
        test_rows=0,
        skipped_rows=0,
        parameters=22_700_000,
        device="cpu",
        threads=2,
        headline="macro_f1",
        higher_is_better=True,
        data_sha256="0" * 64,
        versions={},
    )
    for step in range(1, STEPS + 1):
        yield StepDone(
            step=step,
            epoch=step / STEPS,
            loss=1 / step,
            learning_rate=1e-4,
            grad_norm=1.0,
            rows=16 * step,
            seconds=0.1 * step,
        )
    measures = Measures(metrics={"macro_f1": 0.9}, baseline={"macro_f1": 0.3})
    yield Evaluated(step=STEPS, epoch=1.0, part="validation", loss=0.2, measures=measures, best=True)
    yield RunFinished(outcome="completed", steps=STEPS, seconds=4.0, best_step=STEPS)


def main() -> int:
    """Fill a workspace, show its runs, print the times in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    options = parser.parse_args()
    from workbench.gui import theme
    from workbench.gui.app import make_app
    from workbench.gui.panels.runs import RunsPanel
    from workbench.studio import Studio

    app = make_app(sys.argv[:1])
    theme.apply(app, "light")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        workspace.mkdir()
        fill(workspace, options.runs)
        studio = Studio(workspace, settings_path=Path(folder) / "settings.json")
        panel = RunsPanel(studio)
        panel.resize(900, 700)
        panel.show()
        app.processEvents()
        times, reads = [], []
        for _turn in range(TURNS):
            began = time.perf_counter()
            studio.runs()
            reads.append((time.perf_counter() - began) * 1000)
            panel.model.show_records([])
            app.processEvents()
            began = time.perf_counter()
            panel.refresh()
            while panel.model.rowCount() < options.runs:
                app.processEvents()
            panel.repaint()
            app.processEvents()
            times.append((time.perf_counter() - began) * 1000)
        panel.close()
    first, rest = times[0], sorted(times)
    print(f"{options.runs} runs: first {first:.0f} ms, median {rest[len(rest) // 2]:.0f} ms, worst {rest[-1]:.0f} ms")
    print(f"of which reading the database: median {sorted(reads)[len(reads) // 2]:.0f} ms")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
