"""The events of a run as the loop tells them, without a model."""

from __future__ import annotations

from pathlib import Path

from workbench.core.events import (
    Evaluated,
    Event,
    Measures,
    ModelSaved,
    PhaseChanged,
    RunFinished,
    RunStarted,
    StepDone,
)
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan

RUN = "20261124-120000-abc123"


def plan_in(folder: Path) -> TrainingPlan:
    return TrainingPlan(
        dataset=DatasetSpec(
            path=str(folder / "reviews.csv"),
            columns={"text": "review", "label": "mood"},
            test_path=str(folder / "test.csv"),
        ),
        model=ModelSpec(source="folder", location=str(folder / "my model")),
        optimizer=Choice(name="adamw", options={"beta1": 0.8}),
        name="reviews-1",
        learning_rate=3e-4,
    )


def started(plan: TrainingPlan, first_step: int = 0) -> RunStarted:
    return RunStarted(
        run=RUN,
        plan=plan,
        started=1e9,
        steps=6,
        steps_per_epoch=3,
        train_rows=24,
        validation_rows=8,
        test_rows=0,
        skipped_rows=0,
        parameters=1000,
        device="CPU",
        threads=1,
        first_step=first_step,
        headline="macro_f1",
        higher_is_better=True,
        data_sha256="0" * 64,
        versions={},
    )


def step(number: int, loss: float | None = None) -> StepDone:
    return StepDone(
        step=number,
        epoch=number / 3,
        loss=1 / (number + 1) if loss is None else loss,
        learning_rate=1e-4 * number,
        grad_norm=float(number),
        rows=8 * number,
        seconds=0.1 * number,
    )


def judged(number: int, part: str = "validation") -> Evaluated:
    measures = Measures(metrics={"accuracy": number / 10, "macro_f1": number / 11}, baseline={"accuracy": 0.5})
    return Evaluated(step=number, epoch=number / 3, part=part, loss=number / 7, measures=measures, best=True)  # type: ignore[arg-type]


def stream(plan: TrainingPlan) -> list[Event]:
    """Six steps and two looks at the validation rows."""
    return [
        PhaseChanged(phase="reading"),
        started(plan),
        *(step(number) for number in (1, 2, 3)),
        judged(3),
        ModelSaved(step=3, folder="model"),
        *(step(number) for number in (4, 5, 6)),
        judged(6),
        judged(6, "test"),
        RunFinished(outcome="completed", steps=6, seconds=1.0, best_step=6),
    ]
