"""One vocabulary: what a run does, how it ended and what is measured has the same name wherever it is read."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

import workbench
from workbench.core import wording
from workbench.core.events import Phase, PhaseChanged, RunFinished

OUTCOMES = get_args(RunFinished.__annotations__["outcome"]) or ("completed", "early_stopped", "stopped", "failed")


def test_that_every_phase_has_words() -> None:
    assert set(wording.PHASES) == set(get_args(Phase))
    for phase in get_args(Phase):
        assert wording.phase_text(PhaseChanged(phase=phase))
    assert "40 %" in wording.phase_text(PhaseChanged(phase="tokenizing", fraction=0.409))


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_that_every_outcome_has_words_that_say_what_is_safe(outcome: str) -> None:
    assert wording.state_text(outcome) != outcome
    kept = RunFinished(outcome=outcome, steps=9, seconds=1.0, best_step=7, message="The disk is full.", mendable=True)
    assert "step 7 is" in wording.outcome_text(kept)
    nothing = RunFinished(outcome=outcome, steps=9, seconds=1.0, best_step=0, message="The disk is full.")
    assert "no model was kept" in wording.outcome_text(nothing).lower()


def test_that_unknown_names_stay_themselves() -> None:
    assert wording.metric_title("bleu") == "bleu"
    assert wording.state_text("paused") == "paused"


@pytest.mark.parametrize("room", ["gui", "cli"])
def test_that_a_front_end_has_no_words_of_its_own_for_them(room: str) -> None:
    tables = [*wording.PHASES.values(), *wording.METRICS.values()]
    longer = [text for text in tables if " " in text or text in ("Macro-F1", "RMSE")]
    assert len(longer) > 5
    files = sorted((Path(workbench.__file__).parent / room).rglob("*.py"))
    found = [(file.name, text) for file in files for text in longer if f'mark("{text}")' in file.read_text("utf-8")]
    assert files
    assert found == []
