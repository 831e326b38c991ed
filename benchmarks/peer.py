"""The peer: transformers.Trainer on the same rows, as tutorials write it or at its best. Needs `accelerate`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from workbench.core.plan import ModelSpec
from workbench.engine.pretrained import load_text_model


class Rows(NamedTuple):
    """Texts and the number of each one's class, of `classes`."""

    texts: Sequence[str]
    labels: Sequence[int]
    classes: int


class Trained(NamedTuple):
    """Rows per second of training steps (the first one, which warms up, does not count), and accuracy on other rows."""

    rows_per_second: float
    accuracy: float


def train_with_trainer(
    spec: ModelSpec,
    rows: Rows,
    *,
    test: Rows | None = None,
    pad: str,
    max_length: int,
    batch_size: int,
    rate: float,
    epochs: int = 1,
    seed: int = 42,
    **arguments: Any,
) -> Trained:
    """Train with `arguments` for TrainingArguments. `pad` is "max_length" (tutorials) or "batch" (dynamic)."""
    import torch
    from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments, set_seed

    set_seed(seed)
    built = load_text_model(
        spec,
        "AutoModelForSequenceClassification",
        models_folder=Path("."),
        config_changes={"num_labels": rows.classes},
    )

    class Encoded(torch.utils.data.Dataset[dict[str, Any]]):
        def __init__(self, given: Rows) -> None:
            whole = pad == "max_length"
            self.columns = built.tokenizer(
                list(given.texts), truncation=True, max_length=max_length, padding="max_length" if whole else False
            )
            self.labels = given.labels

        def __len__(self) -> int:
            return len(self.labels)

        def __getitem__(self, i: int) -> dict[str, Any]:
            names = ("input_ids", "attention_mask")
            return {name: self.columns[name][i] for name in names} | {"labels": self.labels[i]}

    class Clock(TrainerCallback):
        began = ended = 0.0

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.began = self.began or time.perf_counter()
            self.ended = time.perf_counter()

    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=built.net.train(),
            args=TrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=batch_size,
                per_device_eval_batch_size=32,
                learning_rate=rate,
                num_train_epochs=epochs,
                seed=seed,
                report_to=[],
                save_strategy="no",
                logging_strategy="no",
                disable_tqdm=True,
                use_cpu=not torch.cuda.is_available(),
                **arguments,
            ),
            train_dataset=Encoded(rows),
            data_collator=None if pad == "max_length" else DataCollatorWithPadding(built.tokenizer),
            callbacks=[clock],
        )
        trainer.train()
        accuracy = float("nan")
        if test is not None:
            found = trainer.predict(Encoded(test)).predictions.argmax(axis=1)
            accuracy = float(np.mean(found == np.asarray(test.labels)))
    return Trained((len(rows.labels) * epochs - batch_size) / (clock.ended - clock.began), accuracy)
