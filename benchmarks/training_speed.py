"""Training rows per second beside transformers.Trainer, interleaved in one process on the same rows.

    python -m benchmarks.training_speed [--rounds N] [--rows N]

The texts have a long tail of lengths (median about 25 words, cut at 128 tokens), the model is the offline one, batches
have 16 rows. `Trainer` runs as tutorials write it (padding to the full length), with dynamic padding, and at its best
(grouped by length). Each round trains every variant on the same rows from the same weights; medians and ratios count,
absolute figures belong to one machine. Needs `accelerate`, which Trainer wants.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from workbench.core.events import StepDone
from workbench.core.plan import Choice, ModelSpec, TrainingPlan
from workbench.studio import Studio

BATCH, LONGEST, RATE = 16, 128, 1e-4


def long_tailed(texts: list[str], rows: int, seed: int = 0) -> list[str]:
    """`rows` texts whose word counts are log-normal (median 25), put together from the sample's sentences."""
    random = np.random.default_rng(seed)
    words = " ".join(texts).split()
    lengths = np.clip(random.lognormal(np.log(25), 0.75, size=rows), 3, 250).astype(int)
    starts = random.integers(0, len(words) - 251, size=rows)
    return [" ".join(words[start : start + length]) for start, length in zip(starts, lengths, strict=True)]


def write_rows(folder: Path, studio: Studio, rows: int) -> Path:
    """A CSV of long-tailed texts in two made-up classes (which half of the sample they begin in)."""
    sample = studio.read_table(studio.samples()[0].path)
    texts = long_tailed(list(sample.column("message")), rows)
    path = folder / "rows.csv"
    lines = ["text,label", *(f'"{text.replace(chr(34), "")}",{"ab"[len(text) % 2]}' for text in texts)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def workbench_variant(plan: TrainingPlan, studio: Studio) -> float:
    """Rows per second of the workbench's loop (training steps only)."""
    last: StepDone | None = None
    for event in studio.start(plan).events():
        last = event if isinstance(event, StepDone) else last
    assert last is not None
    return last.rows / last.seconds


def trainer_variant(path: Path, studio: Studio, **arguments: Any) -> float:
    """Rows per second of transformers.Trainer with `arguments` (pad: "max_length" or "batch")."""
    import torch
    from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments

    from workbench.engine.pretrained import load_text_model

    built = load_text_model(
        ModelSpec(),
        "AutoModelForSequenceClassification",
        models_folder=Path("."),
        config_changes={"num_labels": 2},
    )
    table = studio.read_table(path)
    whole = arguments.pop("pad") == "max_length"
    encoded = built.tokenizer(
        list(table.column("text")),
        truncation=True,
        max_length=LONGEST,
        padding="max_length" if whole else False,
    )
    labels = [int(label == "b") for label in table.column("label")]

    class Rows(torch.utils.data.Dataset[dict[str, Any]]):
        def __len__(self) -> int:
            return len(labels)

        def __getitem__(self, i: int) -> dict[str, Any]:
            return {name: encoded[name][i] for name in ("input_ids", "attention_mask")} | {"labels": labels[i]}

    class Clock(TrainerCallback):
        began = ended = 0.0

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.began = self.began or time.perf_counter()  # the first step warms up and does not count
            self.ended = time.perf_counter()

    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=built.net.train(),
            args=TrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=BATCH,
                learning_rate=RATE,
                num_train_epochs=1,
                report_to=[],
                save_strategy="no",
                logging_strategy="no",
                disable_tqdm=True,
                use_cpu=not torch.cuda.is_available(),
                **arguments,
            ),
            train_dataset=Rows(),
            data_collator=None if whole else DataCollatorWithPadding(built.tokenizer),
            callbacks=[clock],
        )
        trainer.train()
    return (len(labels) - BATCH) / (clock.ended - clock.began)


def main() -> None:
    """Print rows per second of each variant: median over the rounds, and the ratio to the tutorial's Trainer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=480)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        studio = Studio(folder / "workspace", settings_path=folder / "settings.json")
        studio.prepare()
        path = write_rows(folder, studio, options.rows)
        plan = TrainingPlan(
            dataset=studio.draft(path).dataset,
            task=Choice(name="text-classification"),
            epochs=1,
            batch_size=BATCH,
            learning_rate=RATE,
            max_length=LONGEST,
        )
        variants: dict[str, Callable[[], float]] = {
            "Trainer, as tutorials write it": lambda: trainer_variant(path, studio, pad="max_length"),
            "Trainer, dynamic padding": lambda: trainer_variant(path, studio, pad="batch"),
            "Trainer, grouped by length": lambda: trainer_variant(
                path, studio, pad="batch", train_sampling_strategy="group_by_length"
            ),
            "Trainer, grouped, bfloat16": lambda: trainer_variant(
                path, studio, pad="batch", train_sampling_strategy="group_by_length", bf16=True
            ),
            "workbench, float32": lambda: workbench_variant(msgspec.structs.replace(plan, precision="float32"), studio),
            "workbench, bfloat16": lambda: workbench_variant(
                msgspec.structs.replace(plan, precision="bfloat16"), studio
            ),
        }
        speeds: dict[str, list[float]] = {title: [] for title in variants}
        for _ in range(options.rounds):
            for title, variant in variants.items():
                speeds[title].append(variant())
        first = statistics.median(next(iter(speeds.values())))
        print(f"{'variant':32} {'rows/s':>8} {'ratio':>6}")
        for title, found in speeds.items():
            print(f"{title:32} {statistics.median(found):8.1f} {statistics.median(found) / first:6.2f}")


if __name__ == "__main__":
    main()
