"""What a studio does with runs that are to go on: the kept model, rivals, what may change."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.events import Evaluated, Event, ModelSaved, RunFinished, StepDone
from workbench.core.plan import ModelSpec, TrainingPlan
from workbench.engine import keeper
from workbench.studio import Run, Studio
from workbench.studio.resuming import standing

TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 200})
NEVER = 1e9


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "workspace", settings_path=tmp_path / "settings.json")


@pytest.fixture
def plan(studio: Studio, tmp_path: Path) -> TrainingPlan:
    lines = ["text,label", *(f"{'good fine' if n % 2 else 'bad poor'} thing {n},{n % 2}" for n in range(40))]
    data = tmp_path / "data.csv"
    data.write_text("\n".join(lines), encoding="utf-8")
    plan = studio.draft(data, model=TINY, task="text-classification")
    return msgspec.structs.replace(plan, epochs=4, batch_size=4, learning_rate=2e-3, evaluate_every=3)


def broken_off_after_a_model(run: Run, monkeypatch: pytest.MonkeyPatch) -> int:
    """Read the run until it kept a model later than its only checkpoint, then let go; the step of that model."""
    monkeypatch.setattr(keeper, "SHORTEST", 0.0)
    monkeypatch.setattr(keeper, "LONGEST", 0.0)
    events = run.events()
    for event in events:
        if isinstance(event, StepDone) and event.step == 2:
            monkeypatch.setattr(keeper, "SHORTEST", NEVER)
            monkeypatch.setattr(keeper, "LONGEST", NEVER)
        if isinstance(event, ModelSaved):
            events.close()
            return event.step
    raise AssertionError("no model was kept")


def test_that_a_changed_resume_does_not_take_a_later_model_for_its_own(
    studio: Studio, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = studio.start(plan)
    kept = broken_off_after_a_model(run, monkeypatch)
    state = standing(studio.run(run.id))
    assert state is not None
    assert state.step < kept
    assert state.best_step == 0
    # Nothing is learned any more, so nothing better than the later model would come.
    events = list(studio.resume(run.id, {"learning_rate": 1e-8}).events())
    assert (run.folder / f"model-step-{kept}" / "model.safetensors").is_file()
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert end.outcome == "completed", end
    saved = [event.step for event in events if isinstance(event, ModelSaved)]
    assert end.best_step == saved[-1]


def test_that_an_unchanged_resume_keeps_the_model_where_it_is(
    studio: Studio, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[Event] = list(studio.start(plan).events())
    run = studio.start(plan)
    kept = broken_off_after_a_model(run, monkeypatch)
    events = list(studio.resume(run.id).events())
    assert not (run.folder / f"model-step-{kept}").exists()
    looks = [(e.step, e.loss, e.best) for e in whole if isinstance(e, Evaluated)]
    assert [(e.step, e.loss, e.best) for e in events if isinstance(e, Evaluated)] == looks[-len(looks) :]


def test_that_a_rival_that_was_quicker_is_noticed(
    studio: Studio, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = studio.start(plan)
    broken_off_after_a_model(run, monkeypatch)
    from workbench.studio import resuming

    honest = resuming.resumed_plan

    def slow(record, changes):
        answer = honest(record, changes)
        monkeypatch.setattr(resuming, "resumed_plan", honest)
        list(studio.resume(run.id).events())  # somebody else, from beginning to end
        return answer

    monkeypatch.setattr(resuming, "resumed_plan", slow)
    with pytest.raises(WorkbenchError, match="elsewhere"):
        studio.resume(run.id)
    steps = studio.curves(run.id).steps
    assert steps == list(range(1, len(steps) + 1))


def test_that_what_would_make_it_another_run_cannot_change(studio: Studio, plan: TrainingPlan) -> None:
    run = studio.start(msgspec.structs.replace(plan, max_steps=4))
    list(run.events())
    with pytest.raises(WorkbenchError, match="batch_size"):
        studio.resume(run.id, {"batch_size": 8})
    assert studio.run(run.id).state == "completed"
