"""Profiles: every oddity of a dataset is found before anything is trained, and nothing where nothing is odd."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.conftest import Writer
from tests.data.samples import CLASSIFICATION, LANGUAGES, REGRESSION, sentences
from workbench.core.errors import WorkbenchError
from workbench.core.plan import DatasetSpec
from workbench.data.profile import Profile, histogram, profile

Rows = list[tuple[str, object]]
TEXTS = sentences(120)
PLAIN: Rows = [(text, ("good", "bad", "fair")[place % 3]) for place, text in enumerate(TEXTS)]
NUMBERS: Rows = [(text, place / 8) for place, text in enumerate(TEXTS)]


def profiled(write: Writer, rows: Rows, fields: object = CLASSIFICATION, **more: object) -> Profile:
    target = "label" if fields is CLASSIFICATION else "number"
    path = write("text\ttarget\n" + "".join(f"{text}\t{value}\n" for text, value in rows))
    spec = DatasetSpec(path=str(path), columns={"text": "text", target: "target"}, **more)  # type: ignore[arg-type]
    return profile(spec, fields)  # type: ignore[arg-type]


def found(seen: Profile) -> dict[str, int]:
    return {finding.code: finding.count for finding in seen.findings}


def test_that_a_healthy_dataset_has_no_findings(write: Writer) -> None:
    seen = profiled(write, PLAIN)
    assert seen.findings == ()
    assert (seen.rows, seen.read, seen.columns) == (120, 120, ("text", "target"))
    assert seen.classes == (("bad", 40), ("fair", 40), ("good", 40))
    assert seen.numbers is None
    assert sum(seen.lengths.counts) == 120
    assert seen.lengths.unit == "words"
    assert profiled(write, NUMBERS, REGRESSION).findings == ()


ODD: dict[str, tuple[Callable[[], Rows], str, int]] = {
    "missing texts": (lambda: [*PLAIN, ("", "good"), ("  ", "bad")], "missing-text", 2),
    "missing labels": (lambda: [*PLAIN, ("new", ""), ("newer", "nan"), ("newest", "N/A")], "missing-label", 3),
    "labels that may be missing": (lambda: [*PLAIN, ("new", "None"), ("newer", "None")], "maybe-missing-label", 2),
    "repeated rows": (lambda: PLAIN + PLAIN[:5], "duplicate-rows", 5),
    "repeated but for case and spaces": (lambda: [*PLAIN, (TEXTS[0].upper() + " ", "good")], "duplicate-rows", 1),
    "one text with two labels": (lambda: [*PLAIN, (TEXTS[0], "bad")], "conflicting-labels", 1),
    "one class": (lambda: [(text, "good") for text in TEXTS], "one-class", 120),
    "single rows": (lambda: [*PLAIN, ("a", "x"), ("b", "y")], "single-row-class", 2),
    "imbalance": (lambda: [(text, "ham" if place else "spam") for place, text in enumerate(TEXTS)], "imbalance", 119),
    "spellings": (lambda: [*PLAIN, ("a", "Good"), ("b", "good ")], "label-spellings", 1),
    "spellings of numbers": (
        lambda: [(text, ("0", "1", "0.0", "1.0")[place % 4]) for place, text in enumerate(TEXTS)],
        "label-spellings",
        60,
    ),
    "all labels different": (
        lambda: [(text, f"id{place}") for place, text in enumerate(TEXTS)],
        "all-labels-different",
        120,
    ),
    "several labels": (
        lambda: [(text, ("a;b", "a", "b", "a;c", "c")[place % 5]) for place, text in enumerate(TEXTS)],
        "several-labels",
        48,
    ),
    "numbers as labels": (
        lambda: [(text, place // 2 / 10) for place, text in enumerate(TEXTS)],
        "labels-are-numbers",
        60,
    ),
    "label in the text": (
        lambda: [
            (f"{text} {('good', 'bad')[place % 2]}", ("good", "bad")[place % 2]) for place, text in enumerate(TEXTS)
        ],
        "label-in-text",
        120,
    ),
    "long texts": (lambda: [*PLAIN, ("word " * 500 + "end", "good")], "long-texts", 1),
    "few rows": (lambda: PLAIN[:12], "few-rows", 12),
    "rows that do not fit": (lambda: [*PLAIN, ("one\ttwo\tthree", "good")], "ragged-rows", 1),
    "broken characters": (lambda: [*PLAIN, ("caf\ufffd", "good"), ("cafÃ©", "bad")], "broken-characters", 2),
    "no rows": (list, "no-rows", 0),
}


@pytest.mark.parametrize("name", ODD)
def test_that_an_oddity_is_found(write: Writer, name: str) -> None:
    rows, code, count = ODD[name]
    seen = profiled(write, rows())
    assert found(seen).get(code) == count, seen.findings
    finding = next(finding for finding in seen.findings if finding.code == code)
    assert finding.message
    assert len(finding.rows) <= 20
    assert seen.read + len(seen.skipped) == seen.rows


ODD_NUMBERS: dict[str, tuple[Rows, str, int]] = {
    "no numbers": ([*NUMBERS, ("x", "5 stars"), ("y", ""), ("z", "∞")], "not-a-number", 3),
    "one number": ([(text, 3) for text in TEXTS], "one-number", 120),
    "far numbers": ([*NUMBERS, ("x", -9999)], "far-numbers", 1),
    "two numbers for one text": ([*NUMBERS, (TEXTS[0], 9)], "conflicting-numbers", 1),
}


@pytest.mark.parametrize("name", ODD_NUMBERS)
def test_that_an_oddity_of_numbers_is_found(write: Writer, name: str) -> None:
    rows, code, count = ODD_NUMBERS[name]
    assert found(profiled(write, rows, REGRESSION)).get(code) == count


def test_that_imbalance_says_what_guessing_gives(write: Writer, english: None) -> None:
    rows: Rows = [(text, "ham" if place % 10 else "spam") for place, text in enumerate(TEXTS)]
    (finding,) = profiled(write, rows).findings
    assert "90 %" in finding.message
    assert "ham" in finding.message


def test_that_errors_come_first(write: Writer) -> None:
    seen = profiled(write, [("", "x"), *[(text, "good") for text in TEXTS[:10]]])
    assert [finding.severity for finding in seen.findings] == ["error", "warning", "warning"]


def test_that_leaks_and_unknown_labels_of_other_files_are_found(write: Writer) -> None:
    rows: Rows = [*PLAIN[:7], ("brand new", "odd")]
    other = write("text,target\n" + "".join(f"{text},{label}\n" for text, label in rows), "test.csv")
    seen = profiled(write, PLAIN, test_path=str(other))
    assert found(seen) == {"unknown-labels": 1, "shared-texts": 7}
    assert {finding.path for finding in seen.findings} == {str(other)}
    assert found(profiled(write, PLAIN, validation_path=str(other.parent))) == {"other-file": 0}


def test_that_a_column_is_no_telltale_by_chance(write: Writer) -> None:
    rows = [(text, "ham" if place % 30 else "spam", place // 2, place % 4) for place, text in enumerate(TEXTS)]
    path = write("text\tlabel\tuser\tday\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows))
    seen = profile(DatasetSpec(path=str(path), columns={"text": "text", "label": "label"}), CLASSIFICATION)
    assert not {"telltale-column", "telltale-beside"} & found(seen).keys()


def test_that_of_very_many_rows_some_are_compared_and_it_is_said(write: Writer, english: None) -> None:
    texts = sentences(30_000)
    rows: Rows = [(text, ("good", "bad")[place % 2]) for place, text in enumerate(texts)]
    rows += [(f"{text} !", label) for text, label in rows[:2000]]
    seen = profiled(write, rows)
    finding = next(finding for finding in seen.findings if finding.code == "near-duplicates")
    assert finding.message.startswith("Of 16,")
    assert 0 < finding.count <= 2000


def test_that_chinese_texts_are_measured_in_characters(write: Writer) -> None:
    text = LANGUAGES["Chinese"][0]
    seen = profiled(write, [(text[place : place + 10], "ab"[place % 2]) for place in range(50)])
    assert seen.lengths.unit == "characters"
    assert seen.lengths.edges[-1] >= 10


def test_that_numbers_are_summarized(write: Writer) -> None:
    seen = profiled(write, [(text, place % 5) for place, text in enumerate(TEXTS)], REGRESSION)
    assert seen.numbers is not None
    assert (seen.numbers.minimum, seen.numbers.maximum, seen.numbers.mean) == (0, 4, pytest.approx(2))
    assert seen.numbers.spread == pytest.approx(math.sqrt(2))
    assert sum(seen.numbers.histogram.counts) == 120


def test_that_a_file_without_its_columns_is_a_problem(write: Writer) -> None:
    spec = DatasetSpec(path=str(write("a,b\n1,2\n")), columns={"text": "a", "label": "c"})
    with pytest.raises(WorkbenchError):
        profile(spec, CLASSIFICATION)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 50), min_size=1, max_size=60))
def test_that_a_histogram_counts_every_value_once(counts: dict[float, int]) -> None:
    made = histogram(counts, whole=False)
    assert sum(made.counts) == sum(counts.values())
    assert len(made.edges) == len(made.counts) + 1
    assert list(made.edges) == sorted(made.edges)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.integers(0, 5000), st.integers(1, 50), min_size=1, max_size=60))
def test_that_a_histogram_of_lengths_has_whole_bins(counts: dict[int, int]) -> None:
    made = histogram(counts, whole=True, unit="words")
    assert sum(made.counts) == sum(counts.values())
    assert len(made.counts) <= 20
    assert all(edge == int(edge) for edge in made.edges)
    assert made.edges[-1] >= max(counts)
