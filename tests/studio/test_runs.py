"""Through the door: a file becomes a run, the run a model, the model answers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.events import Evaluated, Event, Notice, PhaseChanged, RunFinished, StepDone
from workbench.core.plan import ModelSpec, TrainingPlan
from workbench.studio import Run, Studio

TENTH_STEP = 12  # the tenth step, after the two evaluations' single validation batches
TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 32, "heads": 2, "vocabulary": 400})


@dataclass(frozen=True)
class Trained:
    """A finished run that several tests look at and none changes."""

    studio: Studio
    run: Run
    events: list[Event]


def tiny_plan(studio: Studio, folder: Path) -> TrainingPlan:
    """60 rows of the sample and a tiny model: a run of about a second."""
    lines = Path(studio.samples()[0].path).read_text(encoding="utf-8").splitlines(keepends=True)
    data = folder / "my messages.csv"
    data.write_text("".join(lines[:61]), encoding="utf-8")
    return msgspec.structs.replace(studio.draft(data, model=TINY), epochs=2, batch_size=8, learning_rate=1e-3)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    studio = Studio(folder / "work space 工作", settings_path=folder / "settings.json")
    run = studio.start(tiny_plan(studio, folder))
    return Trained(studio, run, list(run.events()))


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "work space 工作", settings_path=tmp_path / "settings.json")


@pytest.fixture
def plan(studio: Studio, tmp_path: Path) -> TrainingPlan:
    return tiny_plan(studio, tmp_path)


def test_that_a_dropped_file_is_ready_to_train(studio: Studio, plan: TrainingPlan) -> None:
    assert plan.task.name == "text-classification"
    assert plan.dataset.columns == {"text": "message", "label": "topic"}
    assert studio.problems(plan) == []


def test_that_a_run_leaves_a_folder_that_explains_itself(trained: Trained) -> None:
    studio, run, events = trained.studio, trained.run, trained.events
    assert isinstance(events[-1], RunFinished)
    assert events[-1].outcome == "completed", events[-1]
    names = {path.name for path in run.folder.iterdir()}
    assert {"plan.json", "facts.json", "run.json", "events.jsonl", "README.txt", "model"} <= names
    assert json.loads((run.folder / "facts.json").read_text("utf-8"))["labels"]
    record = studio.run(run.name)
    assert (record.state, record.steps, record.best_step) == ("completed", events[-1].steps, events[-1].best_step)
    assert studio.plan_of(run.name) == run.plan


def test_that_the_history_keeps_every_loss_of_the_stream(trained: Trained) -> None:
    studio, run, events = trained.studio, trained.run, trained.events
    curves = studio.curves(run.id)
    assert curves.losses == [event.loss for event in events if isinstance(event, StepDone)]
    best = [event for event in events if isinstance(event, Evaluated) and event.best][-1]
    assert studio.evaluations(run.id)["validation"] == best


def test_that_the_kept_model_answers_with_logits_and_probabilities(trained: Trained) -> None:
    studio, run = trained.studio, trained.run
    predictor = studio.predictor(run.name)
    one, two = predictor.predict([{"text": "I was charged twice"}, {"text": "the parcel is late"}])
    assert predictor.labels == one.labels
    assert sum(one.probabilities) == pytest.approx(1, abs=1e-9)
    assert one != two
    assert predictor.predict([{"text": "the parcel is late"}])[0].logits == pytest.approx(two.logits, abs=1e-5)


def test_that_an_empty_question_is_told_in_words(trained: Trained) -> None:
    studio, run = trained.studio, trained.run
    with pytest.raises(WorkbenchError, match="nothing to read"):
        studio.predictor(run.name).predict([{"text": "  "}])


def test_that_the_saved_folder_opens_without_the_workbench(trained: Trained) -> None:
    studio, run = trained.studio, trained.run
    texts = ["I was charged twice for one order", "late", "The app does not start any more since Tuesday."]
    ours = [answer.logits for answer in studio.predictor(run.name).predict([{"text": text} for text in texts])]
    program = """
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline
folder, texts = sys.argv[1], json.loads(sys.argv[2])
model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
tokenizer = AutoTokenizer.from_pretrained(folder)
with torch.no_grad():
    alone = [model(**tokenizer(text, return_tensors="pt")).logits[0].tolist() for text in texts]
answers = pipeline("text-classification", folder)(texts, top_k=None, function_to_apply="none")
names = model.config.id2label.values()
piped = [[next(a["score"] for a in row if a["label"] == name) for name in names] for row in answers]
assert not any(name.startswith("workbench") for name in sys.modules)
print(json.dumps([alone, piped]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(run.folder / "model"), json.dumps(texts)],
        capture_output=True,
        text=True,
        check=True,
        cwd=run.folder,
    )
    for theirs in json.loads(done.stdout.splitlines()[-1]):
        for mine, other in zip(ours, theirs, strict=True):
            assert mine == pytest.approx(other, abs=1e-5)


def test_that_stopping_keeps_what_was_learned(studio: Studio, plan: TrainingPlan) -> None:
    run = studio.start(msgspec.structs.replace(plan, epochs=500))
    events = []
    for event in run.events():
        events.append(event)
        if isinstance(event, StepDone) and event.step == 3:
            run.stop()
    assert events[-1].outcome == "stopped"
    assert events[-1].steps == 3
    assert studio.run(run.id).state == "stopped"
    assert studio.predictor(run.id).predict([{"text": "the parcel is late"}])[0].label


def test_that_stopping_before_the_first_step_ends_in_order(studio: Studio, plan: TrainingPlan) -> None:
    run = studio.start(plan)
    run.stop()
    events = list(run.events())
    assert events[-1].outcome == "stopped"
    assert events[-1].best_step == 0
    with pytest.raises(WorkbenchError, match="kept no model"):
        studio.predictor(run.id)


def test_that_an_infinite_loss_ends_the_run_and_the_last_good_model_stays(
    studio: Studio, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import load_file

    from workbench.engine.losses import LOSSES

    entry, calls = LOSSES["cross-entropy"], []

    def infinite_at_the_tenth_step(logits, targets, **options):
        calls.append(len(targets))
        loss = entry.function(logits, targets, **options)
        return loss * float("inf") if len(calls) == TENTH_STEP else loss

    monkeypatch.setitem(LOSSES.entries, "cross-entropy", replace(entry, function=infinite_at_the_tenth_step))
    run = studio.start(msgspec.structs.replace(plan, epochs=20, evaluate_every=4))
    events = list(run.events())
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert (end.outcome, end.mendable) == ("failed", True)
    assert "lower learning rate, for example 0.0001" in end.message
    assert end.best_step in (4, 8)
    weights = load_file(run.folder / "model" / "model.safetensors")
    assert all(tensor.isfinite().all() for tensor in weights.values())
    assert studio.run(run.id).state == "failed"


def test_that_early_stopping_waits_for_its_patience(studio: Studio, plan: TrainingPlan) -> None:
    still = msgspec.structs.replace(plan, learning_rate=1e-8, epochs=50, patience=2)
    events = list(studio.start(still).events())
    assert events[-1].outcome == "early_stopped"
    evaluations = [event for event in events if isinstance(event, Evaluated)]
    assert not any(event.best for event in evaluations[-2:])
    assert len(evaluations) < 50


def test_that_accumulated_batches_learn_as_whole_ones_do(studio: Studio, plan: TrainingPlan) -> None:
    """Without dropout and with batches of rows of equal length, 2 x 4 rows give the gradient of 8 rows."""
    import torch

    from workbench.engine.quick import Learning
    from workbench.engine.task import Output
    from workbench.engine.update import Updater

    def path(parts: int) -> tuple[float, list[float]]:
        torch.manual_seed(0)
        net, x, y = torch.nn.Linear(3, 1), torch.randn(8, 3), torch.randn(8)
        update = Updater(plan, Learning(net, "float32"), 5)
        for _ in range(5):
            outputs = []
            for rows in torch.arange(8).split([8] if parts == 1 else [5, 3]):
                out = net(x[rows]).squeeze(-1)
                outputs.append(Output(((out - y[rows]) ** 2).mean(), len(rows), out, y[rows]))
            stepped = update(outputs)
        return stepped.loss, net.weight.flatten().tolist()

    (loss, weights), (parts_loss, parts_weights) = path(1), path(2)
    assert loss == pytest.approx(parts_loss, rel=1e-5)
    assert weights == pytest.approx(parts_weights, rel=1e-5)


def test_that_a_consumer_who_leaves_early_leaves_a_stopped_run(studio: Studio, plan: TrainingPlan) -> None:
    run = studio.start(plan)
    stream = run.events()
    list(islice(stream, 8))
    stream.close()
    assert studio.run(run.id).state == "stopped"


def test_that_the_users_file_is_only_read(studio: Studio, plan: TrainingPlan) -> None:
    data = Path(plan.dataset.path)
    before = data.read_bytes(), data.stat().st_mtime_ns
    list(studio.start(plan).events())
    studio.profile(plan)
    assert (data.read_bytes(), data.stat().st_mtime_ns) == before


def test_that_a_run_may_be_read_in_another_thread(studio: Studio, plan: TrainingPlan) -> None:
    run, events = studio.start(plan), []
    thread = threading.Thread(target=lambda: events.extend(run.events()))
    thread.start()
    thread.join()
    assert events[-1].outcome == "completed"


def test_that_deleting_can_be_undone(studio: Studio, plan: TrainingPlan) -> None:
    run = studio.start(plan)
    list(run.events())
    studio.delete(run.id)
    assert studio.runs() == []
    studio.restore(run.id)
    assert [record.id for record in studio.runs()] == [run.id]
    assert studio.predictor(run.id).labels


class StopAt:
    """Reads a run's events and stops it at the first one that `chosen` picks."""

    def __init__(self, run: Run, chosen: Callable[[Event], bool]) -> None:
        self.events: list[Event] = []
        for event in run.events():
            self.events.append(event)
            if not run.stopping and chosen(event):
                run.stop()


def test_that_a_stop_during_the_last_evaluation_is_a_stop(studio: Studio, plan: TrainingPlan) -> None:
    run = studio.start(msgspec.structs.replace(plan, epochs=1))
    events = StopAt(run, lambda event: isinstance(event, PhaseChanged) and event.phase == "evaluating").events
    assert events[-1].outcome == "stopped"
    assert events[-1].best_step == events[-1].steps > 0
    assert not any(isinstance(event, Evaluated) for event in events)


@pytest.mark.parametrize("phase", ["reading", "loading"])
def test_that_a_stop_before_the_first_step_is_heard_in_every_phase(
    studio: Studio, plan: TrainingPlan, phase: str
) -> None:
    run = studio.start(plan)
    events = StopAt(run, lambda event: isinstance(event, PhaseChanged) and event.phase == phase).events
    assert events[-1].outcome == "stopped"
    assert events[-1].steps == 0


def test_that_a_run_after_one_that_was_stopped_while_loading_is_not_changed_by_it(
    studio: Studio, plan: TrainingPlan, trained: Trained
) -> None:
    for _ in range(3):
        StopAt(studio.start(plan), lambda event: isinstance(event, PhaseChanged) and event.phase == "loading")
    losses = [event.loss for event in studio.start(plan).events() if isinstance(event, StepDone)]
    assert losses == [event.loss for event in trained.events if isinstance(event, StepDone)]


def test_that_a_model_that_broke_down_within_a_step_is_never_kept(
    studio: Studio, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.engine.update import Updater

    step = Updater.__call__

    def overflows(self, outputs):
        stepped = step(self, outputs)
        for parameter in self._parameters:
            parameter.data.fill_(float("nan"))
        return stepped

    monkeypatch.setattr(Updater, "__call__", overflows)
    for changes in ({"max_steps": 1}, {"evaluate_every": 50}):
        run = studio.start(msgspec.structs.replace(plan, **changes))
        end = list(run.events())[-1]
        assert (end.outcome, end.mendable, end.best_step) == ("failed", True, 0)
        assert not (run.folder / "model").exists()


@pytest.mark.parametrize(("error", "words"), [(MemoryError(), "not enough memory"), (ValueError("x"), "ValueError: x")])
def test_that_too_little_memory_is_mendable_and_a_bug_is_not(
    studio: Studio, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    from workbench.engine.update import Updater

    def breaks(self, outputs):
        raise error

    monkeypatch.setattr(Updater, "__call__", breaks)
    end = list(studio.start(plan).events())[-1]
    assert words in end.message
    assert end.mendable is isinstance(error, MemoryError)


def test_that_a_full_disk_while_saving_is_told_in_words(
    studio: Studio, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    import safetensors
    import transformers

    def full(self, folder, **options):
        raise safetensors.SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(transformers.PreTrainedModel, "save_pretrained", full)
    run = studio.start(plan)
    events = []
    for event in run.events():
        events.append(event)
        if isinstance(event, PhaseChanged) and event.phase == "waiting":
            run.stop()
    end = events[-1]
    assert (end.outcome, end.mendable) == ("failed", True)
    assert [event.code for event in events if isinstance(event, Notice)] == ["T13"]
    assert "full" in end.message
    assert not (run.folder / "model").exists()


def test_that_a_text_longer_than_the_model_reads_is_known(trained: Trained) -> None:
    predictor = trained.studio.predictor(trained.run.name)
    assert predictor.truncated({"text": "the parcel is late"}) == 0
    assert predictor.truncated({"text": "the parcel is late " * 500}) == trained.run.plan.max_length


def test_that_of_equally_good_models_the_surer_one_is_kept(studio: Studio, plan: TrainingPlan) -> None:
    """One word gives the class away: macro-F1 is 1 soon, and the loss goes on falling."""
    rows = "".join(f"a good day number {n},a\na bad night number {n},b\n" for n in range(40))
    Path(plan.dataset.path).write_text("message,topic\n" + rows, encoding="utf-8")
    run = studio.start(msgspec.structs.replace(plan, epochs=12, learning_rate=3e-3))
    looks = [event for event in run.events() if isinstance(event, Evaluated)]
    perfect = [look for look in looks if look.measures.metrics["macro_f1"] == 1]
    assert len(perfect) > 2
    assert studio.run(run.id).best_step == min(perfect, key=lambda look: look.loss).step
