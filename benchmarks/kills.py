"""Trainings that are killed at random moments and taken up again: how many end as if nothing had happened.

    python -m benchmarks.kills [--kills N] [--steps N] [--seed N]

Tiny models train through the studio, in processes that get SIGKILL after a random time or at a random call of the disk,
half of them while a checkpoint is always being written. The next process resumes, until the run is complete. Then its
model, its last checkpoint, its history, its events and its state are compared with those of a run that was left alone.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")

from tests.faults.run_killing import campaign
from workbench.engine.warm import warm


def main() -> int:
    """Print the table; the exit status tells whether all runs were the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warm()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        figures = campaign(options.kills, Path(folder) / "campaign", steps=options.steps, seed=options.seed)
    moments = ", ".join(f"{phase} {count}" for phase, count in sorted(figures.killed_while.items()))
    lines: list[tuple[str, object]] = [
        ("kills", figures.kills),
        ("  while", moments),
        ("runs completed", figures.runs),
        ("  of which resumed at least once", figures.runs_resumed),
        ("resumed", figures.resumed),
        ("begun anew (no checkpoint yet)", figures.begun_anew),
        ("identical", f"{figures.identical} of {figures.runs}"),
        ("steps of a run", f"{figures.steps} in {figures.whole_seconds:.1f} s"),
        ("lost at most", f"{figures.lost_steps} steps, {figures.lost:.2f} s"),
        ("took", f"{time.monotonic() - began:.0f} s"),
    ]
    for title, value in lines:
        print(f"{title:32} {value}")
    for fault in figures.faults:
        print(fault)
    return 0 if not figures.faults else 1


if __name__ == "__main__":
    raise SystemExit(main())
