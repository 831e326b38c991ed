"""bfloat16 is a choice about speed: the rule that picks it, what it changes, and what it must not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch

from workbench.core.events import RunStarted, StepDone
from workbench.core.plan import ModelSpec
from workbench.engine.precision import chosen_precision
from workbench.studio import Studio

TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 32, "heads": 2, "vocabulary": 400})


@pytest.mark.parametrize(
    ("capabilities", "chosen"),
    [
        ({}, "float32"),
        ({"avx2": True}, "float32"),
        ({"avx512_bf16": True}, "bfloat16"),
        ({"amx_bf16": True}, "bfloat16"),
    ],
)
def test_that_auto_takes_bfloat16_where_the_processor_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], chosen: str
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    cpu = torch.device("cpu")
    assert chosen_precision("auto", cpu) == chosen
    assert chosen_precision("float32", cpu) == "float32"
    assert chosen_precision("bfloat16", cpu) == "bfloat16"
    assert chosen_precision("auto", torch.device("mps")) == "float32"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_that_a_run_learns_and_answers_in_either_precision(tmp_path: Path, precision: str) -> None:
    studio = Studio(tmp_path / "w", settings_path=tmp_path / "settings.json")
    lines = Path(studio.samples()[0].path).read_text(encoding="utf-8").splitlines(keepends=True)
    data = tmp_path / "data.csv"
    data.write_text("".join(lines[:61]), encoding="utf-8")
    plan = studio.draft(data, model=TINY)
    plan = msgspec.structs.replace(plan, precision=precision, epochs=25, batch_size=8, learning_rate=2e-3)
    run = studio.start(plan)
    events = list(run.events())
    started = next(event for event in events if isinstance(event, RunStarted))
    losses = [event.loss for event in events if isinstance(event, StepDone)]
    assert started.precision == precision
    assert sum(losses[-7:]) < 0.6 * sum(losses[:7])
    weights = [parameter.dtype for parameter in studio.predictor(run.id)._learner.net.parameters()]
    assert set(weights) == {torch.float32}
