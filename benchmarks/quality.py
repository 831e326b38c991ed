"""How good the models are that a person gets with the defaults, beside the plain method on the same rows.

    python -m benchmarks.quality SHARED_DATA [SET ...]

Each set is trained through the studio as the window does, with nothing changed but the epochs, and judged on its test
file. The plain method is TF-IDF with logistic regression (characters for Chinese), or the cosine of two TF-IDF vectors
for pairs. One line a set on stdout.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from workbench.core.events import Evaluated, RunFinished, StepDone
from workbench.core.plan import ModelSpec, TrainingPlan
from workbench.studio import Studio


@dataclass(frozen=True)
class DataSet:
    """One set: its folder, its columns, how long to train, and the metric that counts."""

    name: str
    text: str
    target: str
    metric: str
    epochs: int
    pair: str = ""
    source: str = "offline"
    analyzer: str = "word"


SETS = (
    DataSet("sst2", "text", "label", "accuracy", 3),
    DataSet("trec6", "text", "label", "accuracy", 3),
    DataSet("banking77", "text", "category", "accuracy", 6),
    DataSet("sms_spam", "text", "label", "macro_f1", 3),
    DataSet("stsb_en", "sentence1", "score", "pearson", 4, pair="sentence2"),
    DataSet("waimai_10k", "review", "label", "accuracy", 4, source="scratch", analyzer="char"),
)


def columns(path: Path, *names: str) -> Iterator[list[str]]:
    """Each named column of the CSV at `path`."""
    with open(path, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return ([row[name] for row in rows] for name in names)


def plain(data: DataSet, folder: Path) -> float:
    """What the plain method reaches on the test rows."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(analyzer=data.analyzer, ngram_range=(1, 2), sublinear_tf=True)
    if data.pair:
        left, right, scores = columns(folder / "test.csv", data.text, data.pair, data.target)
        words.fit(left + right)
        cosine = np.asarray(words.transform(left).multiply(words.transform(right)).sum(axis=1)).ravel()
        return float(np.corrcoef(cosine, np.array(scores, dtype=float))[0, 1])
    texts, labels = columns(folder / "train.csv", data.text, data.target)
    test_texts, test_labels = columns(folder / "test.csv", data.text, data.target)
    model = make_pipeline(words, LogisticRegression(C=10, max_iter=2000)).fit(texts, labels)
    answers = model.predict(test_texts)
    if data.metric == "macro_f1":
        return float(f1_score(test_labels, answers, average="macro"))
    return float(accuracy_score(test_labels, answers))


def plan_for(studio: Studio, data: DataSet, folder: Path) -> TrainingPlan:
    """What the window would propose for the training file, with the test file and the epochs set."""
    draft = studio.draft(folder / "train.csv", model=ModelSpec(source=data.source))  # type: ignore[arg-type]
    wanted = {data.text, data.target} | ({data.pair} if data.pair else set())
    guessed = {column for column in draft.dataset.columns.values() if column}
    if guessed != wanted:
        raise SystemExit(f"{data.name}: the roles were guessed as {draft.dataset.columns}")
    dataset = msgspec.structs.replace(draft.dataset, test_path=str(folder / "test.csv"))
    return msgspec.structs.replace(draft, dataset=dataset, epochs=data.epochs)


def trained(studio: Studio, plan: TrainingPlan) -> tuple[dict[str, float], dict[str, float], float]:
    """(test metrics, test baseline, training rows per second) of a run of `plan`."""
    metrics: dict[str, float] = {}
    baseline: dict[str, float] = {}
    speed = 0.0
    for event in studio.start(plan).events():
        if isinstance(event, Evaluated) and event.part == "test":
            metrics, baseline = event.measures.metrics, event.measures.baseline
        elif isinstance(event, StepDone):
            speed = event.rows / event.seconds
        elif isinstance(event, RunFinished) and event.outcome != "completed":
            raise SystemExit(f"{event.outcome}: {event.message}")
    return metrics, baseline, speed


def main() -> None:
    """Print one line for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared_data", type=Path)
    parser.add_argument("sets", nargs="*", choices=[*(data.name for data in SETS), []])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as workspace:
        studio = Studio(workspace, settings_path=Path(workspace) / "settings.json")
        print(
            f"{'set':12} {'metric':9} {'here':>7} {'plain':>7} {'guess':>7} {'epochs':>6} {'minutes':>8} {'rows/s':>7}"
        )
        for data in SETS:
            if options.sets and data.name not in options.sets:
                continue
            folder = options.shared_data / data.name
            began = time.perf_counter()
            metrics, guess, speed = trained(studio, plan_for(studio, data, folder))
            minutes = (time.perf_counter() - began) / 60
            print(
                f"{data.name:12} {data.metric:9} {metrics[data.metric]:7.4f} {plain(data, folder):7.4f} "
                f"{guess.get(data.metric, 0):7.4f} {data.epochs:6} {minutes:8.1f} {speed:7.1f}"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
