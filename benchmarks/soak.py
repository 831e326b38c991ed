"""Many runs in one process: whether memory, threads or open files are left behind.

    python -m benchmarks.soak [--runs N]

Each run is paused and resumed. Printed is what the process holds after every tenth of them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")

from tests.faults.run_soaking import soak


def main() -> int:
    """Print the table; the exit status tells whether more than 50 MB were left after the tenth run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    options = parser.parse_args()
    print("  runs      MB  threads  files")
    with tempfile.TemporaryDirectory() as folder:
        figures = []
        for number, left in enumerate(soak(Path(folder), options.runs), start=1):
            figures.append(left)
            if number % 10 == 0 or number == options.runs:
                print(f"{number:6} {left.memory / 1e6:7.0f} {left.threads:8} {left.files:6}", flush=True)
    grown = figures[-1].memory - figures[min(9, len(figures) - 1)].memory
    print(f"grown by {grown / 1e6:.0f} MB after the tenth run")
    return 0 if grown <= 50e6 else 1


if __name__ == "__main__":
    raise SystemExit(main())
