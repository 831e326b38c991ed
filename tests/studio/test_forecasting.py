"""Forecasts at the door: at once, measured, with cheaper choices, and corrected while the run goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.engine.tiny_models import write_tiny_bert
from workbench.core.errors import WorkbenchError
from workbench.core.events import Evaluated, Event, Measures, PhaseChanged, RunFinished, RunStarted, StepDone
from workbench.core.forecasts import Corrected, Forecast, verdict_of
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.engine.forecast_facts import quick_facts
from workbench.engine.pretrained import inspect
from workbench.studio import Studio
from workbench.studio.cheaper import MOST
from workbench.studio.forecasting import Forecaster

SCRATCH = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 32, "heads": 2, "vocabulary": 400})
LARGE = ModelSpec(source="scratch", options={"layers": 12, "hidden_size": 512, "heads": 8, "vocabulary": 8000})


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "workspace", settings_path=tmp_path / "settings.json")


@pytest.fixture
def plan(studio: Studio) -> TrainingPlan:
    return msgspec.structs.replace(studio.draft(studio.samples()[0].path, model=SCRATCH), max_length=32)


def forecaster(studio: Studio, available: int = 0) -> Forecaster:
    return Forecaster(studio.workspace / "models", studio.catalog, available=(lambda: available) if available else None)


def test_that_the_first_answer_needs_no_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from workbench.studio import Studio; from workbench.studio.forecasting import Forecaster;"
        "s = Studio(sys.argv[1], settings_path=sys.argv[2]); p = s.draft(s.samples()[0].path);"
        "f = Forecaster(s.workspace / 'models', s.catalog, available=lambda: 10**9).forecast(p, s.profile(p));"
        "assert f.steps and f.peak_bytes and f.seconds and not f.measured, f;"
        "heavy = {'torch', 'transformers', 'sklearn', 'PySide6'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "w", tmp_path / "s.json"], check=True)


def test_that_a_plan_that_fits_is_offered_nothing_else(studio: Studio, plan: TrainingPlan) -> None:
    found = forecaster(studio, 64 << 30).forecast(plan, studio.profile(plan))
    assert found.verdict == "fits"
    assert found.cheaper == ()


def test_that_too_big_a_plan_comes_with_three_choices_or_four_that_can_start(studio: Studio) -> None:
    sample = studio.draft(studio.samples()[0].path, model=LARGE)
    heavy = msgspec.structs.replace(sample, batch_size=64)
    found = forecaster(studio, 1 << 30).forecast(heavy, studio.profile(heavy))
    assert found.verdict == "too_big"
    assert 3 <= len(found.cheaper) <= MOST
    assert found.cheaper[0].key == "batch_size"
    for choice in found.cheaper:
        assert choice.title
        assert choice.peak_bytes < found.peak_bytes
        assert choice.plan != heavy
        assert [problem for problem in studio.problems(choice.plan) if problem.severity == "error"] == []


def test_that_smaller_batches_keep_the_effective_batch(studio: Studio) -> None:
    heavy = msgspec.structs.replace(studio.draft(studio.samples()[0].path, model=LARGE), batch_size=64)
    profile = studio.profile(heavy)
    known = forecaster(studio, 1 << 30)
    found = known.forecast(heavy, profile)
    smaller = next(choice for choice in found.cheaper if choice.key == "batch_size")
    assert smaller.plan.batch_size * smaller.plan.accumulation == 64
    assert smaller.peak_bytes == pytest.approx(known.forecast(smaller.plan, profile).peak_bytes, rel=0.01)


def test_that_shorter_texts_are_offered_with_the_share_that_is_cut(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "tail.csv"
    words = [5 + i % 20 for i in range(190)] + [300] * 10
    path.write_text("text,label\n" + "".join(f"{'word ' * n},{'ab'[i % 2]}\n" for i, n in enumerate(words)), "utf-8")
    long = TrainingPlan(
        dataset=DatasetSpec(path=str(path), columns={"text": "text", "label": "label"}), model=LARGE, max_length=256
    )
    found = forecaster(studio, 1 << 20).forecast(long, studio.profile(long))
    shorter = next(choice for choice in found.cheaper if choice.key == "max_length")
    assert shorter.plan.max_length < 256
    assert "5 %" in shorter.title


def test_that_a_long_run_is_offered_what_is_quicker(studio: Studio) -> None:
    endless = msgspec.structs.replace(studio.draft(studio.samples()[0].path, model=LARGE), epochs=1000)
    found = forecaster(studio, 64 << 30).forecast(endless, studio.profile(endless))
    assert found.is_long
    assert found.cheaper
    assert all(choice.seconds < found.seconds for choice in found.cheaper)


def test_that_few_weights_that_learn_come_with_the_rate_that_suits_them(studio: Studio) -> None:
    heavy = msgspec.structs.replace(studio.draft(studio.samples()[0].path), model=ModelSpec(), batch_size=256)
    if not studio.card(heavy.model).available:
        pytest.skip("needs the offline model")
    found = forecaster(studio, 600 << 20).forecast(heavy, studio.profile(heavy))
    lora = next(choice for choice in found.cheaper if choice.plan.tuning.name == "lora")
    assert lora.plan.learning_rate == 5e-4


def test_that_what_was_measured_serves_other_epochs_and_batches_but_no_other_model(
    studio: Studio, plan: TrainingPlan
) -> None:
    known, profile = forecaster(studio), studio.profile(plan)
    assert not known.forecast(plan, profile).measured
    measured = known.measure(plan, profile)
    assert measured is not None
    assert measured.measured
    more = known.forecast(msgspec.structs.replace(plan, epochs=2 * plan.epochs, batch_size=8), profile)
    assert more.measured
    assert more.step_seconds > measured.step_seconds
    assert more.steps == pytest.approx(4 * measured.steps, rel=0.05)
    other = msgspec.structs.replace(plan, optimizer=Choice(name="sgd"))
    assert not known.forecast(other, profile).measured
    assert known.is_measured(plan)
    assert not known.is_measured(other)


def test_that_a_run_corrects_the_forecasts_after_it(studio: Studio, plan: TrainingPlan) -> None:
    known, profile = forecaster(studio), studio.profile(plan)
    before = known.forecast(plan, profile)
    known.learn(plan, profile, step(before.steps, 3 * before.step_seconds))
    assert known.forecast(plan, profile).step_seconds == pytest.approx(3 * before.step_seconds, rel=0.01)


def test_that_a_folder_that_is_gone_is_told_in_words(studio: Studio, plan: TrainingPlan, tmp_path: Path) -> None:
    gone = msgspec.structs.replace(plan, model=ModelSpec(source="folder", location=str(tmp_path / "gone")))
    with pytest.raises(WorkbenchError, match="cannot be opened"):
        forecaster(studio).forecast(gone, studio.profile(plan))


def test_that_the_facts_of_a_folder_are_those_of_the_intake(tmp_path: Path) -> None:
    folder = write_tiny_bert(tmp_path / "model")
    spec = ModelSpec(source="folder", location=str(folder))
    quick, whole = quick_facts(spec, tmp_path), inspect(spec, tmp_path)
    for name in ("parameters", "hidden_size", "layers", "heads", "vocabulary", "max_positions", "model_type"):
        assert getattr(quick, name) == getattr(whole, name)


def test_that_the_steps_are_those_that_the_run_makes(studio: Studio, plan: TrainingPlan) -> None:
    short = msgspec.structs.replace(plan, epochs=1, batch_size=32, accumulation=2)
    found = forecaster(studio).forecast(short, studio.profile(short))
    started = [event for event in studio.start(short).events() if isinstance(event, RunStarted)]
    assert started[0].steps == found.steps


def test_that_a_plan_that_is_too_big_is_not_tried(studio: Studio, plan: TrainingPlan) -> None:
    known = forecaster(studio, 1 << 20)
    found = known.measure(plan, studio.profile(plan))
    assert found is not None
    assert (found.verdict, found.measured) == ("too_big", False)


def test_that_measuring_can_be_given_up_and_leaves_no_run_behind(studio: Studio, plan: TrainingPlan) -> None:
    assert forecaster(studio).measure(plan, studio.profile(plan), stopped=lambda: True) is None
    assert studio.runs() == []


@pytest.mark.parametrize(
    ("peak", "available", "verdict"), [(70, 100, "fits"), (71, 100, "tight"), (101, 100, "too_big"), (5, 0, "fits")]
)
def test_that_the_verdict_has_two_limits(peak: int, available: int, verdict: str) -> None:
    assert verdict_of(peak, available) == verdict


# Corrected while the run goes on.

FORECAST = Forecast(
    steps=100,
    seconds=120.0,
    start_seconds=10.0,
    step_seconds=100.0,
    other_seconds=10.0,
    peak_bytes=1000,
    available_bytes=10_000,
    parts=(),
    verdict="fits",
)


def started(plan: TrainingPlan) -> RunStarted:
    return RunStarted(
        run="run",
        plan=plan,
        started=0.0,
        steps=100,
        steps_per_epoch=50,
        train_rows=800,
        validation_rows=100,
        test_rows=0,
        skipped_rows=0,
        parameters=1,
        device="CPU",
        threads=1,
        headline="accuracy",
        higher_is_better=True,
        data_sha256="",
        versions={},
    )


def step(number: int, seconds: float) -> StepDone:
    return StepDone(
        step=number, epoch=number / 50, loss=1.0, learning_rate=1e-4, grad_norm=1.0, rows=16 * number, seconds=seconds
    )


def evaluated(number: int) -> Evaluated:
    measures = Measures(metrics={}, baseline={})
    return Evaluated(step=number, epoch=number / 50, part="validation", loss=1.0, measures=measures)


def corrected(*events: tuple[Event, float]) -> Corrected:
    found = Corrected(FORECAST)
    for event, now in events:
        found.take(event, now)
    return found


def test_that_before_the_first_step_the_forecast_counts_down(plan: TrainingPlan) -> None:
    assert corrected().left(0.0) == 120.0
    assert corrected((PhaseChanged(phase="reading"), 5.0)).left(9.0) == 116.0


def test_that_slower_steps_than_forecast_are_believed_more_and_more(plan: TrainingPlan) -> None:
    events: list[tuple[Event, float]] = [(started(plan), 10.0), *((step(n, 2.0 * n), 10.0 + 2 * n) for n in (1, 5))]
    early = corrected(*events)
    late = corrected(*events, (step(60, 120.0), 130.0))
    assert 1.0 < early.each < 2.0
    assert late.each == pytest.approx(2.0)
    assert late.left(130.0) == pytest.approx(40 * 2.0 + 4.0)


def test_that_the_first_step_does_not_count_for_the_speed(plan: TrainingPlan) -> None:
    events: list[tuple[Event, float]] = [(started(plan), 0.0), (step(1, 30.0), 30.0), (step(61, 90.0), 90.0)]
    assert corrected(*events).each == pytest.approx(1.0)


def test_that_a_measured_evaluation_replaces_the_forecast_one(plan: TrainingPlan) -> None:
    events: list[tuple[Event, float]] = [(started(plan), 0.0)]
    events += [(step(n, float(n)), float(n)) for n in (1, 50)]
    events += [(PhaseChanged(phase="evaluating"), 50.0), (PhaseChanged(phase="evaluating", fraction=0.5), 60.0)]
    events += [(evaluated(50), 70.0)]
    assert corrected(*events).left(70.0) == pytest.approx(50 * 1.0 + 20.0)


def test_that_the_end_leaves_nothing_and_tells_the_real_peak(plan: TrainingPlan) -> None:
    end = RunFinished(outcome="completed", steps=100, seconds=100.0, peak_memory_bytes=900)
    found = corrected((started(plan), 0.0), (step(1, 1.0), 1.0), (end, 2.0))
    assert found.left(2.0) == 0.0
    assert found.peak_bytes == 900


def test_that_more_memory_than_forecast_is_told_at_once(plan: TrainingPlan) -> None:
    found = corrected((started(plan), 0.0))
    assert found.peak_bytes == 1000
    found.take_memory(1500)
    assert found.peak_bytes == 1500
