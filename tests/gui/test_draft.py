"""The draft: one truth, one signal, undo for everything, and respect for what the user touched."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import Problem
from workbench.core.plan import DatasetSpec, ModelSpec, TrainingPlan, with_value
from workbench.gui.draft import Draft, option_value, with_choice

PLAN = TrainingPlan(dataset=DatasetSpec(path="/data/a.csv", columns={"text": "t", "label": "l"}))


def opened() -> Draft:
    draft = Draft()
    draft.open(PLAN)
    return draft


def test_that_a_change_is_told_once(qtbot: Any) -> None:
    draft, told = opened(), []
    draft.changed.connect(told.append)
    draft.replace(learning_rate=3e-5)
    assert [plan.learning_rate for plan in told] == [3e-5]


def test_that_the_same_value_is_no_change(qtbot: Any) -> None:
    draft, told = opened(), []
    draft.changed.connect(told.append)
    draft.set_option("plan", "epochs", PLAN.epochs)
    assert told == []
    assert draft.undo_text == ""
    assert draft.touched == frozenset()


def test_that_problems_come_with_every_change(qtbot: Any) -> None:
    problem = Problem(code="X", what="No.")
    draft, told = Draft(lambda plan: [problem] if plan.epochs > 5 else []), []
    draft.problems.connect(told.append)
    draft.open(PLAN)
    draft.replace(epochs=6)
    assert told == [[], [problem]]


def test_that_every_group_can_be_written_and_read() -> None:
    plan = TrainingPlan(dataset=DatasetSpec(path="/a"), model=ModelSpec(source="scratch"))
    for group, name, value in (
        ("plan", "epochs", 7),
        ("dataset", "validation_share", 0.3),
        ("model", "layers", 3),
        ("task", "class_weights", "balanced"),
        ("loss", "smoothing", 0.1),
        ("optimizer", "weight_decay", 0.2),
        ("schedule", "warmup", 0.05),
    ):
        plan = with_value(plan, group, name, value)
        assert option_value(plan, group, name, None) == value
    assert plan.epochs == 7
    assert plan.optimizer.options == {"weight_decay": 0.2}


def test_that_undo_and_redo_name_and_restore_the_step(qtbot: Any) -> None:
    draft = opened()
    draft.set_option("plan", "epochs", 9, "Change epochs")
    assert draft.undo_text == "Change epochs"
    draft.undo()
    assert draft.plan == PLAN
    assert draft.touched == frozenset()
    assert draft.redo_text == "Change epochs"
    draft.redo()
    assert draft.plan.epochs == 9
    assert draft.touched == {"epochs"}


def test_that_stepping_one_value_is_one_step_of_undo_until_the_field_is_left(qtbot: Any) -> None:
    draft = opened()
    for epochs in (4, 5, 6):
        draft.set_option("plan", "epochs", epochs)
    draft.end_merge()
    draft.set_option("plan", "epochs", 7)
    draft.undo()
    assert draft.plan.epochs == 6
    draft.undo()
    assert draft.plan.epochs == 3


def test_that_defaults_of_a_model_leave_touched_values_alone(qtbot: Any) -> None:
    draft = opened()
    draft.set_option("plan", "epochs", 20)
    other = msgspec.structs.replace(draft.plan, model=ModelSpec(source="scratch"), epochs=10, learning_rate=5e-4)
    draft.take_defaults(other, "Choose model")
    assert draft.plan.epochs == 20
    assert draft.plan.learning_rate == 5e-4
    assert draft.plan.model.source == "scratch"


def test_that_a_reset_value_follows_defaults_again(qtbot: Any) -> None:
    draft = opened()
    draft.set_option("plan", "epochs", 20)
    draft.reset_option("plan", "epochs", 3)
    draft.take_defaults(msgspec.structs.replace(draft.plan, epochs=10), "Choose model")
    assert draft.plan.epochs == 10


def test_that_another_entry_of_a_family_starts_with_its_own_defaults() -> None:
    plan = with_value(PLAN, "optimizer", "weight_decay", 0.5)
    assert with_choice(plan, "optimizer", "sgd").optimizer.options == {}


edits = st.lists(
    st.one_of(
        st.tuples(st.just("epochs"), st.integers(1, 1000)),
        st.tuples(st.just("batch_size"), st.integers(1, 4096)),
        st.tuples(st.just("learning_rate"), st.floats(1e-8, 10)),
        st.tuples(st.just("undo"), st.none()),
        st.tuples(st.just("redo"), st.none()),
    ),
    max_size=100,
)


@settings(max_examples=50, deadline=None)
@given(edits)
def test_that_undoing_all_gives_the_first_plan_and_redoing_all_the_last(steps: list) -> None:
    draft = opened()
    for name, value in steps:
        if value is None:
            getattr(draft, name)()
        else:
            draft.set_option("plan", name, value)
            draft.end_merge()
    while draft.redo_text:
        draft.redo()
    last = draft.plan
    while draft.undo_text:
        draft.undo()
    assert draft.plan == PLAN
    while draft.redo_text:
        draft.redo()
    assert draft.plan == last
