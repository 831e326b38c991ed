"""Every row once, in batches of similar length, in an order that the seed decides."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from workbench.core.plan import DatasetSpec, TrainingPlan
from workbench.engine.batches import (
    RowCollector,
    evaluation_batches,
    halved,
    steps_in_epoch,
    training_batches,
    training_steps,
)

lengths = st.lists(st.integers(1, 300), min_size=1, max_size=400).map(np.array)


@given(lengths, st.integers(1, 40), st.integers(0, 2**31 - 1), st.integers(0, 50))
def test_that_an_epoch_holds_every_row_once(rows, batch_size, seed, epoch) -> None:
    batches = training_batches(rows, batch_size, seed=seed, epoch=epoch)
    assert sorted(np.concatenate(batches)) == list(range(len(rows)))
    assert sum(len(batch) != batch_size for batch in batches) <= 1


@given(lengths, st.integers(1, 40), st.integers(0, 100))
def test_that_the_order_is_a_function_of_seed_and_epoch(rows, batch_size, seed) -> None:
    once, again = (training_batches(rows, batch_size, seed=seed, epoch=3) for _ in range(2))
    assert [batch.tolist() for batch in once] == [batch.tolist() for batch in again]


def test_that_epochs_and_seeds_differ_in_their_order() -> None:
    rows = np.arange(1, 200)
    orders = [
        np.concatenate(training_batches(rows, 8, seed=seed, epoch=epoch)).tolist()
        for seed, epoch in ((1, 0), (1, 1), (2, 0))
    ]
    assert orders[0] != orders[1] != orders[2] != orders[0]


def test_that_batches_of_similar_length_waste_little_on_padding() -> None:
    rows = np.random.default_rng(0).lognormal(3.2, 0.8, size=4000).astype(int).clip(3, 128)

    def padded(batches: list[np.ndarray]) -> float:
        return sum(rows[batch].max() * len(batch) for batch in batches) / rows.sum()

    order = np.random.default_rng(1).permutation(len(rows))
    assert padded(training_batches(rows, 16, seed=1, epoch=0)) < 1.08
    assert padded([order[start : start + 16] for start in range(0, len(rows), 16)]) > 1.8


@given(lengths, st.integers(1, 40))
def test_that_evaluation_sees_every_row_once_the_longest_first(rows, batch_size) -> None:
    batches = evaluation_batches(rows, batch_size)
    assert sorted(np.concatenate(batches)) == list(range(len(rows)))
    assert rows[batches[0]].max() == rows.max()


@given(lengths, st.integers(1, 20), st.integers(1, 4), st.integers(1, 4), st.data())
def test_that_steps_go_on_after_any_step_as_if_they_had_never_stopped(
    rows, batch_size, accumulation, epochs, data
) -> None:
    plan = TrainingPlan(
        dataset=DatasetSpec(path=""), batch_size=batch_size, accumulation=accumulation, epochs=epochs, seed=7
    )
    whole = list(training_steps(rows, plan, done=0))
    assert len(whole) == epochs * steps_in_epoch(len(rows), batch_size, accumulation)
    done = data.draw(st.integers(0, len(whole)))
    rest = list(training_steps(rows, plan, done=done))
    assert [[batch.tolist() for batch in step] for step in rest] == [
        [batch.tolist() for batch in step] for step in whole[done:]
    ]


@given(st.integers(1, 60), st.integers(1, 64))
def test_that_smaller_pieces_hold_the_same_rows_in_the_same_order(size, parts) -> None:
    pieces = halved([np.arange(size)], parts)
    assert np.concatenate(pieces).tolist() == list(range(size))
    assert max(map(len, pieces)) - min(map(len, pieces)) <= 1
    assert min(map(len, pieces)) > 0


@given(st.lists(st.lists(st.integers(0, 30000), min_size=1, max_size=20), min_size=1, max_size=30))
def test_that_flat_rows_come_back_as_they_went_in(rows) -> None:
    collector = RowCollector()
    for number, row in enumerate(rows):
        collector.add({"input_ids": np.array(row, dtype=np.int32), "target": number})
    encoded = collector.rows()
    assert encoded.lengths.tolist() == [len(row) for row in rows]
    for number, item in reversed(list(enumerate(encoded.take(range(len(rows)))))):
        assert_array_equal(item["input_ids"], rows[number])
        assert item["target"] == number
