"""kill -9 for real trainings: whatever the moment, the next process goes on, and the result is the same to the bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 and fork are matters of Unix")


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_that_runs_killed_at_random_end_as_the_one_that_was_not(kills: int) -> None:
    """Weights, moments of the optimizer, every row of the history, the events, the state: see `outcome_of`."""
    program = [sys.executable, "-m", "tests.faults.run_killing", "--kills", str(kills), "--steps", "40"]
    said = subprocess.run(program, capture_output=True, text=True, cwd=ROOT)
    assert said.returncode == 0, said.stderr
    figures = json.loads(said.stdout)
    assert figures["faults"] == [], said.stderr
    assert figures["kills"] == kills
    assert figures["identical"] == figures["runs"] > 0
    assert figures["resumed"] > kills // 5
    assert figures["runs_resumed"] > 0
