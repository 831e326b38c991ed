"""A knob says what is legal, what is near, and never raises."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.options import Option, check_options, defaults
from workbench.core.plan import PLAN_OPTIONS, SCRATCH_OPTIONS, VALIDATION_SHARE, DatasetSpec, TrainingPlan

EVERY = (*PLAN_OPTIONS, *SCRATCH_OPTIONS, VALIDATION_SHARE)
anything = st.one_of(st.integers(), st.floats(), st.text(max_size=8), st.booleans())


@given(st.sampled_from(EVERY), anything)
def test_that_the_nearest_value_is_always_legal(option: Option, value) -> None:
    assert option.check(option.nearest(value)) is None


@given(st.sampled_from(EVERY), anything)
def test_that_a_refusal_names_the_knob_and_what_is_possible(option: Option, value) -> None:
    problem = option.check(value)
    if problem is None:
        assert option.nearest(value) == value
    else:
        assert problem.field == option.name
        assert problem.where
        assert problem.remedy


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1, 11, "3", True, None])
def test_that_a_learning_rate_out_of_bounds_is_refused(value) -> None:
    rate = next(option for option in PLAN_OPTIONS if option.name == "learning_rate")
    assert rate.check(value) is not None
    assert rate.check(3e-5) is None


def test_that_every_unknown_and_illegal_value_is_told_at_once() -> None:
    problems = check_options(PLAN_OPTIONS, {"epochs": 0, "batch_size": 1.5, "speed": 3, "seed": 7})
    assert {problem.field for problem in problems} == {"epochs", "batch_size", "speed"}


def test_that_the_plans_defaults_are_the_declared_ones() -> None:
    plan = TrainingPlan(dataset=DatasetSpec(path="x.csv"))
    assert {option.name: getattr(plan, option.name) for option in PLAN_OPTIONS} == defaults(PLAN_OPTIONS)
    assert plan.dataset.validation_share == VALIDATION_SHARE.default


@pytest.mark.parametrize("option", EVERY, ids=lambda option: option.name)
def test_that_every_knob_explains_itself_in_few_words(option: Option) -> None:
    assert 20 <= len(option.help) <= 200
    assert option.check(option.default) is None
    assert "!" not in option.help


def test_that_five_knobs_or_fewer_are_visible_at_once() -> None:
    assert 1 <= sum(option.primary for option in PLAN_OPTIONS) <= 5
