"""Training rows per second beside transformers.Trainer, interleaved, on the same rows.

    python -m benchmarks.training_speed [--rounds N] [--rows N] [--family bert|distilbert|roberta|electra|...]

The texts have a long tail of lengths (median about 25 words, cut at 128 tokens), batches have 16 rows. `Trainer` runs
as tutorials write it (padding to the full length), with dynamic padding, and at its best (grouped by length, bfloat16).
Each round trains every variant on the same rows from the same weights, each in a process of its own: kernels made for
the shapes of one would push out those of the other. Medians and ratios count, absolute figures belong to one machine.

The family "bert" is the offline model; the others have its size and random weights, which cost as much. The useful work
is counted as 6 operations for each weight of the layers and each real token (Kaplan et al. 2020), padding not counted,
and set beside the machine's own best matrix product, measured in the same run.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.peer import Rows, train_with_trainer
from workbench.core.events import RunFinished, StepDone
from workbench.core.plan import Choice, ModelSpec, TrainingPlan
from workbench.engine.pretrained import load_text_model
from workbench.studio import Studio

BATCH, LONGEST, RATE = 16, 128, 1e-4
LAYERS, WIDTH, HEADS = 6, 384, 12
_SHAPE = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 4 * WIDTH,
    "max_position_embeddings": 520,
}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "distilbert": (
        "DistilBertConfig",
        {
            "dim": WIDTH,
            "n_layers": LAYERS,
            "n_heads": HEADS,
            "hidden_dim": 4 * WIDTH,
            "max_position_embeddings": 520,
        },
    ),
    "roberta": ("RobertaConfig", _SHAPE),
    "electra": ("ElectraConfig", {**_SHAPE, "embedding_size": WIDTH}),
    "mpnet": ("MPNetConfig", _SHAPE),
    "modernbert": ("ModernBertConfig", {**_SHAPE, "cls_token_id": 101, "sep_token_id": 102}),
}


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


def model_of(family: str, folder: Path) -> ModelSpec:
    """The offline model, or one of its size from another family, with random weights, written into `folder`."""
    if family == "bert":
        return ModelSpec()
    import torch
    import transformers

    offline = load_text_model(
        ModelSpec(), "AutoModelForSequenceClassification", models_folder=folder, config_changes={"num_labels": 2}
    )
    config_class, shape = FAMILIES[family]
    config = getattr(transformers, config_class)(vocab_size=len(offline.tokenizer), pad_token_id=0, **shape)
    torch.manual_seed(0)
    target = folder / family
    transformers.AutoModelForSequenceClassification.from_config(config).save_pretrained(target)
    offline.tokenizer.save_pretrained(target)
    return ModelSpec(source="folder", location=str(target))


def workbench_variant(plan: TrainingPlan, studio: Studio) -> float:
    """Rows per second of the workbench's loop (training steps only, the first one left out)."""
    steps: list[StepDone] = []
    for event in studio.start(plan).events():
        if isinstance(event, StepDone):
            steps.append(event)
        elif isinstance(event, RunFinished) and event.outcome == "failed":
            raise RuntimeError(event.message)
    return (steps[-1].rows - steps[0].rows) / (steps[-1].seconds - steps[0].seconds)


def matrix_peak(bfloat16: bool) -> float:
    """The best matrix product of this machine, in GFLOP/s."""
    import torch

    dtype = torch.bfloat16 if bfloat16 else torch.float32
    one, other, best = torch.randn(1024, 1024).to(dtype), torch.randn(1024, 1024).to(dtype), 0.0
    for _ in range(20):
        began = time.perf_counter()
        torch.mm(one, other)
        best = max(best, 2 * 1024**3 / (time.perf_counter() - began) / 1e9)
    return best


def operations_of_row(path: Path, studio: Studio) -> float:
    """GFLOP of learning from one row, on average: 6 for each weight of the layers and each real token."""
    tokenizer = load_text_model(
        ModelSpec(), "AutoModelForSequenceClassification", models_folder=path.parent, config_changes={"num_labels": 2}
    ).tokenizer
    texts = list(studio.read_table(path).column("text"))
    tokens = [len(ids) for ids in tokenizer(texts, truncation=True, max_length=LONGEST)["input_ids"]]
    return 6 * 12 * LAYERS * WIDTH**2 * statistics.mean(tokens) / 1e9


def variants_of(spec: ModelSpec, path: Path, studio: Studio) -> dict[str, Callable[[], float]]:
    """{title: what trains once and tells rows per second}."""
    table = studio.read_table(path)
    rows = Rows(list(table.column("text")), [int(label == "b") for label in table.column("label")], 2)
    plan = TrainingPlan(
        dataset=studio.draft(path).dataset,
        task=Choice(name="text-classification"),
        model=spec,
        epochs=1,
        batch_size=BATCH,
        learning_rate=RATE,
        max_length=LONGEST,
    )

    def trainer(**arguments: Any) -> Callable[[], float]:
        common = {"max_length": LONGEST, "batch_size": BATCH, "rate": RATE}
        return lambda: train_with_trainer(spec, rows, **common, **arguments).rows_per_second

    def ours(**changes: Any) -> Callable[[], float]:
        return lambda: workbench_variant(msgspec.structs.replace(plan, **changes), studio)

    grouped = {"pad": "batch", "train_sampling_strategy": "group_by_length"}
    return {
        "Trainer, as tutorials write it": trainer(pad="max_length"),
        "Trainer, dynamic padding": trainer(pad="batch"),
        "Trainer, grouped by length": trainer(**grouped),
        "Trainer, grouped, bfloat16": trainer(**grouped, bf16=True),
        "workbench, float32": ours(precision="float32"),
        "workbench, bfloat16": ours(precision="bfloat16"),
        "workbench, bfloat16, batch 32": ours(precision="bfloat16", batch_size=32),
    }


def measured(title: str, rows: int, family: str) -> float:
    """Rows per second of one variant, in a process of its own."""
    arguments = ("--rows", str(rows), "--family", family, "--only", title)
    command = (sys.executable, "-m", "benchmarks.training_speed", *arguments)
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(said.splitlines()[-1])


def main() -> None:
    """Print rows per second of each variant: median over the rounds, the ratios, and the share of the matrix peak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=960)
    parser.add_argument("--family", choices=("bert", *FAMILIES), default="bert")
    parser.add_argument("--only", metavar="VARIANT", help="train this one once and print its rows per second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        studio = Studio(folder / "workspace", settings_path=folder / "settings.json")
        studio.prepare()
        path = write_rows(folder, studio, options.rows)
        variants = variants_of(model_of(options.family, folder), path, studio)
        if options.only:
            print(variants[options.only]())
            return
        speeds: dict[str, list[float]] = {title: [] for title in variants}
        for _ in range(options.rounds):
            for title in variants:
                speeds[title].append(measured(title, options.rows, options.family))
        peaks = {half: matrix_peak(half) for half in (False, True)}
        work = operations_of_row(path, studio)
    report(speeds, peaks, work)


def report(speeds: dict[str, list[float]], peaks: dict[bool, float], work: float) -> None:
    """`peaks` in GFLOP/s {in bfloat16: peak}, `work` in GFLOP a row."""
    first = statistics.median(next(iter(speeds.values())))
    print(f"matrix peak: float32 {peaks[False]:,.0f}, bfloat16 {peaks[True]:,.0f} GFLOP/s; {work:.2f} GFLOP a row")
    print(f"{'variant':32} {'rows/s':>8} {'range':>14} {'ratio':>6} {'GFLOP/s':>8} {'of peak':>8}")
    for title, found in speeds.items():
        speed = statistics.median(found)
        peak, spread = peaks["bfloat16" in title], f"{min(found):.1f}-{max(found):.1f}"
        line = (
            f"{title:32} {speed:8.1f} {spread:>14} {speed / first:6.2f} {speed * work:8.1f} {speed * work / peak:8.1%}"
        )
        print(line)


if __name__ == "__main__":
    main()
