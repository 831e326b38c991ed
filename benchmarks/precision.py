"""Whether what makes training quicker costs accuracy: the same runs over several seeds, measured on test rows.

    python -m benchmarks.precision --data FOLDER [--set sms_spam] [--seeds N] [--rows N] [--epochs N]

Compares `transformers.Trainer` as tutorials write it (float32, everything else at its defaults) with the workbench in
float32 and in bfloat16: the same rows, batches of 16, rate, epochs and offline model. What counts is the difference of
means beside the spread over seeds. Needs `accelerate`, which Trainer wants.
"""

from __future__ import annotations

import argparse
import csv
import math
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.peer import Rows, train_with_trainer
from workbench.core.events import Evaluated, RunFinished
from workbench.core.plan import TrainingPlan
from workbench.studio import Studio


def parts_of(path: Path, folder: Path, rows: int) -> tuple[Path, Path]:
    """`rows` rows of the table at `path` to learn from and a quarter as many to judge by, drawn with a fixed seed."""
    with path.open(encoding="utf-8", newline="") as file:
        head, *body = list(csv.reader(file))
    order = np.random.default_rng(0).permutation(len(body))
    paths = folder / "train.csv", folder / "validation.csv"
    for target, chosen in zip(paths, (order[:rows], order[rows : rows + rows // 4]), strict=True):
        with target.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *(body[i] for i in sorted(chosen))])
    return paths


def rows_of(path: str, plan: TrainingPlan, studio: Studio, classes: list[str]) -> Rows:
    """The rows of the table at `path` for the peer."""
    table, columns = studio.read_table(path), plan.dataset.columns
    labels = [classes.index(label) for label in table.column(columns["label"])]
    return Rows(list(table.column(columns["text"])), labels, len(classes))


def trainer_accuracy(plan: TrainingPlan, studio: Studio, seed: int) -> float:
    """Accuracy on the same test rows of a Trainer of the tutorials, after its last step."""
    classes = sorted(set(studio.read_table(plan.dataset.path).column(plan.dataset.columns["label"])))
    train, test = (rows_of(path, plan, studio, classes) for path in (plan.dataset.path, plan.dataset.test_path))
    return train_with_trainer(
        plan.model,
        train,
        test=test,
        pad="max_length",
        max_length=plan.max_length,
        batch_size=plan.batch_size,
        rate=plan.learning_rate,
        epochs=plan.epochs,
        seed=seed,
    ).accuracy


def workbench_accuracy(plan: TrainingPlan, studio: Studio) -> float:
    """Accuracy on the test rows of the best model of a run."""
    found = float("nan")
    for event in studio.start(plan).events():
        if isinstance(event, Evaluated) and event.part == "test":
            found = event.measures.metrics["accuracy"]
        if isinstance(event, RunFinished) and event.outcome == "failed":
            raise RuntimeError(event.message)
    return found


def main() -> None:
    """Print mean, spread over seeds and standard error of each variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of data sets, each with train.csv and test.csv"
    )
    parser.add_argument("--set", default="sms_spam")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--without-trainer", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        studio = Studio(folder / "workspace", settings_path=folder / "settings.json")
        studio.prepare()
        source = options.data / options.set
        train, validation = parts_of(source / "train.csv", folder, options.rows)
        plan = studio.draft(train)
        dataset = msgspec.structs.replace(
            plan.dataset, validation_path=str(validation), test_path=str(source / "test.csv")
        )
        plan = msgspec.structs.replace(plan, dataset=dataset, epochs=options.epochs)
        variants: dict[str, Callable[[int], float]] = {
            f"workbench, {precision}": lambda seed, precision=precision: workbench_accuracy(
                msgspec.structs.replace(plan, seed=seed, precision=precision), studio
            )
            for precision in ("float32", "bfloat16")
        }
        if not options.without_trainer:
            variants["Trainer, as tutorials write it"] = lambda seed: trainer_accuracy(plan, studio, seed)
        found: dict[str, list[float]] = {title: [] for title in variants}
        for seed in range(options.seeds):
            for title, variant in variants.items():
                found[title].append(variant(seed))
                print(f"seed {seed}, {title}: {found[title][-1]:.4f}", flush=True)
        print(f"{'variant':32} {'mean':>7} {'spread':>7} {'error':>7}")
        for title, values in found.items():
            spread = statistics.stdev(values) if len(values) > 1 else math.nan
            print(f"{title:32} {statistics.mean(values):7.4f} {spread:7.4f} {spread / math.sqrt(len(values)):7.4f}")


if __name__ == "__main__":
    main()
