"""Named fakes for the far end: a studio without torch, a run that plays given events, a predictor by rules."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import (
    ClassMeasure,
    Evaluated,
    Event,
    Measures,
    ModelSaved,
    PhaseChanged,
    RunFinished,
    RunStarted,
    StepDone,
)
from workbench.core.fields import TEXT, Field
from workbench.core.plan import PLAN_OPTIONS, Choice, DatasetSpec, TrainingPlan
from workbench.core.predictions import Prediction, Scores
from workbench.insight.intervals import interval
from workbench.studio import Coach, Difference
from workbench.studio.advice import differing

LABELS = ("account", "billing", "delivery", "technical")


def fake_plan(**changes: object) -> TrainingPlan:
    """A plan for a file that need not exist."""
    values: dict[str, object] = {
        "dataset": DatasetSpec(path="/data/customer_messages.csv", columns={"text": "message", "label": "topic"}),
        "name": "customer_messages-1",
    }
    return TrainingPlan(**(values | changes))


def started(
    plan: TrainingPlan | None = None, *, steps: int = 60, headline: str = "macro_f1", first_step: int = 0
) -> RunStarted:
    """The first fact of a run of `steps` steps in three epochs, of which `first_step` were made before."""
    return RunStarted(
        first_step=first_step,
        run="run-1",
        plan=plan or fake_plan(),
        started=1_700_000_000.0,
        steps=steps,
        steps_per_epoch=max(steps // 3, 1),
        train_rows=640,
        validation_rows=100,
        test_rows=0,
        skipped_rows=0,
        parameters=22_700_000,
        device="cpu",
        threads=2,
        headline=headline,
        higher_is_better=True,
        data_sha256="0" * 64,
        versions={},
    )


def step(number: int, *, loss: float | None = None, steps: int = 60) -> StepDone:
    """Step `number`; the loss falls like 1 / (1 + n / 20) unless it is given."""
    return StepDone(
        step=number,
        epoch=3 * number / steps,
        loss=1.4 / (1 + number / 20) + 0.08 * math.sin(7 * number) if loss is None else loss,
        learning_rate=1e-4,
        grad_norm=1.0,
        rows=16 * number,
        seconds=0.2 * number,
    )


def class_measures(right: float = 0.9) -> Measures:
    """Four classes with 10, 40, 30 and 20 rows; "billing" is the commonest; `right` of each are named rightly."""
    counts = (10, 40, 30, 20)
    confusion = []
    for i, count in enumerate(counts):
        row = [0, 0, 0, 0]
        row[i] = round(count * right)
        row[(i + 1) % 4] = count - row[i]
        confusion.append(tuple(row))
    return Measures(
        metrics={"accuracy": right, "macro_f1": right - 0.02},
        baseline={"accuracy": 0.4, "macro_f1": 0.14},
        guess=max(zip(counts, LABELS, strict=True))[1],
        classes=tuple(
            ClassMeasure(label=label, precision=right, recall=right, f1=right, support=count)
            for label, count in zip(LABELS, counts, strict=True)
        ),
        confusion=tuple(confusion),
    )


def number_measures() -> Measures:
    """Measures of a regression."""
    return Measures(
        metrics={"rmse": 1.21, "mae": 0.93, "r2": 0.62, "pearson": 0.8, "spearman": 0.78},
        baseline={"rmse": 1.93, "mae": 1.6, "r2": 0.0},
    )


def evaluated(
    number: int, loss: float, *, right: float = 0.9, best: bool = True, part: str = "validation", steps: int = 60
) -> Evaluated:
    """An evaluation after step `number`."""
    return Evaluated(
        step=number, epoch=3 * number / steps, part=part, loss=loss, measures=class_measures(right), best=best
    )


def finished(outcome: str = "completed", *, steps: int = 60, best_step: int = 40, **more: object) -> RunFinished:
    """The last fact of a run."""
    return RunFinished(outcome=outcome, steps=steps, seconds=12.0, best_step=best_step, **more)


def whole_run(*, steps: int = 60, plan: TrainingPlan | None = None, first_step: int = 0) -> list[Event]:
    """A run from its first phase to its end, evaluated three times; the second is the best.

    With `first_step` it is resumed after that step.
    """
    events: list[Event] = [
        PhaseChanged(phase="importing"),
        PhaseChanged(phase="reading"),
        PhaseChanged(phase="loading"),
        PhaseChanged(phase="restoring") if first_step else PhaseChanged(phase="tokenizing", fraction=0.4),
        started(plan, steps=steps, first_step=first_step),
    ]
    third = steps // 3
    looks = {third: (0.9, 0.7, True), 2 * third: (0.4, 0.9, True), 3 * third: (0.5, 0.88, False)}
    for number in range(first_step + 1, steps + 1):
        events.append(step(number, steps=steps))
        if number in looks:
            loss, right, best = looks[number]
            events.append(PhaseChanged(phase="evaluating", fraction=0.5))
            events.append(evaluated(number, loss, right=right, best=best, steps=steps))
            if best:
                events += [PhaseChanged(phase="saving"), ModelSaved(step=number, folder="model")]
            events.append(PhaseChanged(phase="training"))
    return [*events, finished(steps=steps, best_step=2 * third)]


class FakeRun:
    """A run that plays `events`, `pause` seconds before each, and ends after the step when it is asked to."""

    def __init__(self, events: Sequence[Event], folder: Path, *, pause: float = 0.0, run_id: str = "run-1") -> None:
        self.id, self.name, self.folder, self.plan = run_id, "customer_messages-1", folder, fake_plan()
        self._events, self._pause = list(events), pause
        self.stopped = self.paused = False
        self.made: list[Event] = []

    def events(self) -> Iterator[Event]:
        for event in self._play():
            self.made.append(event)
            yield event

    def _play(self) -> Iterator[Event]:
        last, best = 0, 0
        for event in self._events:
            over = self.stopped or self.paused
            if over and not isinstance(event, RunFinished):
                continue
            if over and isinstance(event, RunFinished) and event.outcome != "failed":
                outcome = "stopped" if self.stopped else "paused"
                yield RunFinished(outcome=outcome, steps=last, seconds=1.0, best_step=best)
                return
            time.sleep(self._pause)
            last = event.step if isinstance(event, StepDone) else last
            best = event.step if isinstance(event, ModelSaved) else best
            yield event

    def pause(self) -> None:
        self.paused = True

    def stop(self) -> None:
        self.stopped = True


class FakePredictor:
    """Answers with more probability for "billing" the more often "money" is written. `slow` seconds for each."""

    def __init__(self, *, fields: Mapping[str, Field] | None = None, labels: Sequence[str] = LABELS, slow: float = 0.0):
        self.run, self.task, self.plan = "run-1", "text-classification", fake_plan()
        self.fields = dict(fields or {"text": TEXT})
        self.labels = tuple(labels)
        self.slow = slow
        self.longest = 128
        self.asked: list[dict[str, str]] = []
        self.answer: Callable[[Mapping[str, str]], Prediction] = self._scores

    def predict(self, questions: Sequence[Mapping[str, str]]) -> list[Prediction]:
        self.asked += [dict(question) for question in questions]
        time.sleep(self.slow)
        return [self.answer(question) for question in questions]

    def truncated(self, question: Mapping[str, str]) -> int:
        words = sum(len(text.split()) for text in question.values())
        return self.longest if words > self.longest else 0

    def _scores(self, question: Mapping[str, str]) -> Scores:
        money = question["text"].count("money")
        logits = [float(2 * money if label == "billing" else 0.01 * n) for n, label in enumerate(self.labels)]
        total = sum(map(math.exp, logits))
        return Scores(
            labels=self.labels,
            logits=tuple(logits),
            probabilities=tuple(math.exp(logit) / total for logit in logits),
        )


def record(number: int, **changes: object) -> SimpleNamespace:
    """One line of the history."""
    values: dict[str, object] = {
        "id": f"run-{number}",
        "name": f"reviews-{number}",
        "folder": f"/runs/run-{number}",
        "task": "text-classification",
        "model": "all-MiniLM-L6-v2",
        "state": "completed",
        "started": 1_700_000_000.0 + 3600 * number,
        "seconds": 60.0 + number,
        "steps": 100 * number,
        "total_steps": 300,
        "best_step": 50 * number,
        "headline": "macro_f1",
        "higher_is_better": True,
        "score": 0.5 + number / 100,
        "message": "",
        "deleted": False,
    }
    return SimpleNamespace(**(values | changes))


def resumable(one: SimpleNamespace, **changes: object) -> SimpleNamespace:
    """Where the run `one` goes on: after its last step, on data that are as they were."""
    values: dict[str, object] = {"step": one.steps, "total_steps": one.total_steps, "changed_data": ""}
    values["left"] = one.steps < one.total_steps
    return SimpleNamespace(**(values | changes))


def curves(events: Sequence[Event]) -> SimpleNamespace:
    """The curves of a run that consisted of `events`."""
    steps = [event for event in events if isinstance(event, StepDone)]
    looks = [event for event in events if isinstance(event, Evaluated) and event.part == "validation"]
    return SimpleNamespace(
        steps=[event.step for event in steps],
        epochs=[event.epoch for event in steps],
        losses=[event.loss for event in steps],
        learning_rates=[event.learning_rate for event in steps],
        grad_norms=[event.grad_norm for event in steps],
        validation=[
            SimpleNamespace(step=e.step, epoch=e.epoch, loss=e.loss, metrics=e.measures.metrics) for e in looks
        ],
        baseline=looks[-1].measures.baseline if looks else {},
        best_step=max((event.step for event in looks if event.best), default=0),
    )


class FakeStudio:
    """A studio whose runs are given; nothing touches the disk."""

    def __init__(self, records: Sequence[SimpleNamespace] = (), *, predictor: FakePredictor | None = None) -> None:
        self.records = {one.id: one for one in records}
        self.plans: dict[str, TrainingPlan] = {}
        self.played: dict[str, list[Event]] = {}
        self.answerer = predictor or FakePredictor()
        self.resumed: list[tuple[str, dict[str, object]]] = []
        self.resumables: dict[str, SimpleNamespace | None] = {}
        self.refusal: Exception | None = None  # what the next resume says

    def tasks(self) -> Mapping[str, object]:
        info = SimpleNamespace(id="text-classification", title="Text classification", fields={"text": TEXT})
        return {"text-classification": info}

    def losses(self) -> Mapping[str, object]:
        return {"cross-entropy": SimpleNamespace(title="Cross-entropy")}

    def optimizers(self) -> Mapping[str, object]:
        return {"adamw": SimpleNamespace(title="AdamW"), "sgd": SimpleNamespace(title="SGD")}

    def schedules(self) -> Mapping[str, object]:
        return {"linear": SimpleNamespace(title="Linear")}

    def plan_options(self, plan: TrainingPlan) -> tuple[object, ...]:
        return (SimpleNamespace(key="plan", title="Training", options=PLAN_OPTIONS),)

    def samples(self) -> tuple[object, ...]:
        path, questions = "/data/customer_messages.csv", ("Where is my money?", "The parcel & the box are late.")
        return (SimpleNamespace(path=path, try_out=questions),)

    def runs(self, *, deleted: bool = False) -> list[SimpleNamespace]:
        return [one for one in reversed(self.records.values()) if one.deleted == deleted]

    def run(self, run_id: str) -> SimpleNamespace:
        return self.records[run_id]

    def plan_of(self, run_id: str) -> TrainingPlan:
        return self.plans.get(run_id, fake_plan())

    def curves(self, run_id: str) -> SimpleNamespace:
        return curves(self.played.get(run_id, whole_run()))

    def evaluations(self, run_id: str) -> Mapping[str, Evaluated]:
        looks = [event for event in self.played.get(run_id, whole_run()) if isinstance(event, Evaluated)]
        return {event.part: event for event in looks if event.best}

    def rename(self, run_id: str, name: str) -> None:
        if any(one.name == name for one in self.records.values() if one.id != run_id):
            raise WorkbenchError(
                Problem(
                    code="S12", where="Name", what=f"Another run is called “{name}”.", remedy="Choose another name."
                )
            )
        self.records[run_id].name = name

    def delete(self, run_id: str) -> None:
        self.records[run_id].deleted = True

    def restore(self, run_id: str) -> None:
        self.records[run_id].deleted = False

    def interrupted(self) -> list[SimpleNamespace]:
        return [one for one in self.runs() if one.state == "interrupted"]

    def resumable(self, run_id: str) -> SimpleNamespace | None:
        return self.resumables.get(run_id, resumable(self.records[run_id]))

    def resume(self, run_id: str, changes: Mapping[str, object] | None = None) -> FakeRun:
        if self.refusal is not None:
            raise self.refusal
        self.resumed.append((run_id, dict(changes or {})))
        at = self.resumable(run_id)
        steps = at.total_steps if not changes else 2 * at.total_steps
        run = FakeRun(whole_run(steps=steps, first_step=at.step), Path("/runs") / run_id, pause=0.01, run_id=run_id)
        run.name = self.records[run_id].name
        return run

    def keep(self, run_id: str) -> None:
        self.records[run_id].state = "stopped"

    def predictor(self, run_id: str) -> FakePredictor:
        if self.records and self.records[run_id].best_step == 0:
            raise WorkbenchError(
                Problem(code="I02", where=run_id, what="This run kept no model.", remedy="Choose another run.")
            )
        return self.answerer

    def differences(self, plans: Sequence[TrainingPlan | None]) -> list[Difference]:
        return differing(plans)

    def interval(self, measures: Measures, metric: str, rows: int) -> tuple[float, float] | None:
        return interval(measures, metric, rows)

    def coach(self) -> Coach:
        return Coach()

    def events(self, run_id: str) -> list[Event]:
        return [event for event in self.played.get(run_id, whole_run()) if not isinstance(event, StepDone)]


def fake_choice(name: str, **options: float) -> Choice:
    """An entry of a family with its knobs."""
    return Choice(name=name, options=dict(options))
