"""The ways of keeping rows aside, as front ends ask for them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.plan import Choice, DatasetSpec, TrainingPlan, plan_from_json, to_json
from workbench.studio import Studio, split_words, splits, with_split
from workbench.studio.advice import differing


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "workspace", settings_path=tmp_path / "settings.json")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    rows = "".join(
        f"text number {n},{'good' if n % 4 else 'bad'},c{n // 5},2024-{1 + n // 28:02}-{1 + n % 28:02}\n"
        for n in range(200)
    )
    path.write_text(f"text,label,customer,day\n{rows}", encoding="utf-8")
    return path


def plan_of(data: Path, split: str = "even", **options: str) -> TrainingPlan:
    spec = DatasetSpec(
        path=str(data), columns={"text": "text", "label": "label"}, split=Choice(name=split, options=options)
    )
    return TrainingPlan(dataset=spec, seed=5)


def test_that_every_split_is_declared_with_its_knobs(studio: Studio) -> None:
    assert list(studio.splits()) == ["even", "random", "group", "time"]
    kinds = {name: [option.kind for option in entry.options] for name, entry in studio.splits().items()}
    assert kinds == {"even": [], "random": [], "group": ["column"], "time": ["column", "choice"]}
    assert all(entry.title and entry.help for entry in splits().values())


@pytest.mark.parametrize(
    ("split", "options"),
    [("even", {}), ("random", {}), ("group", {"column": "customer"}), ("time", {"column": "day"})],
)
def test_that_a_preview_counts_the_parts_of_the_run(
    studio: Studio, data: Path, split: str, options: dict[str, str]
) -> None:
    preview = studio.split_preview(plan_of(data, split, **options))
    train, validation = preview.parts
    assert (train.name, validation.name) == ("train", "validation")
    assert (train.rows, validation.rows) == (170, 30)
    assert sum(train.classes.values()) == 170
    assert set(validation.classes) == {"good", "bad"}
    assert (preview.split, preview.seed, preview.skipped, preview.rows) == (split, 5, 0, 200)
    assert preview.words
    assert all(column in preview.words for column in options.values())


def test_that_numbers_are_told_by_mean_and_spread(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("text,score\n" + "".join(f"text number {n},{n}\n" for n in range(101)), encoding="utf-8")
    spec = DatasetSpec(path=str(path), columns={"text": "text", "number": "score"}, validation_share=0.2)
    train, validation = studio.split_preview(TrainingPlan(dataset=spec, task=Choice(name="text-regression"))).parts
    assert train.mean is not None
    assert validation.mean is not None
    assert (train.mean * train.rows + validation.mean * validation.rows) / 101 == pytest.approx(50)
    assert train.spread == pytest.approx(29.15, rel=0.05)
    assert train.classes == {}


def test_that_given_files_are_parts_too(studio: Studio, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("text,label\none,good\ntwo,bad\n,bad\n", encoding="utf-8")
    plan = plan_of(data, "group", column="customer")
    dataset = msgspec.structs.replace(plan.dataset, validation_path=str(other), test_path=str(other))
    preview = studio.split_preview(msgspec.structs.replace(plan, dataset=dataset))
    assert [(part.name, part.rows) for part in preview.parts] == [("train", 200), ("validation", 2), ("test", 2)]
    assert (preview.split, preview.skipped, preview.rows) == ("file", 2, 206)
    assert with_split(msgspec.structs.replace(plan, dataset=dataset), Choice(name="even")).dataset.validation_path == ""


@pytest.mark.parametrize(
    ("split", "options", "codes"),
    [
        ("group", {}, {"D55"}),
        ("time", {"column": "when"}, {"D56"}),
        ("group", {"column": "customer", "order": "auto"}, {"P02"}),
        ("time", {"column": "day", "order": "backwards"}, {"P01"}),
        ("by-magic", {}, {"P05"}),
        ("group", {"column": "customer"}, set()),
    ],
)
def test_that_problems_of_a_split_are_told_before_a_run(
    studio: Studio, data: Path, split: str, options: dict[str, str], codes: set[str]
) -> None:
    found = [problem for problem in studio.problems(plan_of(data, split, **options)) if problem.field != "model"]
    assert {problem.code for problem in found} == codes
    assert len(found) == len(codes)
    if codes:
        with pytest.raises(WorkbenchError):
            studio.split_preview(plan_of(data, split, **options))


def test_that_a_split_travels_with_its_plan(data: Path) -> None:
    plan = plan_of(data, "time", column="day", order="day-month")
    assert plan_from_json(to_json(plan)) == plan


def test_that_a_plan_of_before_splits_is_split_as_it_was(data: Path) -> None:
    plain = msgspec.json.decode(to_json(plan_of(data)))
    del plain["dataset"]["split"]
    assert plan_from_json(msgspec.json.encode(plain)) == plan_of(data)


def test_that_differing_splits_are_said_in_words(data: Path) -> None:
    even, group = plan_of(data), plan_of(data, "group", column="customer")
    found = {one.path: one for one in differing([even, group])}
    assert set(found) == {"dataset.split", "dataset.split.column"}
    assert found["dataset.split"].values == ("At random, every class alike", "By a column: no customer on both sides")
    assert found["dataset.split.column"].values == ("–", "customer")
    assert found["dataset.split.column"].title == "Column of the group"
    assert split_words(group.dataset) == "By a column: no customer on both sides (column “customer”)"


def test_that_a_default_of_a_split_is_no_difference(data: Path) -> None:
    left_out, said = plan_of(data, "time", column="day"), plan_of(data, "time", column="day", order="auto")
    assert differing([left_out, said]) == []
