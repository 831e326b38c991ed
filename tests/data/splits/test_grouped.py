"""Rows of one customer on one side."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.data.splits.made import numbers_of, parted, rows_of
from workbench.core.errors import WorkbenchError

SHARES = st.floats(0.02, 0.9)
SEEDS = st.integers(0, 2**31 - 1)


def sizes_of(cells: list[str]) -> Counter[str]:
    return Counter(cells)


@settings(max_examples=300, deadline=None)
@given(groups=st.lists(st.integers(0, 25), min_size=2, max_size=200), share=SHARES, seed=SEEDS)
def test_that_no_group_is_in_both_halves_and_the_share_is_as_near_as_groups_allow(
    groups: list[int], share: float, seed: int
) -> None:
    cells = [f"customer {group}" for group in groups]
    assume(len(set(cells)) > 1)
    parts = parted(numbers_of(len(cells), cells), "group", share, seed)
    learned, kept = ({cells[place] for place in part} for part in (parts.training, parts.validation))
    assert not learned & kept
    assert learned
    assert kept
    assert sorted([*parts.training, *parts.validation]) == list(range(len(cells)))
    assert parted(numbers_of(len(cells), cells), "group", share, seed) == parts
    wanted = min(max(round(share * len(cells)), 1), len(cells) - 1)
    largest = max(sizes_of(cells).values())
    # One group has to stay behind, however large the share is, and one has to go, however small.
    if len(learned) > 1 and len(kept) > 1:
        assert abs(len(parts.validation) - wanted) <= largest / 2


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30)), min_size=4, max_size=200),
    share=SHARES,
    seed=SEEDS,
)
def test_that_every_class_stays_among_the_training_rows(rows: list[tuple[str, int]], share: float, seed: int) -> None:
    labels, cells = [label for label, _ in rows], [f"g{group}" for _, group in rows]
    holders = [{cell for other, cell in zip(labels, cells, strict=True) if other == label} for label in set(labels)]
    if {cell for held in holders if len(held) == 1 for cell in held} == set(cells):  # each has all rows of some class
        with pytest.raises(WorkbenchError) as error:
            parted(rows_of(labels, cells), "group", share, seed)
        assert [problem.code for problem in error.value.problems] == ["D58"]
        return
    parts = parted(rows_of(labels, cells), "group", share, seed)
    assert {labels[place] for place in parts.training} == set(labels)
    assert not {cells[place] for place in parts.training} & {cells[place] for place in parts.validation}
    assert parts.validation


def test_that_many_small_groups_give_the_share_and_the_classes_theirs() -> None:
    cells = [f"c{place // 3}" for place in range(3000)]
    labels = ["abc"[(place * 7 + place // 11) % 3] for place in range(3000)]
    for seed in range(5):
        parts = parted(rows_of(labels, cells), "group", 0.2, seed)
        counts = Counter(labels[place] for place in parts.validation)
        assert len(parts.validation) == 600
        assert all(abs(counts[label] - 0.2 * labels.count(label)) <= 10 for label in "abc")


def test_that_groups_of_one_class_each_are_drawn_from_every_class() -> None:
    labels = [label for label in "abcd" for _ in range(200)]
    cells = [f"{label}{place // 10}" for place, label in enumerate(labels)]
    parts = parted(rows_of(labels, cells), "group", 0.2, 3)
    counts = Counter(labels[place] for place in parts.validation)
    assert set(counts) == set("abcd")
    assert all(abs(count - 40) <= 10 for count in counts.values())


def test_that_another_seed_keeps_other_groups_aside() -> None:
    cells = [f"c{place // 4}" for place in range(400)]
    assert parted(numbers_of(400, cells), "group", 0.2, 1) != parted(numbers_of(400, cells), "group", 0.2, 2)


def test_that_large_groups_are_kept_aside_too() -> None:
    cells = ["large"] * 20 + [f"c{place // 2}" for place in range(180)]
    kept = [
        20 in sizes_of([cells[p] for p in parted(numbers_of(200, cells), "group", 0.3, seed).validation]).values()
        for seed in range(40)
    ]
    assert 2 <= sum(kept) <= 38


def test_that_names_are_the_same_whatever_their_case_and_spaces() -> None:
    cells = ["Ann", "ann ", "ANN", "Bob", "bob", " Bob"] * 5
    parts = parted(numbers_of(30, cells), "group", 0.5)
    assert {cells[place].strip().casefold() for place in parts.validation} in ({"ann"}, {"bob"})
    assert len(parts.validation) == 15


def test_that_rows_without_a_group_stand_alone() -> None:
    cells = ["", "nan", " "] * 20 + ["a", "b"] * 20
    parts = parted(numbers_of(100, cells), "group", 0.3)
    assert len(parts.validation) == 30
    assert {cells[place] for place in parts.validation} & {"", "nan", " "}
    assert {cells[place] for place in parts.training} & {"", "nan", " "}


@pytest.mark.parametrize("cells", [["same"] * 10, ["same", "SAME "] * 5])
def test_that_one_group_cannot_be_parted(cells: list[str]) -> None:
    with pytest.raises(WorkbenchError, match="same value") as error:
        parted(numbers_of(10, cells), "group")
    assert error.value.problems[0].field == "split"


def test_that_a_group_for_each_class_cannot_be_parted() -> None:
    with pytest.raises(WorkbenchError, match="all rows of some class"):
        parted(rows_of(["a"] * 5 + ["b"] * 5, ["x"] * 5 + ["y"] * 5), "group")
