"""What sets runs apart: every setting that differs, none that does not, in words that tell them apart."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from workbench.core.options import Option
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, Reading, TrainingPlan
from workbench.insight.comparing import NOTHING, differences
from workbench.studio import Studio

PLAN = TrainingPlan(
    dataset=DatasetSpec(path="/data/reviews.csv", columns={"text": "review", "label": "mood"}),
    model=ModelSpec(source="scratch", options={"layers": 2, "hidden_size": 128}),
    optimizer=Choice(name="adamw"),
)
DECAY = Option(name="weight_decay", title="Weight decay", help="", kind="number", default=0.01)
MOMENTUM = Option(name="momentum", title="Momentum", help="", kind="number", default=0.9)
NAMES = {"optimizer": {"adamw": "AdamW", "sgd-momentum": "SGD with momentum"}}


def told(*plans: TrainingPlan | None, **more: Any) -> dict[str, tuple[str, ...]]:
    return {one.path: one.values for one in differences(plans, **more)}


def test_that_equal_plans_differ_in_nothing() -> None:
    assert differences([PLAN, PLAN, replace(PLAN)]) == []
    assert differences([PLAN]) == []
    assert differences([]) == []


def test_that_the_name_of_a_run_is_no_setting() -> None:
    assert differences([PLAN, replace(PLAN, name="another")]) == []


@pytest.mark.parametrize(
    ("changes", "path", "texts"),
    [
        ({"learning_rate": 3e-5}, "learning_rate", ("0.0001", "3e-05")),
        ({"epochs": 10}, "epochs", ("3", "10")),
        ({"patience": 2}, "patience", ("off", "2")),
        ({"max_steps": 50}, "max_steps", ("no limit", "50")),
        ({"precision": "float32"}, "precision", ("what the processor does best", "float32")),
        ({"model": ModelSpec(source="scratch", options={"layers": 4})}, "model.layers", ("2", "4")),
        ({"dataset": replace(PLAN.dataset, path="/data/other.csv")}, "dataset.path", ("reviews.csv", "other.csv")),
        ({"dataset": replace(PLAN.dataset, validation_share=0.3)}, "dataset.validation_share", ("0.15", "0.3")),
        ({"dataset": replace(PLAN.dataset, test_path="/data/t.csv")}, "dataset.test_path", (NOTHING, "t.csv")),
        (
            {"dataset": replace(PLAN.dataset, columns={"text": "title", "label": "mood"})},
            "dataset.columns",
            ("review, mood", "title, mood"),
        ),
        (
            {"dataset": replace(PLAN.dataset, reading=Reading(encoding="gbk"))},
            "dataset.reading.encoding",
            ("automatic", "gbk"),
        ),
    ],
)
def test_that_the_one_setting_that_differs_is_told(changes: dict[str, Any], path: str, texts: tuple[str, ...]) -> None:
    found = differences([PLAN, replace(PLAN, **changes)])
    assert [(one.path, one.values) for one in found] == [(path, texts)]
    assert found[0].title != path


def test_that_every_field_of_a_plan_is_compared() -> None:
    plain = msgspec.to_builtins(PLAN)
    for key, value in plain.items():
        if key in ("name", "group", "version"):
            continue
        if isinstance(value, bool | int | float):
            changed: Any = value + 1
        elif isinstance(value, str):
            changed = value + "x"
        elif "name" in value:
            changed = {**value, "name": "another"}
        else:
            changed = {**value, "location": "x"} if "location" in value else {**value, "path": "x"}
        other = msgspec.convert({**plain, key: changed}, TrainingPlan)
        assert [path.partition(".")[0] for path in told(PLAN, other)] == [key]


def test_that_a_knob_left_alone_is_its_default() -> None:
    spelled_out = replace(PLAN, optimizer=Choice(name="adamw", options={"weight_decay": 0.01}))
    declared = [{"optimizer.weight_decay": DECAY}] * 2
    assert told(PLAN, spelled_out, declared=declared) == {}
    changed = replace(PLAN, optimizer=Choice(name="adamw", options={"weight_decay": 0.1}))
    assert told(PLAN, changed, declared=declared) == {"optimizer.weight_decay": ("0.01", "0.1")}


def test_that_a_knob_that_only_one_run_has_is_told_as_missing_in_the_other() -> None:
    other = replace(PLAN, optimizer=Choice(name="sgd-momentum"))
    declared = [{"optimizer.weight_decay": DECAY}, {"optimizer.momentum": MOMENTUM}]
    assert told(PLAN, other, declared=declared, names=NAMES) == {
        "optimizer": ("AdamW", "SGD with momentum"),
        "optimizer.weight_decay": ("0.01", NOTHING),
        "optimizer.momentum": (NOTHING, "0.9"),
    }


def test_that_a_model_is_told_by_its_name_and_its_shape_only_where_it_has_one() -> None:
    offline = replace(PLAN, model=ModelSpec())
    hub = replace(PLAN, model=ModelSpec(source="hub", location="BAAI/bge-small-en-v1.5"))
    found = told(PLAN, offline, hub)
    assert found["model"] == ("from scratch", "all-MiniLM-L6-v2", "bge-small-en-v1.5")
    assert found["model.layers"] == ("2", NOTHING, NOTHING)


def test_that_files_of_the_same_name_are_told_apart() -> None:
    other = replace(PLAN, dataset=replace(PLAN.dataset, path="C:\\old\\reviews.csv"))
    assert told(PLAN, other) == {"dataset.path": ("/data/reviews.csv", "C:\\old\\reviews.csv")}


def test_that_rates_that_look_alike_are_told_apart() -> None:
    found = told(replace(PLAN, learning_rate=0.00012345678), replace(PLAN, learning_rate=0.00012345679))
    assert found == {"learning_rate": ("0.00012345678", "0.00012345679")}


def test_that_a_validation_file_wins_over_the_share() -> None:
    with_file = replace(PLAN.dataset, validation_path="/v.csv")
    other = replace(with_file, validation_share=0.5)
    assert told(replace(PLAN, dataset=with_file), replace(PLAN, dataset=other)) == {}
    assert told(PLAN, replace(PLAN, dataset=with_file)) == {
        "dataset.split": ("even", NOTHING),
        "dataset.validation_path": (NOTHING, "v.csv"),
        "dataset.validation_share": ("0.15", NOTHING),
    }


def test_that_a_plan_that_is_lost_differs_from_nothing() -> None:
    assert told(PLAN, None) == {}
    assert told(PLAN, None, replace(PLAN, epochs=5)) == {"epochs": ("3", NOTHING, "5")}


def test_that_data_and_model_come_before_the_knobs() -> None:
    other = TrainingPlan(
        dataset=DatasetSpec(path="/x.csv"),
        model=ModelSpec(),
        schedule=Choice(name="constant"),
        optimizer=Choice(name="sgd"),
        epochs=7,
        seed=1,
        learning_rate=1.0,
    )
    paths = list(told(PLAN, other))
    order = ["dataset.path", "model", "epochs", "learning_rate", "seed", "optimizer", "schedule"]
    assert [path for path in paths if path in order] == order


def test_that_the_knobs_that_the_studio_declares_fit(tmp_path: Any) -> None:
    studio = Studio(tmp_path / "workspace", settings_path=tmp_path / "settings.json")
    plans = [PLAN, replace(PLAN, optimizer=Choice(name="sgd-momentum"))]
    declared = [
        {
            (option.name if group.key == "plan" else f"{group.key}.{option.name}"): option
            for group in studio.plan_options(plan)
            for option in group.options
        }
        for plan in plans
    ]
    found = differences(plans, declared, {"optimizer": {n: e.title for n, e in studio.optimizers().items()}})
    assert found[0].path == "optimizer"
    assert "optimizer.momentum" in [one.path for one in found]


def test_that_mends_are_told_without_the_key_of_pseudonyms() -> None:
    masked = Choice(name="mask-personal", options={"style": "pseudonyms", "key": 987654321})
    mended = replace(PLAN, dataset=replace(PLAN.dataset, mends=(Choice(name="drop-repeated"), masked)))
    found = told(PLAN, mended)["dataset.mends"]
    assert found[1] == "drop-repeated, mask-personal (style=pseudonyms)"
    other = replace(mended, dataset=replace(PLAN.dataset, mends=(replace(masked, options={"key": 1}),)))
    assert not any("987654321" in text for text in told(mended, other)["dataset.mends"])
