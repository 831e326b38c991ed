"""Training rows per second of each tuning beside training all weights, interleaved in one process on the same rows.

    python -m benchmarks.tunings [--rounds N] [--rows N] [--precision float32|bfloat16]

Rows, model and batches are those of `benchmarks.training_speed`. Each round trains every tuning from the same weights
for two epochs; where frozen layers' answers are kept, the first epoch fills them and the second shows what that brings.
Medians and ratios count, absolute figures belong to one machine.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.training_speed import BATCH, LONGEST, RATE, long_tailed
from workbench.core.fields import Example
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.engine.batches import RowCollector, token_ids, training_batches
from workbench.engine.devices import best_device
from workbench.engine.evaluate import to_device
from workbench.engine.features import FeatureCache
from workbench.engine.quick import quicken
from workbench.engine.seeding import seed_everything, seed_step
from workbench.engine.task import ModelSource
from workbench.engine.train import loss_function
from workbench.engine.tunings import tune
from workbench.engine.update import Updater
from workbench.studio import Studio
from workbench.tasks import task_of

EPOCHS = 2
TUNINGS = {
    "all weights": Choice(name="all"),
    "top 3 layers": Choice(name="top-layers"),
    "head": Choice(name="head"),
    "LoRA, query and value": Choice(name="lora"),
    "LoRA, every matrix": Choice(name="lora", options={"targets": "all-linear"}),
}


def examples(rows: int) -> list[Example]:
    """Long-tailed texts in two made-up classes."""
    with tempfile.TemporaryDirectory() as name:
        studio = Studio(Path(name) / "workspace", settings_path=Path(name) / "settings.json")
        sample = studio.read_table(studio.samples()[0].path)
        texts = long_tailed(list(sample.column("message")), rows)
    return [Example({"text": text, "label": "ab"[len(text) % 2]}) for text in texts]


def epoch_speeds(plan: TrainingPlan, choice: Choice, data: list[Example]) -> list[float]:
    """Rows per second in each epoch."""
    task, loss = task_of(plan.task), loss_function(plan)
    seed_everything(plan.seed)
    learner = task.build(ModelSource(ModelSpec(), Path("."), LONGEST, plan.seed), task.study(data), data)
    device = best_device()
    learner.net.to(device)
    tuned = tune(learner.net, choice)
    collector = RowCollector()
    for item in task.encode(learner, data):
        collector.add(item)
    rows = collector.rows()
    first = training_batches(rows.lengths, plan.batch_size, seed=plan.seed, epoch=0)
    features = FeatureCache(task, learner, tuned, rows, first)
    learner.learning = quicken(learner.net, token_ids(rows), plan.precision)
    update = Updater(plan, learner.learning, len(first) * EPOCHS)

    def output(indices: np.ndarray) -> Any:
        batch = to_device(task.collate(learner, rows.take(indices), training=True), device)
        with features.batch(indices, batch):
            return task.forward(learner, batch, loss)

    speeds = []
    for epoch in range(EPOCHS):
        seen, began = 0, 0.0
        for number, indices in enumerate(training_batches(rows.lengths, BATCH, seed=plan.seed, epoch=epoch)):
            if number == 1:  # the first step warms up and does not count
                began = time.perf_counter()
            seed_step(plan.seed, epoch * len(first) + number)
            learner.learn()
            tuned.train()
            update([output(indices)])
            seen += len(indices) if number else 0
        speeds.append(seen / (time.perf_counter() - began))
    return speeds


def main() -> None:
    """Print rows per second of each tuning in its first and second epoch, and their ratio to all weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    options = parser.parse_args()
    plan = TrainingPlan(
        dataset=DatasetSpec(path=""),
        task=Choice(name="text-classification"),
        epochs=EPOCHS,
        batch_size=BATCH,
        learning_rate=RATE,
        max_length=LONGEST,
        precision=options.precision,
    )
    data = examples(options.rows)
    found: dict[str, list[list[float]]] = {title: [] for title in TUNINGS}
    for _ in range(options.rounds):
        for title, choice in TUNINGS.items():
            found[title].append(epoch_speeds(plan, choice, data))
    medians = {
        title: [statistics.median(epoch) for epoch in zip(*rounds, strict=True)] for title, rounds in found.items()
    }
    whole = statistics.median(medians["all weights"])
    print(f"{'tuning':24} {'1st epoch':>10} {'ratio':>6} {'2nd epoch':>10} {'ratio':>6}   rows/s")
    for title, (first, second) in medians.items():
        print(f"{title:24} {first:10.1f} {first / whole:6.2f} {second:10.1f} {second / whole:6.2f}")


if __name__ == "__main__":
    main()
