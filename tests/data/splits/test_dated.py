"""The newest rows kept aside."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.data.splits.made import numbers_of, parted, rows_of
from workbench.core.errors import WorkbenchError


def written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y年%m月%d日 %H:%M:%S")


@settings(max_examples=300, deadline=None)
@given(
    times=st.lists(st.integers(0, 40).map(lambda day: day * 86_400), min_size=2, max_size=150),
    share=st.floats(0.02, 0.9),
    seeds=st.tuples(st.integers(0, 99), st.integers(100, 199)),
)
def test_that_no_training_row_is_as_new_as_any_kept_aside(
    times: list[int], share: float, seeds: tuple[int, int]
) -> None:
    assume(len(set(times)) > 1)
    rows = numbers_of(len(times), [written(second) for second in times])
    parts = parted(rows, "time", share, seeds[0])
    assert max(times[place] for place in parts.training) < min(times[place] for place in parts.validation)
    assert sorted([*parts.training, *parts.validation]) == list(range(len(times)))
    assert parts == parted(rows, "time", share, seeds[1])  # nothing is drawn
    wanted = min(max(round(share * len(times)), 1), len(times) - 1)
    assert abs(len(parts.validation) - wanted) <= max(Counter(times).values())


def test_that_different_times_give_the_share_to_the_row() -> None:
    cells = [str(1_700_000_000 + 60 * ((place * 37) % 500)) for place in range(500)]
    parts = parted(numbers_of(500, cells), "time", 0.15)
    assert len(parts.validation) == 75
    assert min(int(cells[place]) for place in parts.validation) == 1_700_000_000 + 60 * 425


def test_that_rows_without_a_date_are_left_out_with_the_reason() -> None:
    cells = [f"2024-01-{day:02}" for day in range(1, 29)] + ["", "soon"]
    parts = parted(numbers_of(30, cells), "time", 0.25)
    assert sorted(parts.left_out) == [28, 29]
    assert "missing" in parts.left_out[28]
    assert "soon" in parts.left_out[29]
    assert len(parts.training) + len(parts.validation) == 28


def test_that_a_label_only_the_newest_rows_have_is_left_out() -> None:
    cells = [f"2024-01-{day:02}" for day in range(1, 31)]
    labels = ["ab"[day % 2] for day in range(30)]
    labels[-1] = "new"
    parts = parted(rows_of(labels, cells), "time", 0.2)
    assert list(parts.left_out) == [29]
    assert "new" in parts.left_out[29]
    assert list(parts.validation) == [24, 25, 26, 27, 28]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["2024-05-01"] * 10, "D59"),
        (["yes", "no"] * 5, "D57"),
        (["2024-05-01", "2024-05-02", "x", "y", "z", "", "", "", "", ""], "D57"),
    ],
)
def test_that_a_column_without_times_is_refused(cells: list[str], code: str) -> None:
    with pytest.raises(WorkbenchError) as error:
        parted(numbers_of(10, cells), "time")
    assert [problem.code for problem in error.value.problems] == [code]
    assert error.value.problems[0].remedy


def test_that_older_rows_of_one_label_are_refused() -> None:
    cells = [f"2024-01-{day:02}" for day in range(1, 11)]
    with pytest.raises(WorkbenchError) as error:
        parted(rows_of(["a"] * 8 + ["b", "a"], cells), "time", 0.2)
    assert error.value.problems[0].code == "D58"


def test_that_the_order_of_day_and_month_can_be_said() -> None:
    cells = ["01/02/2024", "02/01/2024", "03/03/2024"]
    day, month = (parted(numbers_of(3, cells), "time", 0.6, order=order) for order in ("day-month", "month-day"))
    assert list(day.validation) == [0, 2]
    assert list(month.validation) == [1, 2]
