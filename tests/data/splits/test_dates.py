"""What cells say of a day and a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.splits.dates import Local, read_date
from workbench.data.splits.moments import moments_of


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> float:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2024-05-01", at(2024, 5, 1)),
        (" 2024-05-01T10:30:15Z ", at(2024, 5, 1, 10, 30, 15)),
        ("2024-05-01 10:30:15.250+08:00", at(2024, 5, 1, 2, 30, 15) + 0.25),
        ("2024-05-01T10:30:15+0800", at(2024, 5, 1, 2, 30, 15)),
        ("2024-5-1 9:05", at(2024, 5, 1, 9, 5)),
        ("2024/05/01 22:01", at(2024, 5, 1, 22, 1)),
        ("2024.05.01", at(2024, 5, 1)),
        ("2024. 5. 1", at(2024, 5, 1)),
        ("2024-05", at(2024, 5, 1)),
        ("2024-05-01T24:00:00", at(2024, 5, 2)),
        ("1970-01-01", 0.0),
        ("1969-07-20T20:17:00Z", at(1969, 7, 20, 20, 17)),
        ("2024年5月1日", at(2024, 5, 1)),
        ("2024 年 05 月 01 日 10时30分20秒", at(2024, 5, 1, 10, 30, 20)),
        ("2024年5月1日 下午3点05分", at(2024, 5, 1, 15, 5)),
        ("2024年5月1日上午12:10", at(2024, 5, 1, 0, 10)),
        ("２０２４年５月１日", at(2024, 5, 1)),
        ("2024年5月1日 星期三 10:00", at(2024, 5, 1, 10)),
        ("2024年5月", at(2024, 5, 1)),
        ("24年5月1号", at(2024, 5, 1)),
        ("二〇二四年五月一日", at(2024, 5, 1)),
        ("二〇二四年十二月二十一日", at(2024, 12, 21)),
        ("民国113年5月1日", at(2024, 5, 1)),
        ("2024年5月1日(水) 10:00", at(2024, 5, 1, 10)),
        ("2024년 5월 1일 오후 3:00", at(2024, 5, 1, 15)),
        ("1 May 2024", at(2024, 5, 1)),
        ("1st of May 2024", None),
        ("May 1, 2024", at(2024, 5, 1)),
        ("May 1, 2024 at 3:07 PM", at(2024, 5, 1, 15, 7)),
        ("Wednesday, 1 May 2024", at(2024, 5, 1)),
        ("Wed, 01 May 2024 10:00:00 GMT", at(2024, 5, 1, 10)),
        ("Wed May 01 10:00:00 +0000 2024", at(2024, 5, 1, 10)),
        ("Fri Feb 20 11:54:00 PST 2015", at(2015, 2, 20, 19, 54)),
        ("Wed May 01 2024 10:00:00 GMT+0800 (China Standard Time)", at(2024, 5, 1, 2)),
        ("01/May/2024:10:00:00 +0000", at(2024, 5, 1, 10)),
        ("1-May-24", at(2024, 5, 1)),
        ("1. Mai 2024", at(2024, 5, 1)),
        ("3. März 2024", at(2024, 3, 3)),
        ("14 juillet 2023", at(2023, 7, 14)),
        ("2 de enero de 2024", at(2024, 1, 2)),
        ("Sept. 5, 2023", at(2023, 9, 5)),
        ("May 2024", at(2024, 5, 1)),
        ("", None),
        ("soon", None),
        ("5 stars 20", None),
        ("2024-02-30", None),
        ("2023-13-01", None),
        ("二十", None),
        ("a" * 5000 + "1", None),
        ("12:30", None),
    ],
)
def test_that_a_date_is_read_in_any_common_form(cell: str, moment: float | None) -> None:
    assert read_date(cell) == moment


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("1714557600", at(2024, 5, 1, 10)),
        ("1714557600.5", at(2024, 5, 1, 10) + 0.5),
        ("1714557600000", at(2024, 5, 1, 10)),
        ("1714557600000000", at(2024, 5, 1, 10)),
        ("1714557600000000000", at(2024, 5, 1, 10)),
        ("1.7145576E9", at(2024, 5, 1, 10)),
        ("20240501", at(2024, 5, 1)),
        ("20240501100000", at(2024, 5, 1, 10)),
        ("202405011000", at(2024, 5, 1, 10)),
    ],
)
def test_that_digits_alone_are_days_or_seconds_since_1970(cell: str, moment: float) -> None:
    assert moments_of([cell]).values == [moment]


DAYS = st.dates(date(1971, 1, 1), date(2068, 12, 31))
FORMS = {
    "day-month": ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y %H:%M", "%d/%m/%y", "%d.%m.%y"),
    "month-day": ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y %I:%M %p"),
}


@settings(max_examples=150, deadline=None)
@given(days=st.lists(DAYS, min_size=1, max_size=30), form=st.sampled_from([f for fs in FORMS.values() for f in fs]))
def test_that_one_day_above_12_tells_the_order_of_the_column(days: list[date], form: str) -> None:
    days = [*days, date(2024, 5, 31)]
    found = moments_of([day.strftime(form) for day in days])
    assert found.sure
    assert found.order == ("day-month" if form in FORMS["day-month"] else "month-day")
    assert found.values == [at(day.year, day.month, day.day) for day in days]


def test_that_rows_in_order_of_time_tell_day_and_month() -> None:
    days = [date(2024, 1, 1) + timedelta(days=step) for step in range(366)]
    days = [day for day in days if day.day <= 12]
    for form, order in (("%d/%m/%Y", "day-month"), ("%m.%d.%Y", "month-day")):
        for rows in (days, days[::-1]):
            found = moments_of([day.strftime(form) for day in rows])
            assert (found.order, found.sure) == (order, True)


def test_that_an_order_that_nothing_tells_is_taken_and_said() -> None:
    cells = ["03/04/2024", "05/04/2024", "01/02/2024", "02/02/2024"]
    english, european, points = moments_of(cells), moments_of(cells, delimiter=";"), moments_of(["03.04.2024"])
    assert (english.order, english.sure, english.unclear, english.place) == ("month-day", False, 3, 0)
    assert (european.order, european.sure) == ("day-month", False)
    assert points.order == "day-month"
    said = moments_of(cells, "day-month")
    assert said.sure
    assert said.values[0] == at(2024, 4, 3)


def test_that_a_column_that_contradicts_itself_leaves_out_what_is_unclear() -> None:
    found = moments_of(["31/12/2024", "12/31/2024", "3/4/2024", "5/5/2024"])
    assert not found.sure
    assert found.order == ""
    assert found.values == [at(2024, 12, 31), at(2024, 12, 31), None, at(2024, 5, 5)]


def test_that_a_short_year_can_come_first() -> None:
    assert moments_of(["99-12-31", "24/05/01"]).values == [at(1999, 12, 31), at(2024, 5, 1)]


def test_that_other_numbers_are_taken_as_they_are() -> None:
    assert moments_of(["2019", "2020", "x", "2021"]).values == [2019, 2020, None, 2021]
    assert moments_of(["1", "2", "3", "1714557600"]).values == [1, 2, 3, 1714557600]
    assert moments_of(["43831", "43832.5"]).values == [43831, 43832.5]


def test_that_years_among_dates_are_their_first_day() -> None:
    assert moments_of(["2019-05-01", "2020", "2021-01-01", "7"]).values == [
        at(2019, 5, 1),
        at(2020, 1, 1),
        at(2021, 1, 1),
        None,
    ]


@settings(max_examples=300, deadline=None)
@given(cell=st.text(max_size=40) | st.from_regex(r"[0-9年月日:/. \-+TZapm]{1,30}", fullmatch=True))
def test_that_any_cell_is_a_moment_or_none(cell: str) -> None:
    assert isinstance(read_date(cell), float | tuple | None)
    values = moments_of([cell, "2024-05-01"]).values
    assert values[1] == at(2024, 5, 1)


def test_that_three_short_numbers_wait_for_their_column() -> None:
    assert isinstance(read_date("3/4/24"), Local)
