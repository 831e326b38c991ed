"""Every class equally often: the same from the plan alone, and the same again after a pause."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.test_resume import plan, same, story, told, weights
from workbench.core.plan import Choice, DatasetSpec, TrainingPlan
from workbench.engine.batches import EncodedRows, balanced_rows, classes_to_balance, training_batches, training_steps

__all__ = ["plan"]  # a fixture

CLASSES = st.lists(st.sampled_from([0, 0, 0, 0, 1, 2]), min_size=1, max_size=200).map(np.array)
SEEDS = st.integers(0, 2**31 - 1)


@given(CLASSES, SEEDS, st.integers(0, 60))
def test_that_every_class_comes_equally_often_in_as_many_rows(classes: np.ndarray, seed: int, epoch: int) -> None:
    rows = balanced_rows(classes, seed=seed, epoch=epoch)
    counts = np.bincount(np.unique(classes[rows], return_inverse=True)[1])
    assert len(rows) == len(classes)
    assert set(classes[rows]) == set(classes)
    assert counts.max() - counts.min() <= 1
    assert rows.tolist() == balanced_rows(classes, seed=seed, epoch=epoch).tolist()


@given(CLASSES, SEEDS, st.integers(1, 12))
def test_that_the_rows_of_a_class_come_equally_often_whatever_the_number_of_epochs(
    classes: np.ndarray, seed: int, epochs: int
) -> None:
    drawn = np.concatenate([balanced_rows(classes, seed=seed, epoch=epoch) for epoch in range(epochs)])
    times = np.bincount(drawn, minlength=len(classes))
    for label in set(classes):
        of_class = times[classes == label]
        assert of_class.max() - of_class.min() <= 1


@given(CLASSES, SEEDS, st.integers(1, 30))
def test_that_batches_are_as_many_and_as_large_as_before(classes: np.ndarray, seed: int, batch_size: int) -> None:
    lengths = np.arange(1, len(classes) + 1)
    plain = training_batches(lengths, batch_size, seed=seed, epoch=2)
    balanced = training_batches(lengths, batch_size, seed=seed, epoch=2, classes=classes)
    assert sorted(map(len, plain)) == sorted(map(len, balanced))


def test_that_epochs_and_seeds_draw_in_different_orders() -> None:
    classes = np.array([0] * 90 + [1] * 10)
    orders = [
        np.concatenate(training_batches(np.ones(100), 8, seed=seed, epoch=epoch, classes=classes)).tolist()
        for seed, epoch in ((1, 0), (1, 1), (2, 0))
    ]
    assert orders[0] != orders[1] != orders[2] != orders[0]


@given(CLASSES, st.integers(1, 9), st.integers(1, 3), st.data())
def test_that_steps_go_on_after_any_step_as_if_they_had_never_stopped(
    classes: np.ndarray, batch_size: int, epochs: int, data: st.DataObject
) -> None:
    plan = TrainingPlan(dataset=DatasetSpec(path=""), batch_size=batch_size, accumulation=2, epochs=epochs, seed=7)
    lengths = np.arange(1, len(classes) + 1)
    whole = list(training_steps(lengths, plan, done=0, classes=classes))
    done = data.draw(st.integers(0, len(whole)))
    rest = list(training_steps(lengths, plan, done=done, classes=classes))
    assert [[batch.tolist() for batch in step] for step in rest] == [
        [batch.tolist() for batch in step] for step in whole[done:]
    ]


def test_that_only_the_plan_decides() -> None:
    rows = EncodedRows(sequences={}, scalars={"target": np.array([0, 1, 1])}, offsets=np.array([0, 1, 2, 3]))
    plain = TrainingPlan(dataset=DatasetSpec(path=""))
    balanced = msgspec.structs.replace(plain, task=Choice(name="text-classification", options={"sampling": "balanced"}))
    assert classes_to_balance(plain, rows) is None
    assert classes_to_balance(balanced, rows) is rows.scalars["target"]


@pytest.mark.parametrize("pause_after", [1, 5, 9])
def test_that_a_balanced_run_paused_anywhere_equals_one_that_was_not(
    plan: TrainingPlan, tmp_path: Path, pause_after: int
) -> None:
    task = Choice(name="text-classification", options={"sampling": "balanced"})
    plan = msgspec.structs.replace(plan, task=task)
    whole = told(plan, tmp_path / "whole")
    parts = told(plan, tmp_path / "parts", pause_after=pause_after)
    parts += told(plan, tmp_path / "parts", resume=True)
    assert story(parts) == story(whole)
    assert same(weights(tmp_path / "parts"), weights(tmp_path / "whole"))
    plain = told(msgspec.structs.replace(plan, task=Choice(name="text-classification")), tmp_path / "plain")
    assert story(plain) != story(whole)
