"""Mends of rows: what is left out is exactly what was meant, each row with its reason."""

from __future__ import annotations

import csv as csvs
import io
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.conftest import Writer
from tests.data.samples import CLASSIFICATION, REGRESSION, sentences, table_of
from workbench.core.errors import WorkbenchError
from workbench.core.plan import Choice, DatasetSpec, Reading
from workbench.data.dataset import load
from workbench.data.mends import mended, problems_of
from workbench.data.near import near_twins
from workbench.data.profile import profile
from workbench.data.table import Table
from workbench.data.watching import UNWATCHED

COLUMNS = {"text": "text", "label": "label"}
Rows = list[tuple[str, str]]


def kept(rows: Rows, *mends: str | Choice, others: Rows | None = None) -> Rows:
    """What is left of `rows` after `mends`."""
    after = mended_table(rows, *mends, others=others)
    return list(zip(after.cells["text"], after.cells["label"], strict=True))


def mended_table(rows: Rows, *mends: str | Choice, others: Rows | None = None) -> Table:
    chosen = [mend if isinstance(mend, Choice) else Choice(name=mend) for mend in mends]
    beside = [made(others)] if others else []
    return mended(made(rows), chosen, COLUMNS, CLASSIFICATION, UNWATCHED, others=beside)


def made(rows: Rows) -> Table:
    return table_of({"text": [text for text, _ in rows], "label": [label for _, label in rows]})


def test_that_the_first_of_repeated_rows_is_kept() -> None:
    rows = [("a", "x"), ("b", "y"), ("A ", "x"), ("a", "y"), ("a", " x")]
    assert kept(rows, "drop-repeated") == [("a", "x"), ("b", "y"), ("a", "y")]


def test_that_all_rows_of_a_contradiction_go() -> None:
    rows = [("a", "x"), ("b", "y"), ("a", "y"), ("a", "x"), ("c", "x")]
    assert kept(rows, "drop-conflicting") == [("b", "y"), ("c", "x")]


def test_that_the_majority_stays_and_a_tie_goes() -> None:
    rows = [("a", "x"), ("a", "y"), ("a", "x"), ("b", "x"), ("b", "y"), ("c", "x"), ("c", "x")]
    assert kept(rows, "keep-majority-label") == [("a", "x"), ("a", "x"), ("c", "x"), ("c", "x")]


def test_that_rare_classes_go() -> None:
    rows = [("a", "x"), ("b", "x"), ("c", "x"), ("d", "y"), ("e", "y"), ("f", "z")]
    assert {label for _, label in kept(rows, "drop-rare-classes")} == {"x", "y"}
    three = Choice(name="drop-rare-classes", options={"minimum": 3})
    assert {label for _, label in kept(rows, three)} == {"x"}


def test_that_rows_which_are_tested_are_not_learned() -> None:
    rows = [("a", "x"), ("b", "y"), ("c", "x")]
    assert kept(rows, "drop-shared", others=[("B", "x"), ("new", "y")]) == [("a", "x"), ("c", "x")]
    assert kept(rows, "drop-shared") == rows


def test_that_rows_without_a_text_or_label_keep_their_own_reason() -> None:
    rows = [("", "x"), ("", "x"), ("a", ""), ("a", ""), ("a", "nan"), ("a", "x"), ("b", "x")]
    for name in ("drop-repeated", "drop-conflicting", "keep-majority-label", "drop-rare-classes"):
        assert kept(rows, name) == rows


def test_that_nearly_repeated_rows_go_only_with_the_same_label() -> None:
    texts = sentences(3)
    rows = [(text, "x") for text in texts] + [(texts[0] + ".", "x"), (texts[1] + ".", "y")]
    assert kept(rows, "drop-near-repeated") == [*rows[:3], rows[4]]


def test_that_mends_are_made_in_their_order() -> None:
    rows = [("<b>a</b>", "x"), ("a", "x"), ("b", "y")]
    assert kept(rows, "strip-markup", "drop-repeated") == [("a", "x"), ("b", "y")]
    assert kept(rows, "drop-repeated", "strip-markup") == [("a", "x"), ("a", "x"), ("b", "y")]


def test_that_a_mend_that_there_is_not_is_a_problem() -> None:
    with pytest.raises(WorkbenchError):
        kept([("a", "x")], "magic")
    assert [problem.code for problem in problems_of([Choice(name="magic"), Choice(name="drop-repeated")])] == ["P05"]


WORDS = st.sampled_from(["a", "b", "A ", "<i>a</i>", "c\u200b", "", "a;b", "b - c"])
LABELS = st.sampled_from(["x", "X", "y", "y ", "", "nan", "x;y", "-"])
NAMES = [
    "drop-repeated",
    "drop-near-repeated",
    "drop-conflicting",
    "keep-majority-label",
    "drop-rare-classes",
    "strip-markup",
    "strip-control",
    "join-spellings",
    "first-label",
    "unknown-is-missing",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(WORDS, LABELS), max_size=30), st.lists(st.sampled_from(NAMES), max_size=5))
def test_that_kept_and_left_out_rows_are_all_rows(rows: Rows, names: list[str]) -> None:
    after = mended_table(rows or [("a", "x")], *names)
    assert len(after) + len(after.skipped) == after.total
    numbers = [*after.numbers, *(row.row for row in after.skipped)]
    assert sorted(numbers) == list(range(1, after.total + 1))
    assert all(row.reason for row in after.skipped)
    assert list(after.numbers) == sorted(after.numbers)


def test_that_every_file_is_mended_and_the_account_holds(write: Writer) -> None:
    texts = sentences(60)
    rows = [(f"<p>{text}</p>", ("good", "good", "Good", "bad")[place % 4]) for place, text in enumerate(texts)]
    main = write(csv([*rows, *rows[:5], ("", "bad"), ("one\ttoo\tmany", "bad")]), "main.csv")
    test = write(csv([(texts[0], "GOOD"), ("<i>new</i>", "Bad"), ("", "bad")]), "test.csv")
    names = ("strip-markup", "join-spellings", "drop-repeated", "drop-shared")
    mends = tuple(Choice(name=name) for name in names)
    spec = DatasetSpec(path=str(main), columns=COLUMNS, test_path=str(test), mends=mends)
    data = load(spec, CLASSIFICATION, seed=1)
    assert data.test is not None
    assert data.test.column("text") == [texts[0], "new"]
    assert data.test.column("label") == ["good", "bad"]
    assert {*data.train.column("label")} == {"good", "bad"}
    assert len(data.train) + len(data.validation) == 59
    assert texts[0] not in {*data.train.column("text"), *data.validation.column("text")}
    reasons = Counter(row.reason for row in data.skipped)
    assert sorted(reasons.values()) == [1, 1, 2, 5], reasons
    assert len(data.train) + len(data.validation) + len(data.test) + len(data.skipped) == data.rows


def csv(rows: Rows) -> str:
    return "text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows)


def test_that_mends_of_labels_leave_numbers_alone(write: Writer) -> None:
    path = write(csv([(text, str(place / 4)) for place, text in enumerate(sentences(40))]))
    mends = (Choice(name="join-spellings", options={"loosely": True}), Choice(name="unknown-is-missing"))
    spec = DatasetSpec(path=str(path), columns={"text": "text", "number": "label"}, mends=mends)
    assert profile(spec, REGRESSION).read == 40


def test_that_near_twins_are_found_and_others_are_not() -> None:
    texts = sentences(300)
    close = [text.replace("number", "no") for text in texts[:50]]
    spaced = ["  " + text.upper() + "\n" for text in texts[:50]]
    assert near_twins(texts) == {}
    assert near_twins([*texts, *spaced]) == {300 + place: place for place in range(50)}
    assert len(near_twins([*texts, *[text + "!" for text in close]])) <= 50
    assert near_twins([*texts, *[text + "!" for text in texts]]) == {300 + place: place for place in range(300)}


def test_that_near_twins_of_chinese_texts_are_found() -> None:
    texts = ["这家店的菜很好吃，服务态度也不错，下次还会再来的", "等了两个小时还没有送到，打电话也没人接，太差了"]
    assert near_twins([*texts, texts[0] + "！", "完全不一样的一句话，和上面的没有关系。"]) == {2: 0}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=20))
def test_that_near_twins_take_any_text(texts: list[str]) -> None:
    twins = near_twins(texts)
    assert all(earlier < later for later, earlier in twins.items())
    assert all(texts[place].strip() for pair in twins.items() for place in pair)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.text(max_size=30), st.text(max_size=6)), min_size=1, max_size=25),
    st.lists(st.sampled_from([*NAMES, "repair-characters", "drop-shared"]), max_size=4),
)
def test_that_any_table_can_be_mended_and_looked_at(write: Writer, rows: Rows, names: list[str]) -> None:
    stream = io.StringIO(newline="")
    writer = csvs.writer(stream, quoting=csvs.QUOTE_ALL)
    writer.writerows([("text", "label"), *rows, ("a text", "a"), ("another text", "b")])
    path = write(stream.getvalue().encode("utf-8", "replace"))
    spec = DatasetSpec(
        path=str(path),
        columns=COLUMNS,
        reading=Reading(encoding="utf-8", delimiter=",", header=True),
        test_path=str(path),
        mends=tuple(Choice(name=name) for name in names),
    )
    seen = profile(spec, CLASSIFICATION)
    assert seen.read + len(seen.skipped) == seen.rows
    assert len({row.row for row in seen.skipped}) == len(seen.skipped)


def test_that_a_row_that_cannot_be_used_takes_no_near_twin_with_it() -> None:
    text = "the soup was cold and the waiter took a whole hour to come back"
    rows = [(text, ""), (text + "!", ""), (text + "!", "bad"), (text, "bad")]
    assert kept(rows, "drop-near-repeated") == rows[:3]
