"""Rows drawn by lot."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.splits.made import numbers_of, parted, rows_of
from workbench.data.split import split

SEEDS = st.integers(0, 2**31 - 1)
SHARES = st.floats(0.01, 0.9)
LABELLED = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 40)), min_size=2, max_size=150)


@settings(max_examples=100, deadline=None)
@given(rows=LABELLED, share=SHARES, seed=SEEDS)
def test_that_even_is_the_split_of_older_plans_to_the_row(rows: list[tuple[str, int]], share: float, seed: int) -> None:
    labels, keys = [label for label, _ in rows], [key for _, key in rows]
    parts = parted(rows_of(labels, keys=keys), "even", share, seed)
    assert (parts.training, parts.validation) == split(labels, keys, share, seed)
    assert not parts.left_out


@settings(max_examples=200, deadline=None)
@given(rows=LABELLED, share=SHARES, seed=SEEDS)
def test_that_a_random_split_loses_no_row_no_class_and_parts_no_text(
    rows: list[tuple[str, int]], share: float, seed: int
) -> None:
    labels, keys = [label for label, _ in rows], [key for _, key in rows]
    parts = parted(rows_of(labels, keys=keys), "random", share, seed)
    assert sorted([*parts.training, *parts.validation]) == list(range(len(rows)))
    assert not {keys[place] for place in parts.training} & {keys[place] for place in parts.validation}
    assert {labels[place] for place in parts.training} == set(labels)
    assert list(parts.validation) == sorted(parts.validation)
    assert parted(rows_of(labels, keys=keys), "random", share, seed) == parts


def test_that_a_random_split_keeps_the_share_to_the_row() -> None:
    for share, wanted in ((0.1, 100), (0.25, 250), (0.9, 900)):
        assert len(parted(numbers_of(1000), "random", share).validation) == wanted


def test_that_only_even_gives_each_class_its_share() -> None:
    labels = ["often"] * 900 + ["rare"] * 100
    shares = {
        name: {
            Counter(labels[place] for place in parted(rows_of(labels), name, 0.2, seed).validation)["rare"]
            for seed in range(12)
        }
        for name in ("even", "random")
    }
    assert shares["even"] == {20}
    assert len(shares["random"]) > 3
