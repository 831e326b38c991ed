"""The forecast before Start beside what runs then need: peak memory and time, over a grid of plans.

    python -m benchmarks.forecast [--only TEXT] [--first N] [--threads N] [--time] [--json FILE]

Each plan is a process of its own. For memory: the fast forecast, the run for real, and the measured forecast after it,
so that the peak (RunFinished) is the run's own; measuring makes steps of a model of its own. For time (--time): the
measured forecast and the run after it, wall clock from the first event to the last. The shared data sets take part
where WORKBENCH_SHARED_DATA names their folder. Time wants a machine with nothing else to do; memory does not. Ends with
the share of plans within 25 %.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from workbench.core.events import RunFinished, RunStarted
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.engine.warm import warm
from workbench.studio import Studio
from workbench.studio.forecasting import Forecaster

NEAR = 0.25
"""How far a forecast may be off."""


def scratch(layers: int, hidden: int, heads: int, vocabulary: int = 8000) -> dict[str, Any]:
    """A model from nothing."""
    shape = {"layers": layers, "hidden_size": hidden, "heads": heads, "vocabulary": vocabulary}
    return {"model": {"source": "scratch", "options": shape}}


TINY, SMALL, WIDE = scratch(1, 64, 2, 2000), scratch(2, 128, 4), scratch(3, 384, 6)
DEEP, LARGE = scratch(8, 128, 4), scratch(4, 512, 8)

GRID: list[dict[str, Any]] = [
    # The samples as they come: short texts, whole epochs.
    {"data": "customer-messages", **SMALL, "epochs": 6},
    {"data": "customer-messages", **SMALL, "epochs": 3, "batch_size": 64},
    {"data": "customer-messages", **TINY, "epochs": 10, "batch_size": 32},
    {"data": "customer-messages", **WIDE, "epochs": 2},
    {"data": "customer-messages", **DEEP, "epochs": 2, "batch_size": 4},
    {"data": "customer-messages", "epochs": 1},
    {"data": "customer-messages", "epochs": 2, "max_length": 32},
    {"data": "customer-messages", "epochs": 1, "precision": "bfloat16"},
    {"data": "customer-messages", "epochs": 1, "batch_size": 4, "accumulation": 4, "max_steps": 24},
    {"data": "customer-messages", "epochs": 3, "tuning": "head"},
    {"data": "customer-messages", "epochs": 1, "tuning": "lora"},
    {"data": "customer-messages", "epochs": 2, "tuning": "top-layers", "tuning_options": {"top_layers": 2}},
    {"data": "customer-messages", "epochs": 1, "optimizer": "sgd", "batch_size": 64},
    {"data": "chinese-reviews", **SMALL, "epochs": 6},
    {"data": "chinese-reviews", **WIDE, "epochs": 1, "precision": "bfloat16"},
    {"data": "chinese-reviews", **DEEP, "epochs": 2, "max_length": 32, "batch_size": 64},
    {"data": "hotel-scores", **SMALL, "epochs": 4, "optimizer": "sgd-momentum"},
    {"data": "hotel-scores", "epochs": 1, "batch_size": 8},
    # Texts with a long tail.
    {"data": "tail:400", **SMALL, "epochs": 3, "max_length": 256},
    {"data": "tail:400", **SMALL, "epochs": 2, "max_length": 256, "batch_size": 64},
    {"data": "tail:400", **SMALL, "epochs": 2, "max_length": 128, "batch_size": 32, "precision": "bfloat16"},
    {"data": "tail:400", **TINY, "epochs": 6, "max_length": 256, "batch_size": 64},
    {"data": "tail:200", **WIDE, "epochs": 1, "max_length": 128, "batch_size": 32},
    {"data": "tail:200", **WIDE, "epochs": 1, "max_length": 256, "batch_size": 8, "optimizer": "adam"},
    {"data": "tail:200", **DEEP, "epochs": 2, "max_length": 128, "batch_size": 16},
    {"data": "tail:200", **DEEP, "epochs": 1, "max_length": 256, "batch_size": 32, "precision": "bfloat16"},
    {"data": "tail:200", **LARGE, "epochs": 1, "max_length": 64, "batch_size": 16},
    {"data": "tail:200", **LARGE, "epochs": 1, "max_length": 128, "batch_size": 8, "optimizer": "sgd"},
    {"data": "tail:200", "epochs": 1, "max_length": 128},
    {"data": "tail:200", "epochs": 1, "max_length": 128, "precision": "bfloat16", "batch_size": 32},
    {"data": "tail:200", "epochs": 1, "max_length": 256, "batch_size": 8},
    {"data": "tail:200", "epochs": 1, "max_length": 64, "batch_size": 64},
    {"data": "tail:200", "epochs": 1, "max_length": 256, "batch_size": 4, "accumulation": 4},
    {"data": "tail:200", "epochs": 1, "max_length": 128, "tuning": "lora", "tuning_options": {"targets": "all-linear"}},
    {"data": "tail:200", "epochs": 3, "max_length": 256, "tuning": "head", "batch_size": 32},
    {"data": "tail:200", "epochs": 1, "max_length": 128, "tuning": "top-layers", "precision": "bfloat16"},
    {"data": "tail:6000", **TINY, "max_steps": 60, "batch_size": 32, "max_length": 128},
    {"data": "tail:6000", **SMALL, "max_steps": 40, "evaluate_every": 20, "batch_size": 16, "max_length": 64},
    # The shared sets, cut to some steps.
    {"data": "sms_spam", **SMALL, "max_steps": 80},
    {"data": "sms_spam", "max_steps": 10, "batch_size": 32, "max_length": 64},
    {"data": "trec6", **SMALL, "max_steps": 100, "batch_size": 32, "accumulation": 2},
    {"data": "trec6", "max_steps": 20, "optimizer": "adam", "precision": "bfloat16"},
    {"data": "banking77", **WIDE, "max_steps": 30, "batch_size": 16},
    {"data": "banking77", **TINY, "epochs": 1, "batch_size": 64},
    {"data": "waimai_10k", **SMALL, "max_steps": 80, "batch_size": 32, "max_length": 128},
    {"data": "waimai_10k", **TINY, "epochs": 1, "batch_size": 64, "max_length": 64},
]

SHARED = {
    "sms_spam": {"text": "text", "label": "label"},
    "trec6": {"text": "text", "label": "label"},
    "banking77": {"text": "text", "label": "category"},
    "waimai_10k": {"text": "review", "label": "label"},
}


def long_tailed(texts: list[str], rows: int, seed: int = 0) -> list[str]:
    """`rows` texts whose word counts are log-normal (median 30), put together from `texts`."""
    random = np.random.default_rng(seed)
    words = " ".join(texts).split()
    lengths = np.clip(random.lognormal(np.log(30), 0.8, size=rows), 3, 250).astype(int)
    starts = random.integers(0, len(words) - 251, size=rows)
    return [" ".join(words[start : start + length]) for start, length in zip(starts, lengths, strict=True)]


def plan_of(spec: dict[str, Any], studio: Studio, folder: Path) -> TrainingPlan:
    """The plan that an entry of the grid means."""
    spec = dict(spec)
    data, task = spec.pop("data"), "text-classification"
    if data in SHARED:
        path = Path(os.environ["WORKBENCH_SHARED_DATA"]) / data / "train.csv"
        dataset = DatasetSpec(path=str(path), columns=SHARED[data])
    elif data.startswith("tail:"):
        texts = long_tailed(list(studio.read_table(studio.samples()[0].path).column("message")), int(data[5:]))
        path = folder / "rows.csv"
        lines = ["text,label", *(f'"{text.replace(chr(34), "")}",{"ab"[len(text) % 2]}' for text in texts)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        dataset = DatasetSpec(path=str(path), columns={"text": "text", "label": "label"})
    else:
        sample = next(sample for sample in studio.samples() if sample.id == data)
        dataset = DatasetSpec(path=sample.path, columns=sample.columns, test_path=sample.test_path)
        task = sample.task
    tuning = Choice(name=spec.pop("tuning", "all"), options=spec.pop("tuning_options", {}))
    return TrainingPlan(
        dataset=dataset,
        task=Choice(name=task),
        loss=Choice(name="cross-entropy" if task == "text-classification" else "mean-squared-error"),
        model=msgspec.convert(spec.pop("model", {}), ModelSpec),
        optimizer=Choice(name=spec.pop("optimizer", "adamw")),
        tuning=tuning,
        **spec,
    )


def one(spec: dict[str, Any], time_first: bool) -> dict[str, Any]:
    """Forecast a plan, run it, measure it: the numbers of all three. To be called in a fresh process."""
    with tempfile.TemporaryDirectory() as name:
        studio = Studio(Path(name) / "workspace", settings_path=Path(name) / "settings.json")
        plan = plan_of(spec, studio, Path(name))
        problems = [problem for problem in studio.problems(plan) if problem.severity == "error"]
        if problems:
            raise SystemExit(str(problems))
        profile = studio.profile(plan)
        forecaster = Forecaster(studio.workspace / "models", studio.catalog)
        warm()
        began = time.perf_counter()
        fast = forecaster.forecast(plan, profile)
        reckoned = fast.seconds
        asked = time.perf_counter() - began
        if time_first:
            began = time.perf_counter()
            measured = forecaster.measure(plan, profile)
            measuring = time.perf_counter() - began
            # A forecaster that knows nothing of what was measured, in a process that has built its first model.
            reckoned = Forecaster(studio.workspace / "models", studio.catalog).forecast(plan, profile).seconds
        began, finished, steps = time.perf_counter(), None, 0
        for event in studio.start(plan).events():
            steps = event.steps if isinstance(event, RunStarted) else steps
            finished = event if isinstance(event, RunFinished) else finished
        wall = time.perf_counter() - began
        assert finished is not None
        if finished.outcome != "completed":
            raise SystemExit(f"{finished.message}\n{finished.details}")
        if not time_first:
            began = time.perf_counter()
            measured = forecaster.measure(plan, profile)
            measuring = time.perf_counter() - began
        assert measured is not None
        studio.history.close()
        return {
            "spec": spec,
            "steps": [steps, fast.steps, measured.steps],
            "peak": [finished.peak_memory_bytes, fast.peak_bytes, measured.peak_bytes],
            "seconds": [wall, reckoned, measured.seconds],
            "asked": asked,
            "measuring": measuring,
            "load": os.getloadavg()[0],
            "parts": {part.key: part.bytes for part in measured.parts},
            "fast_parts": {part.key: part.bytes for part in fast.parts},
            "times": [measured.start_seconds, measured.step_seconds, measured.other_seconds, finished.seconds],
        }


def described(spec: dict[str, Any]) -> str:
    """A plan in a line."""
    shape = spec.get("model", {}).get("options")
    model = f"{shape['layers']}x{shape['hidden_size']}" if shape else "MiniLM"
    more = [str(spec[key]) for key in ("tuning", "optimizer", "precision") if key in spec]
    steps = f"{spec['max_steps']}st" if "max_steps" in spec else f"{spec.get('epochs', 3)}ep"
    rows = f"{spec.get('batch_size', 16)}x{spec.get('accumulation', 1)}"
    return " ".join([spec["data"], model, f"B{rows}", f"T{spec.get('max_length', 128)}", steps, *more])


def off(found: list[float], which: int) -> float:
    """How far forecast `which` (1: fast, 2: measured) is from what was seen."""
    return found[which] / found[0] - 1


def shares(results: list[dict[str, Any]]) -> None:
    """Print how many forecasts were near."""
    for title, key in (("peak memory", "peak"), ("time", "seconds")):
        for which, kind in ((1, "fast"), (2, "measured")):
            errors = np.array([off(result[key], which) for result in results])
            near = float((np.abs(errors) <= NEAR).mean())
            print(
                f"{title}, {kind}: {near:.0%} of {len(results)} within 25 %; "
                f"median {np.median(errors):+.0%}, from {errors.min():+.0%} to {errors.max():+.0%}"
            )


def main() -> None:
    """Print a line for each plan, and at the end how many were near."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="plans whose line holds this text")
    parser.add_argument("--first", type=int, default=len(GRID))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--time", action="store_true", help="measure first, run afterwards: for the time")
    parser.add_argument("--json", type=Path, help="where each result is added as a line")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(one(json.loads(options.child), options.time)))
        return
    environment = dict(os.environ) | ({"OMP_NUM_THREADS": str(options.threads)} if options.threads else {})
    plans = [spec for spec in GRID if options.only in described(spec)][: options.first]
    plans = [spec for spec in plans if spec["data"] not in SHARED or "WORKBENCH_SHARED_DATA" in environment]
    results: list[dict[str, Any]] = []
    print(f"{'plan':58} {'peak MB':>8} {'fast':>5} {'meas.':>5} {'seconds':>8} {'fast':>5} {'meas.':>5} {'load':>5}")
    for spec in plans:
        command = [sys.executable, "-m", "benchmarks.forecast", "--child", json.dumps(spec)]
        command += ["--time"] if options.time else []
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            print(f"{described(spec):58} {done.stderr.strip().splitlines()[-1][:120]}", flush=True)
            continue
        result = json.loads(done.stdout.splitlines()[-1])
        results.append(result)
        if options.json:
            with options.json.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(result) + "\n")
        peak, seconds = result["peak"], result["seconds"]
        print(
            f"{described(spec):58} {peak[0] / 1e6:8.0f} {off(peak, 1):+5.0%} {off(peak, 2):+5.0%} "
            f"{seconds[0]:8.1f} {off(seconds, 1):+5.0%} {off(seconds, 2):+5.0%} {result['load']:5.1f}",
            flush=True,
        )
    if results:
        shares(results)


if __name__ == "__main__":
    main()
