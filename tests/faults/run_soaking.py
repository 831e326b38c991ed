"""Many runs in one process, each paused and resumed: what they leave behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from tests.faults.run_killing import plan_in, studio_at
from workbench.core.events import RunFinished, StepDone
from workbench.core.plan import ModelSpec, TrainingPlan
from workbench.engine.warm import warm


@dataclass(frozen=True)
class Left:
    """What the process holds after a run: bytes of memory, threads, open files."""

    memory: int
    threads: int
    files: int


def soak(folder: Path, runs: int) -> Iterator[Left]:
    """Make `runs` runs, each in two pieces, with a model most of which is its table of words."""
    warm()
    plan = _plan(folder)
    process, studio = psutil.Process(), studio_at(folder / "work")
    for _ in range(runs):
        run = studio.start(plan)
        for event in run.events():
            if isinstance(event, StepDone) and event.step == 4:
                run.pause()
        assert isinstance(event, RunFinished)
        assert event.outcome == "paused", event
        *_, event = studio.resume(run.id).events()
        assert isinstance(event, RunFinished)
        assert event.outcome == "completed", event
        files = process.num_fds() if hasattr(process, "num_fds") else process.num_handles()
        yield Left(memory=process.memory_info().rss, threads=threading.active_count(), files=files)


def _plan(folder: Path) -> TrainingPlan:
    import transformers

    from tests.engine.tiny_families import tiny_learner

    tiny_learner("bert").tokenizer.save_pretrained(folder / "net")
    config = transformers.BertConfig(
        vocab_size=20_000,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        pad_token_id=0,
        num_labels=2,
    )
    transformers.AutoModelForSequenceClassification.from_config(config).save_pretrained(folder / "net")
    model = ModelSpec(source="folder", location=str(folder / "net"))
    return msgspec.structs.replace(plan_in(folder, 10), model=model)
