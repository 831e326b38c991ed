"""Taken up from every step there is, a run ends as if it had never been broken off: losses, rates, measures, weights.

One whole run keeps a checkpoint of each of its steps; from each of them another run goes on to the end.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.engine.places import PlainCheckpoints, place_at
from tests.engine.test_resume import same, story, weights
from tests.engine.tiny_families import tiny_learner
from workbench.core.events import CheckpointSaved, Event, ModelSaved, RunFinished, StepDone
from workbench.core.fields import Example
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.engine import keeper
from workbench.engine.control import Control
from workbench.engine.task import Batch, Item, Learner, LossFunction, ModelSource, Output, Task
from workbench.engine.train import train
from workbench.tasks import task_of
from workbench.tasks.text_classification import TextClassification

STEPS = 60
WORDS = ("good", "bad", "fine", "awful", "great", "poor", "nice", "dull", "late", "broken", "parcel", "service")


class BagOfWords(torch.nn.Module):
    """Mean of embeddings, dropout, two linear layers: no transformer, and not of the library's kind.

    `config`, `name_or_path` and `save_pretrained` are all that the engine asks of a net beside what every net has.
    """

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.config = SimpleNamespace(name_or_path="bag", save_pretrained=self._describe)
        self.name_or_path = "bag"
        self.labels = labels
        self.words = torch.nn.Embedding(64, 16)
        self.body = torch.nn.Sequential(
            torch.nn.Dropout(0.2), torch.nn.Linear(16, 16), torch.nn.ReLU(), torch.nn.Linear(16, labels)
        )

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """`input_ids`, `attention_mask` [B, T] -> [B, labels]."""
        mask = attention_mask.unsqueeze(-1).to(self.words.weight.dtype)
        mean = (self.words(input_ids) * mask).sum(1) / mask.sum(1)
        return self.body(mean)

    def _describe(self, folder: Path) -> None:
        (Path(folder) / "config.json").write_text(json.dumps({"labels": self.labels}), encoding="utf-8")

    def save_pretrained(self, folder: Path, state_dict: dict[str, torch.Tensor] | None = None) -> None:
        """Everything into `folder`."""
        self._describe(folder)
        save_file(state_dict or self.state_dict(), Path(folder) / "model.safetensors")


class Words:
    """Words to numbers, of which the engine asks only to be saved."""

    name_or_path = ""

    def __init__(self) -> None:
        self.init_kwargs: dict[str, object] = {}

    def save_pretrained(self, folder: Path) -> None:
        """Nothing to keep."""

    def __call__(self, text: str) -> np.ndarray:
        return np.array([1 + sum(word.encode()) % 63 for word in text.split()], dtype=np.int32)


@dataclass(frozen=True)
class BagClassification(TextClassification):
    """The classifying task over a plain network."""

    def build(self, source: ModelSource, facts: Any, examples: Sequence[Example]) -> Learner:
        net = BagOfWords(len(facts.labels))
        if source.spec.source == "folder" and source.spec.location:
            net.load_state_dict(load_file(Path(source.spec.location) / "model.safetensors"))
        return Learner(net, Words(), facts, source.max_length)

    def encode(self, learner: Learner, examples: Iterable[Example]) -> Iterator[Item]:
        numbers = {label: number for number, label in enumerate(learner.facts.labels)}
        for example in examples:
            yield {
                "input_ids": learner.tokenizer(str(example.values["text"])),
                "target": numbers[str(example.values["label"])],
            }

    def collate(self, learner: Learner, items: Sequence[Item], *, training: bool) -> Batch:
        longest = max(len(item["input_ids"]) for item in items)
        ids = np.zeros((len(items), longest), dtype=np.int64)
        mask = np.zeros((len(items), longest), dtype=np.int64)
        for row, item in enumerate(items):
            ids[row, : len(item["input_ids"])] = item["input_ids"]
            mask[row, : len(item["input_ids"])] = 1
        targets = torch.tensor([int(item["target"]) for item in items])
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask), "target": targets}

    def forward(self, learner: Learner, batch: Batch, loss: LossFunction | None) -> Output:
        logits = learner.net(batch["input_ids"], batch["attention_mask"]).float()
        value = loss(logits, batch["target"]) if loss is not None else None
        return Output(loss=value, weight=float(len(logits)), logits=logits, targets=batch["target"])


class KeptCheckpoints(PlainCheckpoints):
    """Every checkpoint of the whole run is kept in one folder; this goes on from that of `step`, and writes aside."""

    def __init__(self, whole: Path, step: int, aside: Path) -> None:
        super().__init__(aside)
        self.whole, self.step = whole, step

    def newest(self) -> Path:
        return self.whole / f"step-{self.step:010d}"

    def rows(self) -> Path:
        return self.whole / "rows"


FAMILIES = ("bert", "distilbert", "gpt2", "plain network")
VARIANTS: dict[str, dict[str, Any]] = {
    "adamw": {},
    "sgd": {"optimizer": Choice(name="sgd"), "learning_rate": 0.1},
    "accumulation": {"accumulation": 3},
    "early stopping": {"patience": 3, "learning_rate": 5e-3},
}


def data_file(folder: Path, rows: int = 40) -> Path:
    """Texts whose labels are noise, so that what is learned soon gets worse on other rows."""
    dice = np.random.default_rng(5)
    lines = ["text,label"]
    for number in range(rows):
        words = " ".join(WORDS[i] for i in dice.integers(0, len(WORDS), 2 + number % 7))
        lines.append(f"{words},{'yes' if dice.random() < 0.5 else 'no'}")
    path = folder / "data.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def plan_for(folder: Path, family: str, *, rows: int = 40, **changes: Any) -> TrainingPlan:
    """A run of `family` over `rows` rows, of sixty steps at most."""
    model = ModelSpec(source="folder", location=str(folder / "net"))
    if family == "plain network":
        model = ModelSpec(source="folder", location="")
    else:
        learner = tiny_learner(family)
        learner.net.save_pretrained(folder / "net")
        learner.tokenizer.save_pretrained(folder / "net")
    data = str(data_file(folder, rows))
    plan = TrainingPlan(
        dataset=DatasetSpec(path=data, columns={"text": "text", "label": "label"}, test_path=data),
        model=model,
        epochs=1000,
        max_steps=STEPS,
        batch_size=4,
        evaluate_every=5,
        precision="float32",
        learning_rate=3e-3,
        max_length=16,
    )
    return msgspec.structs.replace(plan, **changes)


def task_for(family: str) -> Task:
    return BagClassification() if family == "plain network" else task_of(Choice(name="text-classification"))


def let_writing_end() -> None:
    for thread in threading.enumerate():
        if thread.name == "workbench-checkpoint":
            thread.join()


@dataclass(frozen=True)
class Whole:
    """A run that nothing disturbed, with a checkpoint of every step and a copy of every model that it kept."""

    plan: TrainingPlan
    task: Task
    folder: Path
    events: list[Event]

    @property
    def steps(self) -> int:
        return int(self.events[-1].steps)  # type: ignore[union-attr]

    def state(self, step: int) -> dict[str, Any]:
        return json.loads((self.checkpoint(step) / "state.json").read_bytes())  # type: ignore[no-any-return]

    def checkpoint(self, step: int) -> Path:
        return self.folder / "checkpoints" / f"step-{step:010d}"

    def tail(self, step: int) -> list[tuple[object, ...]]:
        """What happened after the checkpoint of `step`."""
        judged = self.state(step)["judged_step"]
        later = [
            event
            for event in self.events
            if (isinstance(event, StepDone) and event.step > step)
            or (not isinstance(event, StepDone | CheckpointSaved) and getattr(event, "step", 0) > judged)
            or getattr(event, "part", "") == "test"
        ]
        return story(later)


def made_whole(folder: Path, plan: TrainingPlan, task: Task, monkeypatch: pytest.MonkeyPatch) -> Whole:
    """Train `plan` to its end, with a checkpoint after every step."""
    place, events = place_at(folder), []
    with monkeypatch.context() as patch:
        patch.setattr(keeper, "LONGEST", 0.0)
        patch.setattr(keeper, "SHORTEST", 0.0)
        for event in train(plan, task, place, Control()):
            events.append(event)
            if isinstance(event, StepDone):
                let_writing_end()
            elif isinstance(event, ModelSaved):
                shutil.copytree(folder / "model", folder / f"model-{event.step}")
    whole = Whole(plan, task, folder, events)
    assert events[-1].outcome in ("completed", "early_stopped"), events[-1]
    kept = sorted(int(path.name[5:]) for path in (folder / "checkpoints").glob("step-*"))
    assert kept == list(range(1, whole.steps + 1))
    return whole


def resumed(whole: Whole, step: int, folder: Path, *, newest_model: bool) -> tuple[list[Event], Path]:
    """Go on from `step`. The kept model is the one of that time, or one that was kept later, as after a kill."""
    best = whole.state(step)["best_step"]
    if newest_model:
        shutil.copytree(whole.folder / "model", folder / "model")
    elif best:
        shutil.copytree(whole.folder / f"model-{best}", folder / "model")
    place = replace(
        place_at(folder), checkpoints=KeptCheckpoints(whole.folder / "checkpoints", step, folder / "checkpoints")
    )
    return list(train(whole.plan, whole.task, place, Control(), resume=True)), folder


def lines_of(events: list[Event]) -> set[str]:
    """The story as a set: what was told twice counts once, if it was told the same."""
    return set(map(repr, story(events)))


def tensors_of(checkpoint: Path) -> dict[str, torch.Tensor]:
    return {
        f"{path.name} {name}": tensor
        for path in checkpoint.glob("*.safetensors")
        for name, tensor in load_file(path).items()
    }


def check_from(whole: Whole, step: int, folder: Path, *, newest_model: bool = False) -> None:
    """Assert that a run that goes on from `step` ends as `whole` did."""
    events, folder = resumed(whole, step, folder, newest_model=newest_model)
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert (end.outcome, end.steps, end.best_step, end.message) == (
        whole.events[-1].outcome,  # type: ignore[union-attr]
        whole.steps,
        whole.events[-1].best_step,  # type: ignore[union-attr]
        "",
    ), f"from step {step}: {end}"
    assert story(events) == whole.tail(step), f"from step {step}"
    assert same(weights(folder), weights(whole.folder)), f"the model of a run from step {step}"
    last = folder / "checkpoints" / whole.checkpoint(whole.steps).name
    assert same(tensors_of(last), tensors_of(whole.checkpoint(whole.steps))), f"the last checkpoint, from step {step}"
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "every",
    [
        pytest.param(None, id="some steps"),
        pytest.param(1, id="every step", marks=[pytest.mark.slow, pytest.mark.timeout(3600)]),
    ],
)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("family", FAMILIES)
def test_that_a_run_resumed_from_any_step_ends_as_the_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str, variant: str, every: int | None
) -> None:
    number = FAMILIES.index(family) + list(VARIANTS).index(variant)
    for precision in ("float32", "bfloat16") if every else (("float32", "bfloat16")[number % 2],):
        folder = tmp_path / precision
        folder.mkdir()
        plan = plan_for(folder, family, precision=precision, **VARIANTS[variant])
        if not every:
            plan = msgspec.structs.replace(plan, max_steps=STEPS // 2)
        whole = made_whole(folder / "whole", plan, task_for(family), monkeypatch)
        steps = range(1, whole.steps + 1, every) if every else (1 + number, whole.steps - 1 - number % 3, whole.steps)
        for step in steps:
            check_from(whole, step, folder / "again", newest_model=step % 2 == 0)


def test_that_early_stopping_happens_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_for(tmp_path, "plain network", **VARIANTS["early stopping"])
    whole = made_whole(tmp_path / "whole", plan, task_for("plain network"), monkeypatch)
    assert whole.events[-1].outcome == "early_stopped"
    assert 15 < whole.steps < STEPS


def test_that_a_run_resumed_again_and_again_ends_as_the_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each resume begins at the step where the one before it was broken off by closing its stream, as a kill does."""
    plan = plan_for(tmp_path, "distilbert", accumulation=3, max_steps=30)
    task = task_for("distilbert")
    whole = made_whole(tmp_path / "whole", plan, task, monkeypatch)
    monkeypatch.setattr(keeper, "LONGEST", 0.0)
    monkeypatch.setattr(keeper, "SHORTEST", 0.0)
    told: list[Event] = []
    for attempt in range(40):
        stream = train(plan, task, place_at(tmp_path / "run"), Control(), resume=attempt > 0)
        for event in stream:
            told.append(event)
            if isinstance(event, StepDone):
                let_writing_end()
                if event.step % 3 == attempt % 3 and attempt < 39 and event.step > 1:
                    break
        else:
            break
        stream.close()
    end = told[-1]
    assert isinstance(end, RunFinished)
    assert end.outcome == "completed"
    # What was told twice was told the same, and nothing is missing.
    assert lines_of(told) == lines_of(whole.events)
    assert same(weights(tmp_path / "run"), weights(tmp_path / "whole"))


def test_that_a_break_inside_an_accumulation_or_an_evaluation_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run is broken off within each of its forward passes, learning or measuring, and goes on every time."""
    plan = plan_for(tmp_path, "plain network", accumulation=3, max_steps=10, precision="bfloat16")
    task = task_for("plain network")
    whole = made_whole(tmp_path / "whole", plan, task, monkeypatch)
    monkeypatch.setattr(keeper, "LONGEST", 0.0)
    monkeypatch.setattr(keeper, "SHORTEST", 0.0)
    passes = 0

    class BrokenError(BaseException):
        pass

    class Broken(BagClassification):
        left = 0

        def forward(self, learner: Learner, batch: Batch, loss: LossFunction | None) -> Output:
            nonlocal passes
            passes += 1
            if passes == type(self).left:
                raise BrokenError
            return super().forward(learner, batch, loss)

    breaks = 0
    for number in range(2, 200, 3):
        passes, Broken.left = 0, number
        folder = tmp_path / str(number)
        events = _told_with_waits(plan, Broken(), folder, resume=False)
        if events[-1].outcome != "failed":
            break
        breaks += 1
        Broken.left = 0
        if (folder / "checkpoints").exists() and list((folder / "checkpoints").glob("step-*")):
            events += _told_with_waits(plan, Broken(), folder, resume=True)
            assert events[-1].outcome == "completed"
            assert lines_of(events) == lines_of(whole.events)
            assert same(weights(folder), weights(tmp_path / "whole"))
        shutil.rmtree(folder)
    assert breaks > 10


def _told_with_waits(plan: TrainingPlan, task: Task, folder: Path, *, resume: bool) -> list[Event]:
    events = []
    for event in train(plan, task, place_at(folder), Control(), resume=resume):
        events.append(event)
        if isinstance(event, StepDone):
            let_writing_end()
    return events


def test_that_a_run_broken_off_at_its_very_end_still_ends_as_it_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last checkpoint is there, and the process died before the test rows were looked at."""
    for variant in ("adamw", "early stopping"):
        folder = tmp_path / variant
        folder.mkdir()
        plan = plan_for(folder, "plain network", **VARIANTS[variant])
        whole = made_whole(folder / "whole", plan, task_for("plain network"), monkeypatch)
        check_from(whole, whole.steps, folder / "again", newest_model=True)
