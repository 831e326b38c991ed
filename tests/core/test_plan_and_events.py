"""Plans and events go through JSON unchanged; damage and newer versions are told in words."""

from __future__ import annotations

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import WorkbenchError
from workbench.core.events import (
    ClassMeasure,
    Evaluated,
    Event,
    Measures,
    ModelSaved,
    Notice,
    PhaseChanged,
    RunFinished,
    RunStarted,
    StepDone,
    decode_event,
    encode_event,
)
from workbench.core.fields import LABEL, NUMBER, TEXT, FieldError
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, Reading, TrainingPlan, plan_from_json, to_json
from workbench.core.predictions import Scores

text = st.text(max_size=20)
scalars = st.one_of(st.booleans(), st.integers(-1000, 1000), st.floats(allow_nan=False, allow_infinity=False), text)
choices = st.builds(Choice, name=text, options=st.dictionaries(text, scalars, max_size=3))
plans = st.builds(
    TrainingPlan,
    dataset=st.builds(
        DatasetSpec, path=text, columns=st.dictionaries(text, text, max_size=3), reading=st.just(Reading())
    ),
    task=choices,
    model=st.builds(ModelSpec, location=text),
    loss=choices,
    optimizer=choices,
    schedule=choices,
    name=text,
    learning_rate=st.floats(1e-8, 10),
    version=st.just(1),
)


@given(plans)
def test_that_a_plan_survives_json(plan: TrainingPlan) -> None:
    again = plan_from_json(to_json(plan))
    assert msgspec.json.encode(again) == msgspec.json.encode(plan)


@given(st.binary(max_size=60))
def test_that_a_damaged_plan_is_a_problem_in_words(data: bytes) -> None:
    with pytest.raises(WorkbenchError) as refusal:
        plan_from_json(data)
    assert refusal.value.problems[0].remedy


def test_that_a_plan_of_a_newer_version_is_refused_politely() -> None:
    plan = TrainingPlan(dataset=DatasetSpec(path="a.csv"), version=99)
    with pytest.raises(WorkbenchError, match="newer version"):
        plan_from_json(to_json(plan))


MEASURES = Measures(
    metrics={"accuracy": 0.5},
    baseline={"accuracy": 0.4},
    classes=(ClassMeasure(label="好", precision=1.0, recall=0.5, f1=0.66, support=2),),
    confusion=((1, 1), (0, 2)),
)
EVENTS: list[Event] = [
    PhaseChanged(phase="tokenizing", fraction=0.4),
    RunStarted(
        run="r",
        plan=TrainingPlan(dataset=DatasetSpec(path="a.csv")),
        started=1.5,
        steps=3,
        steps_per_epoch=1,
        train_rows=10,
        validation_rows=2,
        test_rows=0,
        skipped_rows=1,
        parameters=22_700_000,
        device="CPU",
        threads=2,
        headline="macro_f1",
        higher_is_better=True,
        data_sha256="ab",
        versions={"torch": "2.13.0"},
    ),
    StepDone(step=1, epoch=0.1, loss=0.7, learning_rate=1e-4, grad_norm=2.0, rows=16, seconds=0.2),
    Evaluated(step=1, epoch=1.0, part="validation", loss=0.6, measures=MEASURES, best=True),
    ModelSaved(step=1, folder="model"),
    Notice(code="D20", message="注意", severity="warning"),
    RunFinished(outcome="stopped", steps=1, seconds=2.0, best_step=1),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_that_every_event_survives_one_line_of_json(event: Event) -> None:
    line = encode_event(event)
    assert b"\n" not in line
    assert decode_event(line) == event


def test_that_a_loss_that_was_not_finite_comes_back_as_nan() -> None:
    event = StepDone(step=1, epoch=0.1, loss=math.inf, learning_rate=1e-4, grad_norm=math.nan, rows=16, seconds=0.2)
    line = encode_event(event)
    json.loads(line, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    again = decode_event(line)
    assert isinstance(again, StepDone)
    assert math.isnan(again.loss)
    assert again.rows == 16


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("3", 3.0),
        (" 4.5 ", 4.5),
        ("5.", 5.0),
        (".5", 0.5),
        ("2,5", 2.5),
        (",5", 0.5),
        ("0,125", 0.125),
        ("1234,567", 1234.567),
        ("-1e3", -1000.0),
        ("1,234.5", 1234.5),
        ("-1,234,567", -1234567.0),
        ("1.234,5", 1234.5),
        ("1.234.567", 1234567.0),
        ("1.234", 1.234),
        ("１２．５", 12.5),
        ("－３，５", -3.5),
        ("１，２３４，５６７", 1234567.0),
        ("−2", -2.0),
    ],
)
def test_that_a_number_is_read_where_its_marks_have_one_meaning(raw: str, number: float) -> None:
    assert NUMBER.parse(raw) == number


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "  ",
        "abc",
        "nan",
        "-inf",
        "∞",
        "1e999",
        "1,2,3",
        "1_000",
        "1 000",
        "12,34,567",
        "10²",
        "1,234",
        "１，２３４",
    ],
)
def test_that_a_cell_without_a_plain_number_is_refused_in_words(raw: str, english: None) -> None:
    with pytest.raises(FieldError) as refused:
        NUMBER.parse(raw)
    assert len(str(refused.value)) > 10


@given(st.integers(-(10**12), 10**12), st.integers(0, 99))
def test_that_every_way_to_write_a_number_is_read_as_that_number_or_refused(whole: int, cents: int) -> None:
    number = float(f"{whole}.{cents:02}")
    point = f"{whole:,}.{cents:02}"
    for raw in (point, point.replace(",", ""), point.translate({0x2C: ".", 0x2E: ","})):
        assert NUMBER.parse(raw) == number
    grouped = f"{whole:,}"
    if grouped.count(",") == 1:
        with pytest.raises(FieldError):
            NUMBER.parse(grouped)
    else:
        assert NUMBER.parse(grouped) == whole


def test_that_text_is_kept_and_labels_are_trimmed() -> None:
    assert TEXT.parse("  two  spaces ") == "  two  spaces "
    assert LABEL.parse(" good ") == "good"
    for field in (TEXT, LABEL):
        with pytest.raises(FieldError):
            field.parse(" \t")


def test_that_scores_are_ranked_by_probability() -> None:
    scores = Scores(labels=("a", "b", "c"), logits=(0.0, 2.0, 1.0), probabilities=(0.1, 0.6, 0.3))
    assert scores.label == "b"
    assert [label for label, _, _ in scores.ranked()] == ["b", "c", "a"]
