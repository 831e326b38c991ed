"""Numbers that blow up and memory that runs out: the run ends in order or goes on, and what is kept is unharmed."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
import transformers
from safetensors.torch import load_file

from tests.engine.places import place_at
from tests.engine.test_exactness import WORDS, BagClassification, Words, let_writing_end, plan_for
from tests.engine.test_resume import story, weights
from workbench.core.events import Evaluated, Event, Notice, RunFinished, StepDone
from workbench.core.plan import Choice, TrainingPlan
from workbench.engine import keeper
from workbench.engine.control import Control
from workbench.engine.losses import LOSSES
from workbench.engine.task import Batch, Learner, LossFunction, Output, Task
from workbench.engine.train import train
from workbench.engine.update import Updater
from workbench.tasks import task_of
from workbench.tasks.text_classification import TextClassification

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def checkpoint_of_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "LONGEST", 0.0)
    monkeypatch.setattr(keeper, "SHORTEST", 0.0)


def told(plan: TrainingPlan, task: Task, folder: Path, *, resume: bool = False) -> list[Event]:
    events = []
    for event in train(plan, task, place_at(folder), Control(), resume=resume):
        events.append(event)
        if isinstance(event, StepDone):
            let_writing_end()
    return events


def end_of(events: list[Event]) -> RunFinished:
    end = events[-1]
    assert isinstance(end, RunFinished)
    return end


def codes(events: list[Event]) -> list[str]:
    return [event.code for event in events if isinstance(event, Notice)]


def strange_numbers(folder: Path) -> list[str]:
    """Every tensor of every saved file that is not finite."""
    return [
        f"{path.relative_to(folder)} {name}"
        for path in folder.rglob("*.safetensors")
        for name, tensor in load_file(path).items()
        if tensor.is_floating_point() and not tensor.isfinite().all()
    ]


# Numbers that blow up.


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "sgd-momentum"])
def test_that_a_rate_of_a_million_ends_the_run_and_leaves_only_finite_files(
    tmp_path: Path, optimizer: str, precision: str
) -> None:
    plan = plan_for(
        tmp_path,
        "bert",
        learning_rate=1e6 if optimizer == "adamw" else 1e30,
        optimizer=Choice(name=optimizer),
        precision=precision,
        schedule=Choice(name="constant"),
        evaluate_every=1,
        clip_norm=0.0,
    )
    events = told(plan, task_of(plan.task), tmp_path / "run")
    end = end_of(events)
    assert (end.outcome, end.mendable) == ("failed", True), end
    assert end.proposal == {"learning_rate": pytest.approx(plan.learning_rate / 10)}
    assert f"{plan.learning_rate / 10:g}" in end.message
    strange = [
        event
        for event in events
        if isinstance(event, StepDone) and not all(map(_finite, (event.loss, event.grad_norm)))
    ]
    assert len(strange) <= 1
    assert strange == [] or strange[0].step == end.steps
    assert strange_numbers(tmp_path / "run") == []


def _finite(number: float) -> bool:
    return abs(number) < float("inf")


INFINITE_AT = 17


def infinite_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    _harm_loss(monkeypatch, lambda loss: loss * float("inf"))


def infinite_loss_with_finite_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    _harm_loss(monkeypatch, lambda loss: loss + float("inf"))


def strange_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    def harmed(loss: torch.Tensor) -> torch.Tensor:
        if loss.requires_grad:
            loss.register_hook(lambda gradient: gradient * float("nan"))
        return loss

    _harm_loss(monkeypatch, harmed)


def _harm_loss(monkeypatch: pytest.MonkeyPatch, harm: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """The loss of the step `INFINITE_AT` is harmed."""
    entry = LOSSES["cross-entropy"]
    seen = [0]

    def loss(outputs: torch.Tensor, targets: torch.Tensor, **more: Any) -> torch.Tensor:
        value: torch.Tensor = entry.function(outputs, targets, **more)
        seen[0] += value.requires_grad
        return harm(value) if value.requires_grad and seen[0] == INFINITE_AT else value

    monkeypatch.setitem(LOSSES.entries, "cross-entropy", replace(entry, function=loss))


@pytest.mark.parametrize("harm", [infinite_loss, infinite_loss_with_finite_gradient, strange_gradient])
def test_that_one_infinite_step_ends_the_run_and_a_lower_rate_goes_on_from_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plan, task = plan_for(tmp_path, "plain network", max_steps=30), BagClassification()
    with monkeypatch.context() as patch:
        harm(patch)
        events = told(plan, task, tmp_path / "run")
    end = end_of(events)
    assert (end.outcome, end.steps, end.best_step > 0) == ("failed", INFINITE_AT, True)
    assert "lower learning rate" in end.message
    assert strange_numbers(tmp_path / "run") == []
    rate = end.proposal["learning_rate"]
    assert rate == pytest.approx(plan.learning_rate / 10)
    lower = msgspec.structs.replace(plan, learning_rate=float(rate))
    again = told(lower, task, tmp_path / "run", resume=True)
    steps = [event for event in again if isinstance(event, StepDone)]
    assert end_of(again).outcome == "completed"
    assert steps[0].step == INFINITE_AT
    assert steps[0].learning_rate < plan.learning_rate / 10


def test_that_an_infinite_validation_ends_the_run_and_keeps_the_model_before(tmp_path: Path) -> None:
    class Infinite(BagClassification):
        def forward(self, learner: Learner, batch: Batch, loss: LossFunction | None) -> Output:
            output = super().forward(learner, batch, loss)
            blown_up = not learner.net.training and bool((learner.net.words.weight.detach() != before).any())
            return replace(output, logits=output.logits * float("inf")) if blown_up and steps[0] >= 10 else output

    plan = plan_for(tmp_path, "plain network", max_steps=30)
    before, steps = torch.zeros(64, 16), [0]
    events: list[Event] = []
    for event in train(plan, Infinite(), place_at(tmp_path / "run"), Control()):
        events.append(event)
        if isinstance(event, StepDone):
            steps[0] = event.step
            let_writing_end()
    end = end_of(events)
    assert (end.outcome, end.steps, end.best_step) == ("failed", 10, 5)
    assert not any(isinstance(event, Evaluated) and event.step == 10 for event in events)
    assert strange_numbers(tmp_path / "run") == []


@pytest.mark.parametrize("evaluate_every", [5, 1000])
def test_that_weights_that_no_validation_row_touches_are_never_kept_when_they_are_infinite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evaluate_every: int
) -> None:
    plan = plan_for(tmp_path, "plain network", max_steps=10, evaluate_every=evaluate_every)
    call = Updater.__call__
    (unread, *_) = set(range(1, 64)) - {int(Words()(word)[0]) for word in WORDS}

    def harmed(self: Updater, outputs: Iterator[Output]) -> Any:
        stepped = call(self, outputs)
        table = max(self._parameters, key=lambda weight: weight.numel())
        if self._step == (5 if evaluate_every == 5 else 10):
            with torch.no_grad():
                table[unread, 0] = float("inf")
            self._learning.publish()
        return stepped

    monkeypatch.setattr(Updater, "__call__", harmed)
    events = told(plan, BagClassification(), tmp_path / "run")
    assert end_of(events).outcome == "failed"
    assert strange_numbers(tmp_path / "run") == []


# Memory that runs out.


class _Greedy(torch.autograd.Function):
    """Passes values through; its backward runs out of memory for more than `most` rows."""

    @staticmethod
    def forward(context: Any, values: torch.Tensor, most: int, error: BaseException) -> torch.Tensor:
        context.most, context.error = most, error
        return values.clone()

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> Any:
        if len(gradients[0]) > context.most:
            raise context.error
        return gradients[0], None, None


ERRORS: dict[str, Callable[[], BaseException]] = {
    "card": lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    "processor": lambda: RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    "Python": MemoryError,
}


@dataclass(frozen=True)
class Hungry(BagClassification):
    """From its forward pass number `after` on, more than `most` rows do not fit, in one part of the work."""

    most: int = 10**9
    place: str = "forward"
    error: str = "card"
    after: int = 0

    def build(self, *arguments: Any) -> Learner:
        learner = super().build(*arguments)
        learner.net.body[0].p = 0.0  # smaller pieces would draw other numbers
        learner.net.passes = 0
        return learner

    def forward(self, learner: Learner, batch: Batch, loss: LossFunction | None) -> Output:
        learner.net.passes += 1
        harmed = learner.net.passes > self.after
        training = learner.net.training
        output = super().forward(learner, batch, None)
        logits, most = output.logits, self.most if harmed else 10**9
        if len(logits) > most and self.place == ("forward" if training else "evaluation"):
            raise ERRORS[self.error]()
        if self.place == "backward" and training:
            logits = _Greedy.apply(logits, most, ERRORS[self.error]())
        value = loss(logits, batch["target"]) if loss is not None else None
        return replace(output, logits=logits, loss=value)


def close(one: list[Event], other: list[Event]) -> bool:
    """Whether every number of two stories is the same within 1e-5."""
    pairs = list(zip(story(one), story(other), strict=True))
    numbers = [(a, b) for mine, theirs in pairs for a, b in zip(mine, theirs, strict=True) if isinstance(a, float)]
    return len(numbers) > 50 and all(abs(a - b) <= 1e-5 * max(1, abs(b)) for a, b in numbers)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("place", ["forward", "backward", "evaluation"])
def test_that_smaller_pieces_learn_the_same(tmp_path: Path, place: str, error: str) -> None:
    plan = plan_for(tmp_path, "plain network", max_steps=20, batch_size=8, accumulation=2, clip_norm=0.0)
    whole = told(plan, Hungry(), tmp_path / "whole")
    events = told(plan, Hungry(most=1, place=place, error=error, after=11), tmp_path / "run")
    assert end_of(events).outcome == "completed", end_of(events)
    # From 8 rows, or 32 where nothing is learned, down to one.
    assert codes(events) == ["T05"] * (5 if place == "evaluation" else 3)
    assert [event.rows for event in events if isinstance(event, StepDone)] == [
        event.rows for event in whole if isinstance(event, StepDone)
    ]
    assert close(events, whole)
    mine, theirs = weights(tmp_path / "run"), weights(tmp_path / "whole")
    assert all(torch.allclose(mine[name], theirs[name], atol=1e-5) for name in theirs)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_that_memory_that_runs_out_while_the_moments_are_made_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    plan = plan_for(tmp_path, "plain network", max_steps=12, batch_size=8, clip_norm=0.0)
    whole = told(plan, Hungry(), tmp_path / "whole")
    made, make = [0], torch.zeros_like

    def short(*arguments: Any, **options: Any) -> torch.Tensor:
        made[0] += 1
        if made[0] == number:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return make(*arguments, **options)

    monkeypatch.setattr(torch, "zeros_like", short)
    events = told(plan, Hungry(), tmp_path / "run")
    assert made[0] > number
    assert end_of(events).outcome == "completed", end_of(events)
    assert codes(events) == ["T05"]
    assert close(events, whole)


def test_that_a_resumed_run_keeps_its_smaller_pieces(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, "plain network", max_steps=20, batch_size=8)
    task = Hungry(most=2)
    whole = told(plan, task, tmp_path / "whole")
    control, events = Control(), []
    for event in train(plan, task, place_at(tmp_path / "run"), control):
        events.append(event)
        if isinstance(event, StepDone) and event.step == 7:
            control.pause()
    later = told(plan, task, tmp_path / "run", resume=True)
    assert codes(events) == codes(whole) == ["T05", "T05"]
    assert codes(later) == []
    assert story(events + later) == story(whole)


@pytest.mark.parametrize("place", ["forward", "backward", "evaluation"])
def test_that_a_single_row_too_many_ends_the_run_with_a_way_out(tmp_path: Path, place: str) -> None:
    plan = plan_for(tmp_path, "plain network", max_steps=20)
    events = told(plan, Hungry(most=0, place=place, after=12), tmp_path / "run")
    end = end_of(events)
    assert (end.outcome, end.mendable) == ("failed", True), end
    assert end.proposal == {"max_length": 8}
    assert "not enough memory" in end.message
    again = told(plan, Hungry(), tmp_path / "run", resume=True)
    assert end_of(again).outcome == "completed"


NARROW = """
import resource, sys
from pathlib import Path
import torch
from tests.engine.places import place_at
from tests.engine.test_exactness import BagClassification, plan_for
from workbench.core.events import Notice, RunStarted
from workbench.engine.control import Control
from workbench.engine.train import train
from workbench.engine.warm import warm

warm()
torch.set_num_threads(1)


class Wide(BagClassification):
    def build(self, *arguments):
        learner = super().build(*arguments)
        learner.net.body = torch.nn.Sequential(
            torch.nn.Linear(16, 1 << 16), torch.nn.ReLU(), torch.nn.Linear(1 << 16, learner.net.labels)
        )
        return learner


folder = Path(sys.argv[1])
plan = plan_for(folder, "plain network", max_steps=3, batch_size=512, evaluate_every=3, rows=700)
for event in train(plan, Wide(), place_at(folder / "run"), Control()):
    if isinstance(event, RunStarted):
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + (190 << 20), resource.RLIM_INFINITY))
    if isinstance(event, Notice):
        print(event.code)
print(event.outcome, event.message, event.details)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit of memory that Linux keeps to")
def test_that_a_process_that_may_have_no_more_memory_goes_on_with_smaller_pieces(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", NARROW, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    lines = said.stdout.splitlines()
    assert said.returncode == 0, said.stderr
    assert "T05" in lines, said.stdout
    assert lines[-1].startswith("completed"), said.stdout


# What stays behind.


def test_that_a_run_that_is_over_leaves_no_net_behind(tmp_path: Path) -> None:
    """Not even one that was frozen out of the collector's sight while it learned."""
    plan = plan_for(tmp_path, "bert", max_steps=2)
    config = transformers.AutoConfig.from_pretrained(tmp_path / "net")
    config.vocab_size = 4000  # so many that only those learn that occur
    transformers.AutoModelForSequenceClassification.from_config(config).save_pretrained(tmp_path / "net")
    seen: list[weakref.ref[torch.nn.Module]] = []

    class Watched(TextClassification):
        def build(self, *arguments: Any) -> Learner:
            learner = super().build(*arguments)
            seen.extend(map(weakref.ref, learner.net.modules()))
            return learner

    assert end_of(told(plan, Watched(), tmp_path / "run")).outcome == "completed"
    gc.collect()
    assert [type(module).__name__ for reference in seen if (module := reference()) is not None] == []
