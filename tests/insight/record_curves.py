"""Records the curves of real runs: trains small models with the engine, over settings that provoke each trouble.

    python -m tests.insight.record_curves SHARED_DATA [PART_OF_A_NAME ...]

Only numbers are kept, no rows. A curve that is there already is not recorded again.
"""

from __future__ import annotations

import csv
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tests.insight.curve_files import FOLDER, save
from workbench.core.events import Evaluated, Event, RunFinished, RunStarted, StepDone
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.core.resources import resource
from workbench.studio import Studio

Row = tuple[str, str, str]  # text, second text or "", target
DRAWN, USUAL = 60, 32  # curves whose settings are drawn by chance
CLASSES_IN_FULL = 16  # a confusion matrix of more classes is not kept


@dataclass(frozen=True)
class Source:
    """A file and its columns. `take` keeps rows with these targets only."""

    file: str
    text: str
    target: str
    pair: str = ""
    number: bool = False
    classes: int = 0


SOURCES = {
    "messages": Source("samples/customer_messages.csv", "message", "topic"),
    "reviews": Source("samples/chinese_reviews.csv", "评论", "情感"),
    "hotel": Source("samples/hotel_scores.csv", "review", "score", number=True),
    "sst2": Source("sst2/train.csv", "text", "label"),
    "sst5": Source("sst5/train.csv", "text", "label", number=True),
    "trec": Source("trec6/train.csv", "text", "label"),
    "spam": Source("sms_spam/train.csv", "text", "label"),
    "waimai": Source("waimai_10k/train.csv", "review", "label"),
    "bank": Source("banking77/train.csv", "text", "category", classes=10),
    "tnews": Source("tnews_few/train.csv", "sentence", "label_zh"),
    "pairs": Source("stsb_en/train.csv", "sentence1", "score", pair="sentence2", number=True),
}


@dataclass(frozen=True)
class Recipe:
    """One run: which rows, what is done to them, and the plan's fields."""

    source: str
    rows: int
    shuffled: bool = False
    rare: float = 0.0  # the share that all classes but the commonest are thinned to
    noise: float = 0.0  # the share of rows that get a random label
    layers: int = 1
    width: int = 64
    vocabulary: int = 2000
    offline: bool = False
    plan: dict[str, Any] = field(default_factory=dict)


def recipe(source: str, rows: int, lr: float, epochs: int, **more: Any) -> Recipe:
    names = set(Recipe.__dataclass_fields__) - {"plan", "source", "rows"}
    own = {key: more.pop(key) for key in list(more) if key in names}
    return Recipe(source, rows, **own, plan={"learning_rate": lr, "epochs": epochs, **more})


CONSTANT = Choice(name="constant")
SGD, MOMENTUM = Choice(name="sgd"), Choice(name="sgd-momentum")
ADAMW = Choice(name="adamw")
DECAYING = Choice(name="adamw", options={"weight_decay": 1.0})
BALANCED = Choice(name="text-classification", options={"class_weights": "balanced"})
RECIPES: dict[str, Recipe] = {
    # Sound settings on data that can be learned.
    "messages-eight-epochs": recipe("messages", 484, 1e-3, 8),
    "messages-offline": recipe("messages", 300, 1e-4, 2, offline=True),
    "messages-offline-3": recipe("messages", 160, 1e-4, 3, offline=True, batch_size=8),
    "hotel-offline": recipe("hotel", 240, 1e-4, 2, offline=True),
    "sst2-offline": recipe("sst2", 300, 5e-5, 2, offline=True),
    "reviews-sound": recipe("reviews", 553, 1e-3, 5),
    "reviews-sound-cosine": recipe("reviews", 553, 2e-3, 4, schedule=Choice(name="cosine")),
    "trec-sound": recipe("trec", 2000, 1e-3, 4),
    "trec-sound-constant": recipe("trec", 2500, 5e-4, 4, schedule=CONSTANT),
    "trec-sound-often": recipe("trec", 2000, 1e-3, 3, evaluate_every=30),
    "trec-sgdm-stuck": recipe("trec", 2500, 3e-2, 5, optimizer=MOMENTUM),
    "spam-sound": recipe("spam", 2500, 1e-3, 3),
    "spam-sound-small-rate": recipe("spam", 3000, 3e-4, 4),
    "waimai-sound": recipe("waimai", 3000, 1e-3, 3),
    "waimai-sound-long": recipe("waimai", 6000, 5e-4, 2, batch_size=32),
    "waimai-sound-often": recipe("waimai", 3000, 5e-4, 3, evaluate_every=40),
    "bank-sound": recipe("bank", 1400, 2e-3, 8),
    "bank-sound-clip": recipe("bank", 1400, 1e-3, 10, batch_size=8),
    "sst5-sound": recipe("sst5", 4000, 1e-3, 2),
    "sst2-sound": recipe("sst2", 5000, 5e-4, 2),
    "sst2-sound-one-epoch": recipe("sst2", 6000, 1e-3, 1, evaluate_every=50),
    "hotel-sound": recipe("hotel", 356, 1e-3, 4, batch_size=8),
    "reviews-two-layers": recipe("reviews", 553, 5e-4, 6, layers=2, batch_size=8),
    "bank-converged": recipe("bank", 1400, 2e-3, 20),
    "messages-stopped-early": recipe("messages", 484, 1e-3, 40, patience=2),
    # Many epochs on few rows.
    "sst2-few-long": recipe("sst2", 300, 1e-3, 30),
    "sst2-many-long": recipe("sst2", 2000, 1e-3, 12),
    "sst2-constant-long": recipe("sst2", 1000, 1e-3, 15, schedule=CONSTANT),
    "sst2-often-long": recipe("sst2", 1500, 1e-3, 10, evaluate_every=40),
    "messages-few-long": recipe("messages", 100, 1e-3, 50, batch_size=8),
    "reviews-few-long": recipe("reviews", 150, 1e-3, 40, batch_size=8),
    "reviews-long": recipe("reviews", 553, 1e-3, 30),
    "tnews-long": recipe("tnews", 1185, 1e-3, 20),
    "hotel-long": recipe("hotel", 356, 1e-3, 40),
    "hotel-few-long": recipe("hotel", 120, 2e-3, 60, batch_size=8),
    "sst5-long": recipe("sst5", 1500, 1e-3, 14),
    "trec-noisy-long": recipe("trec", 1200, 1e-3, 20, noise=0.3),
    "waimai-noisy-long": recipe("waimai", 1500, 1e-3, 14, noise=0.2),
    "waimai-long": recipe("waimai", 1500, 2e-3, 16),
    "pairs-long": recipe("pairs", 800, 1e-3, 20),
    "sst2-shuffled-long": recipe("sst2", 500, 1e-3, 40, shuffled=True),
    # Rates that are too high.
    "trec-rate-01": recipe("trec", 1500, 1e-1, 4),
    "trec-rate-1": recipe("trec", 1500, 1.0, 4),
    "trec-rate-003": recipe("trec", 1500, 3e-2, 4),
    "trec-rate-03-constant": recipe("trec", 1500, 3e-1, 4, schedule=CONSTANT),
    "sst2-rate-03": recipe("sst2", 1500, 3e-1, 4),
    "sst2-rate-003": recipe("sst2", 1500, 3e-2, 4),
    "sst2-rate-1": recipe("sst2", 1500, 1.0, 4, clip_norm=0.0),
    "sst2-sgd-2": recipe("sst2", 1500, 2.0, 4, optimizer=SGD, clip_norm=0.0),
    "messages-rate-01": recipe("messages", 484, 1e-1, 8),
    "messages-sgd-10": recipe("messages", 484, 10.0, 8, optimizer=SGD),
    "messages-sgdm-1": recipe("messages", 484, 1.0, 8, optimizer=MOMENTUM, clip_norm=0.0),
    "reviews-rate-1": recipe("reviews", 553, 1.0, 6),
    "reviews-rate-005": recipe("reviews", 553, 5e-2, 6, schedule=CONSTANT),
    "hotel-rate-03": recipe("hotel", 356, 3e-1, 10),
    "hotel-rate-01-constant": recipe("hotel", 356, 1e-1, 10, schedule=CONSTANT),
    "sst5-rate-1": recipe("sst5", 2000, 1.0, 3),
    "waimai-rate-03": recipe("waimai", 2000, 3e-1, 3),
    "bank-rate-01": recipe("bank", 1400, 1e-1, 6),
    "messages-offline-rate": recipe("messages", 160, 1e-2, 3, offline=True, batch_size=8),
    # Rates that are too low.
    "trec-rate-1e-6": recipe("trec", 2000, 1e-6, 4),
    "trec-rate-1e-5": recipe("trec", 2000, 1e-5, 4),
    "sst2-rate-1e-6": recipe("sst2", 2000, 1e-6, 4),
    "reviews-rate-3e-6": recipe("reviews", 553, 3e-6, 8),
    "messages-rate-1e-5": recipe("messages", 484, 1e-5, 8),
    "messages-rate-3e-5": recipe("messages", 484, 3e-5, 10),
    "bank-rate-2e-5": recipe("bank", 1400, 2e-5, 6),
    "bank-rate-1e-4": recipe("bank", 1400, 1e-4, 6),
    "hotel-rate-1e-6": recipe("hotel", 356, 1e-6, 10),
    "hotel-rate-1e-5": recipe("hotel", 356, 1e-5, 10),
    "waimai-rate-1e-6": recipe("waimai", 2500, 1e-6, 3),
    "trec-sgd-1e-3": recipe("trec", 2000, 1e-3, 5, optimizer=SGD),
    "bank-sgd-1e-2": recipe("bank", 1400, 1e-2, 8, optimizer=SGD),
    "sst5-rate-1e-6": recipe("sst5", 2000, 1e-6, 3),
    # Nothing to learn.
    "sst2-shuffled": recipe("sst2", 4000, 5e-4, 3, shuffled=True),
    "trec-shuffled": recipe("trec", 3000, 5e-4, 4, shuffled=True),
    "waimai-shuffled": recipe("waimai", 3000, 5e-4, 3, shuffled=True),
    "sst5-shuffled": recipe("sst5", 3000, 5e-4, 3, shuffled=True),
    "bank-shuffled": recipe("bank", 1400, 5e-4, 5, shuffled=True),
    "spam-shuffled": recipe("spam", 3000, 5e-4, 3, shuffled=True),
    "pairs-short": recipe("pairs", 2500, 5e-4, 3),
    "hotel-shuffled": recipe("hotel", 356, 3e-4, 8, shuffled=True),
    # Rare classes: one answer for all.
    "spam-rare": recipe("spam", 3000, 1e-4, 3, rare=0.1),
    "spam-rare-3e-4": recipe("spam", 4000, 1e-4, 2, rare=0.05, batch_size=32),
    "sst2-rare": recipe("sst2", 3000, 3e-4, 3, rare=0.1),
    "waimai-rare": recipe("waimai", 4000, 2e-4, 3, rare=0.15, batch_size=32),
    "messages-rare": recipe("messages", 484, 3e-4, 8, rare=0.15),
    "trec-sgdm-collapse": recipe("trec", 1500, 3e-1, 5, optimizer=MOMENTUM),
    # Stuck after a start.
    "trec-constant-long": recipe("trec", 2000, 2e-4, 14, schedule=CONSTANT),
    "bank-sgd-long": recipe("bank", 1400, 1e-1, 16, optimizer=SGD),
    "trec-decay": recipe("trec", 2000, 3e-3, 10, optimizer=Choice(name="adamw", options={"weight_decay": 1.0})),
    "sst2-clip": recipe("sst2", 2000, 3e-3, 8, optimizer=SGD, clip_norm=0.05),
    "trec-narrow": recipe("trec", 3000, 1e-3, 12, width=16, max_length=8),
    "sst5-narrow": recipe("sst5", 4000, 1e-3, 6, width=16, max_length=8),
    "waimai-noisy-narrow": recipe("waimai", 4000, 5e-4, 8, width=16, noise=0.5, batch_size=32),
    "pairs-constant": recipe("pairs", 3000, 2e-4, 6, schedule=CONSTANT, width=32),
    "trec-first-words": recipe("trec", 4000, 1e-3, 12, width=16, max_length=8, schedule=CONSTANT, vocabulary=200),
    "trec-hot-constant": recipe("trec", 2000, 1e-2, 10, schedule=CONSTANT),
    "waimai-hot-constant": recipe("waimai", 2500, 8e-3, 8, schedule=CONSTANT),
    "bank-decay-constant": recipe("bank", 1400, 3e-3, 20, schedule=CONSTANT, optimizer=DECAYING),
    "trec-decay-constant": recipe("trec", 2000, 6e-3, 12, schedule=CONSTANT, optimizer=DECAYING),
    "waimai-decay-constant": recipe("waimai", 2000, 4e-3, 12, schedule=CONSTANT, optimizer=DECAYING),
    "reviews-decay-constant": recipe("reviews", 553, 3e-3, 40, schedule=CONSTANT, optimizer=DECAYING),
    "sst5-decay-constant": recipe("sst5", 2000, 3e-3, 10, schedule=CONSTANT, optimizer=DECAYING),
    "waimai-noisy-once": recipe("waimai", 9000, 1e-3, 2, width=16, noise=0.6, batch_size=32, evaluate_every=60),
    "trec-few-words": recipe("trec", 5000, 2e-3, 10, width=16, max_length=8, vocabulary=200, batch_size=32),
    # Sound ones that look like trouble.
    "spam-smoothed": recipe("spam", 2500, 1e-3, 4, loss=Choice(name="cross-entropy", options={"label_smoothing": 0.3})),
    "waimai-smoothed": recipe(
        "waimai", 3000, 1e-3, 4, loss=Choice(name="cross-entropy", options={"label_smoothing": 0.2}), evaluate_every=60
    ),
    "spam-small-batches": recipe("spam", 1500, 5e-4, 3, batch_size=4),
    "waimai-small-batches": recipe("waimai", 1500, 5e-4, 2, batch_size=4),
    "spam-seed": recipe("spam", 2000, 1e-3, 4, seed=7),
    "waimai-seed": recipe("waimai", 4000, 7e-4, 2, seed=3, evaluate_every=50),
    "trec-seed": recipe("trec", 3000, 7e-4, 3, seed=11),
    "bank-seed": recipe("bank", 1300, 2e-3, 7, seed=5),
    "bank-constant": recipe("bank", 1400, 1e-3, 9, schedule=CONSTANT),
    "sst5-huber": recipe("sst5", 5000, 1e-3, 2, loss=Choice(name="huber"), evaluate_every=80),
    "trec-balanced": recipe("trec", 2500, 1e-3, 3, task=BALANCED),
    "trec-adam": recipe("trec", 2500, 1e-3, 3, optimizer=Choice(name="adam"), schedule=Choice(name="cosine")),
    "trec-offline": recipe("trec", 400, 1e-4, 2, offline=True, batch_size=8),
    "pairs-offline": recipe("pairs", 250, 1e-4, 2, offline=True, batch_size=8),
    "spam-offline": recipe("spam", 300, 1e-4, 2, offline=True, batch_size=8),
    "bank-offline": recipe("bank", 300, 2e-4, 2, offline=True, batch_size=8),
    # Over before it began.
    "messages-one-epoch": recipe("messages", 160, 1e-3, 1),
    "reviews-five-steps": recipe("reviews", 553, 1e-3, 1, max_steps=5),
    "sst2-large-batch": recipe("sst2", 600, 5e-4, 2, batch_size=128),
    "hotel-two-steps": recipe("hotel", 100, 1e-3, 1, batch_size=64),
    "trec-ten-steps": recipe("trec", 1000, 1e-3, 1, max_steps=10),
    "bank-large-batch": recipe("bank", 1400, 1e-3, 2, batch_size=256),
    "waimai-one-epoch": recipe("waimai", 300, 5e-4, 1, batch_size=32),
    "sst5-six-steps": recipe("sst5", 500, 1e-3, 1, batch_size=64),
}


def drawn(number: int) -> Recipe:
    """A recipe by chance alone, for curves that nobody chose: data, rows, rate, epochs, batches and the rest."""
    luck = random.Random(1000 + number)
    source = luck.choice([name for name in SOURCES if name != "tnews"])
    offline = luck.random() < 0.12
    rows = round(200 if offline else 10 ** luck.uniform(2.1, 3.5))
    batch = luck.choice((8, 16, 16, 32))
    optimizer = luck.choice((ADAMW, ADAMW, ADAMW, ADAMW, SGD, MOMENTUM))
    # Half of the rates are such as people choose, half are anything.
    usual = (5e-5, 2e-4) if offline else (3e-4, 3e-3)
    low, high = usual if luck.random() < 0.5 else (1e-6, 0.5)
    rate = float(f"{10 ** luck.uniform(math.log10(low), math.log10(high)):.1g}") * (1 if optimizer == ADAMW else 20)
    most = 2 if offline else max(1, min(30, 900 * batch // rows))
    epochs = max(1, round(most ** luck.uniform(0.3, 1.0)))
    more = {"shuffled": luck.random() < 0.08, "rare": luck.choice((0.0,) * 9 + (0.1,)), "seed": number}
    schedule = luck.choice((Choice(name="linear"), Choice(name="linear"), Choice(name="cosine"), CONSTANT))
    return recipe(
        source, rows, rate, epochs, batch_size=batch, offline=offline, optimizer=optimizer, schedule=schedule, **more
    )


def usual(number: int) -> Recipe:
    """As `drawn`, but only such settings as a person with some experience would choose, on data that can be learned."""
    luck = random.Random(2000 + number)
    source = luck.choice(("spam", "waimai", "trec", "bank", "sst5", "sst2", "messages", "reviews"))
    offline = luck.random() < 0.15
    rows = (
        240 if offline else {"messages": 484, "reviews": 553, "bank": 1400}.get(source, luck.randrange(1500, 4500, 100))
    )
    batch = luck.choice((8, 16, 16, 32))
    rate = 1e-4 if offline else luck.choice((5e-4, 1e-3, 2e-3))
    steps = 60 if offline else luck.randrange(200, 650)
    epochs = max(1, round(steps * batch / rows))
    more: dict[str, Any] = {"layers": luck.choice((1, 2)), "seed": number}
    if luck.random() < 0.3:
        more["evaluate_every"] = max(10, steps // luck.randrange(5, 15))
    schedule = luck.choice((Choice(name="linear"), Choice(name="cosine"), CONSTANT))
    return recipe(source, rows, rate, epochs, batch_size=batch, offline=offline, schedule=schedule, **more)


def rows_of(one: Recipe, shared: Path) -> list[Row]:
    """The rows of a recipe, in an order that depends on its numbers alone."""
    source, luck = SOURCES[one.source], random.Random(one.rows)
    path = resource(source.file) if source.file.startswith("samples/") else shared / source.file
    with open(path, encoding="utf-8", newline="") as stream:
        rows = [
            (row[source.text], row[source.pair] if source.pair else "", row[source.target])
            for row in csv.DictReader(stream)
            if row[source.text].strip()
        ]
    if source.classes:
        kept = {name for name, _ in Counter(row[2] for row in rows).most_common(source.classes)}
        rows = [row for row in rows if row[2] in kept]
    if one.rare:
        commonest = Counter(row[2] for row in rows).most_common(1)[0][0]
        rows = [row for row in rows if row[2] == commonest or luck.random() < one.rare]
    luck.shuffle(rows)
    rows = rows[: one.rows]
    targets = [row[2] for row in rows]
    if one.shuffled:
        luck.shuffle(targets)
    if one.noise:
        names = sorted(set(targets))
        targets = [luck.choice(names) if luck.random() < one.noise else target for target in targets]
    return [(text, pair, target) for (text, pair, _), target in zip(rows, targets, strict=True)]


def plan_of(one: Recipe, file: Path) -> TrainingPlan:
    """The plan of a recipe for the rows in `file`."""
    source = SOURCES[one.source]
    roles = {"text": "text", **({"text_pair": "pair"} if source.pair else {})}
    shape: dict[str, Any] = {"layers": one.layers, "hidden_size": one.width, "heads": 2, "vocabulary": one.vocabulary}
    plan = TrainingPlan(
        dataset=DatasetSpec(path=str(file), columns={**roles, "number" if source.number else "label": "target"}),
        task=Choice(name="text-regression" if source.number else "text-classification"),
        loss=Choice(name="mean-squared-error" if source.number else "cross-entropy"),
        model=ModelSpec(source="offline") if one.offline else ModelSpec(source="scratch", options=shape),
        max_length=32,
        batch_size=16,
    )
    return msgspec.structs.replace(plan, **one.plan)


def recorded(one: Recipe, events: Sequence[Event], plan: TrainingPlan) -> dict[str, Any]:
    """The numbers of a finished run."""
    steps = [event for event in events if isinstance(event, StepDone)]
    looks = [event for event in events if isinstance(event, Evaluated) and event.part == "validation"]
    begun = next(event for event in events if isinstance(event, RunStarted))
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert not finished.details, finished.details
    dataset = msgspec.structs.replace(plan.dataset, path=f"{one.source}.csv")
    return {
        "origin": "engine",
        "plan": msgspec.to_builtins(msgspec.structs.replace(plan, dataset=dataset)),
        "headline": begun.headline,
        "higher_is_better": begun.higher_is_better,
        "steps_planned": begun.steps,
        "steps_per_epoch": begun.steps_per_epoch,
        "train_rows": begun.train_rows,
        "validation_rows": begun.validation_rows,
        "outcome": finished.outcome,
        "baseline": looks[-1].measures.baseline if looks else {},
        "losses": [step.loss for step in steps],
        "rates": [step.learning_rate for step in steps],
        "norms": [step.grad_norm for step in steps],
        "looks": [
            {
                "step": look.step,
                "loss": look.loss,
                "metrics": look.measures.metrics,
                **({"confusion": look.measures.confusion} if _is_small(look.measures.confusion) else {}),
            }
            for look in looks
        ],
    }


def _is_small(confusion: Sequence[Any]) -> bool:
    return 0 < len(confusion) <= CLASSES_IN_FULL


def wanted(parts: Sequence[str], is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, Recipe]]:
    """The recipes whose names contain one of `parts` (all, if there are none) and that are still `is_wanted`."""
    fresh = {f"drawn-{number:02}": drawn(number) for number in range(DRAWN)}
    fresh |= {f"drawn-usual-{number:02}": usual(number) for number in range(USUAL)}
    for name, one in (RECIPES | fresh).items():
        if is_wanted(name) and (not parts or any(part in name for part in parts)):
            yield name, one


def main() -> None:
    """Record what is missing."""
    shared, parts = Path(sys.argv[1]), sys.argv[2:]
    FOLDER.mkdir(exist_ok=True)
    for name, one in wanted(parts, lambda name: not (FOLDER / f"{name}.json").exists()):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{one.source}.csv"
            with open(file, "w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([("text", "pair", "target"), *rows_of(one, shared)])
            studio = Studio(Path(folder) / "workspace", settings_path=Path(folder) / "settings.json")
            plan = plan_of(one, file)
            save(name, recorded(one, list(studio.start(plan).events()), plan))
        print(f"{name:28} {time.perf_counter() - began:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
