"""Datasets: typed, split without leaks, and the same again for the same files and seed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.conftest import Writer
from tests.data.samples import CLASSIFICATION, REGRESSION, sentences
from workbench.core.errors import WorkbenchError
from workbench.core.fields import Example
from workbench.core.plan import DatasetSpec
from workbench.data.dataset import Examples, load
from workbench.data.split import split

ROLES = {"text": "text", "label": "label"}


def csv_of(rows: list[tuple[str, object]], label: str = "label") -> str:
    return f"text,{label}\n" + "".join(f"{text},{value}\n" for text, value in rows)


def spec(path: Path, **more: object) -> DatasetSpec:
    return DatasetSpec(path=str(path), **{"columns": ROLES, **more})  # type: ignore[arg-type]


def problems(error: pytest.ExceptionInfo[WorkbenchError]) -> set[str]:
    return {problem.code for problem in error.value.problems}


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), min_size=2, max_size=200),
    share=st.floats(0.01, 0.9),
    seed=st.integers(0, 2**31 - 1),
)
def test_that_a_split_never_leaks_nor_loses_a_row(rows: list[tuple[int, int]], share: float, seed: int) -> None:
    classes = [label for label, _ in rows]
    keys = [key for _, key in rows]
    training, validation = split(classes, keys, share, seed)
    assert sorted([*training, *validation]) == list(range(len(rows)))
    assert not {keys[place] for place in training} & {keys[place] for place in validation}
    assert {classes[place] for place in training} == set(classes)
    assert split(classes, keys, share, seed) == (training, validation)


@settings(max_examples=100, deadline=None)
@given(sizes=st.lists(st.integers(1, 60), min_size=2, max_size=12), share=st.floats(0.05, 0.6), seed=st.integers(0, 99))
def test_that_different_texts_are_split_by_class_to_the_row(sizes: list[int], share: float, seed: int) -> None:
    classes = [label for label, size in enumerate(sizes) for _ in range(size)]
    _, validation = split(classes, list(range(len(classes))), share, seed)
    counts = Counter(classes[place] for place in validation)
    possible = sum(size - 1 for size in sizes)
    assert len(validation) == min(max(round(share * len(classes)), 1), possible)
    if len(validation) < possible and all(size > 3 for size in sizes):
        assert all(abs(counts[label] - share * size) <= 1.5 for label, size in enumerate(sizes))


def test_that_two_seeds_split_differently(write: Writer) -> None:
    path = write(csv_of([(text, place % 3) for place, text in enumerate(sentences(200))]))
    one, same, other = (load(spec(path), CLASSIFICATION, seed=seed) for seed in (1, 1, 2))
    assert list(one.validation) == list(same.validation)
    assert one.sha256 == same.sha256
    assert list(one.validation) != list(other.validation)


def test_that_a_split_is_the_same_in_another_process(write: Writer) -> None:
    path = write(csv_of([(text, place % 3) for place, text in enumerate(sentences(60))]))
    program = (
        "import sys; from workbench.core.fields import *; from workbench.core.plan import DatasetSpec;"
        "from workbench.data.dataset import load;"
        f"spec = DatasetSpec(path={str(path)!r}, columns={ROLES!r});"
        "print(list(load(spec, {'text': TEXT, 'label': LABEL}, seed=5).validation.rows))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (0, 1)
    }
    assert len(outputs) == 1


def test_that_equal_texts_stay_on_one_side(write: Writer) -> None:
    rows = [
        (f"{text}{' ' * (copy % 2)}", "ab"[place % 2]) for copy in range(4) for place, text in enumerate(sentences(40))
    ]
    dataset = load(spec(write(csv_of(rows)), validation_share=0.25), CLASSIFICATION, seed=3)
    training = {str(text).strip() for text in dataset.train.column("text")}
    assert not training & {str(text).strip() for text in dataset.validation.column("text")}
    assert len(dataset.validation) == 40


def test_that_a_class_with_one_row_is_learned_from(write: Writer) -> None:
    rows = [(text, "ab"[place % 2]) for place, text in enumerate(sentences(40))] + [("alone", "rare")]
    dataset = load(spec(write(csv_of(rows)), validation_share=0.5), CLASSIFICATION, seed=1)
    assert "rare" in dataset.train.column("label")
    assert "rare" not in dataset.validation.column("label")


def test_that_read_and_skipped_rows_are_all_rows(write: Writer) -> None:
    rows: list[tuple[str, object]] = [(text, "ab"[place % 2]) for place, text in enumerate(sentences(40))]
    rows[3], rows[7], rows[9] = ("", "a"), ("fine", " "), ("fine too", "NaN")
    text = csv_of(rows) + "only one cell\n"
    dataset = load(spec(write(text)), CLASSIFICATION, seed=1)
    assert dataset.rows == 41 == len(dataset.train) + len(dataset.validation) + len(dataset.skipped)
    assert [(row.row, row.column) for row in dataset.skipped] == [(4, "text"), (8, "label"), (10, "label"), (41, "")]
    assert all(row.reason and row.line == row.row + 1 for row in dataset.skipped)


def test_that_numbers_are_numbers_and_the_others_are_listed(write: Writer) -> None:
    rows: list[tuple[str, object]] = [(text, place / 4) for place, text in enumerate(sentences(60))]
    rows[0], rows[1] = ("five stars", "5 stars"), ("endless", "inf")
    path = write(csv_of(rows, "score"))
    dataset = load(spec(path, columns={"text": "text", "number": "score"}), REGRESSION, seed=1)
    assert {type(value) for value in dataset.train.column("number")} == {float}
    assert [row.row for row in dataset.skipped] == [1, 2]
    assert "5 stars" in dataset.skipped[0].reason


def test_that_numbers_of_all_sizes_are_kept_aside(write: Writer) -> None:
    path = write(csv_of([(text, place) for place, text in enumerate(sentences(500))], "score"))
    dataset = load(spec(path, columns={"text": "text", "number": "score"}), REGRESSION, seed=1)
    tenths = Counter(int(float(value) // 50) for value in dataset.validation.column("number"))
    assert set(tenths) == set(range(10))
    assert max(tenths.values()) - min(tenths.values()) <= 3


def test_that_validation_and_test_files_are_used_and_hashed(write: Writer) -> None:
    texts = sentences(90)
    main = write(csv_of([(text, "ab"[place % 2]) for place, text in enumerate(texts[:50])]), "train.csv")
    other = write(csv_of([(text, "a") for text in texts[50:70]]).replace(",", ";"), "dev.csv", "utf-16")
    test = write(csv_of([(text, "b") for text in texts[70:]] + [("", "a")]), "test.csv")
    dataset = load(spec(main, validation_path=str(other), test_path=str(test)), CLASSIFICATION, seed=1)
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (50, 20, 20)
    assert [(row.path, row.row) for row in dataset.skipped] == [(str(test), 21)]
    content = b"".join(path.read_bytes() for path in (main, other, test))
    assert dataset.sha256 == hashlib.sha256(content).hexdigest()
    assert dataset.rows == 91


def test_that_unknown_labels_of_other_files_are_a_problem(write: Writer) -> None:
    main = write(csv_of([(text, "ab"[place % 2]) for place, text in enumerate(sentences(50))]))
    test = write(csv_of([("new", "c"), ("old", "a"), ("newer", "d")]), "test.csv")
    with pytest.raises(WorkbenchError) as refused:
        load(spec(main, test_path=str(test)), CLASSIFICATION, seed=1)
    (problem,) = refused.value.problems
    assert problem.code == "D15"
    assert problem.where == "test.csv"
    assert "c, d" in problem.what


def test_that_wrong_columns_are_all_named_with_what_there_is(write: Writer, english: None) -> None:
    path = write(csv_of([("a", "b"), ("c", "d")]))
    with pytest.raises(WorkbenchError) as refused:
        load(spec(path, columns={"text": "revew", "label": ""}), CLASSIFICATION, seed=1)
    assert [problem.field for problem in refused.value.problems] == ["text", "label"]
    assert all("text, label" in problem.remedy for problem in refused.value.problems)
    with pytest.raises(WorkbenchError) as twice:
        load(spec(path, columns={"text": "text", "label": "text"}), CLASSIFICATION, seed=1)
    assert problems(twice) == {"D11"}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "D12"),
        ([("", "a"), (" ", "b")], "D21"),
        ([("alone", "a")], "D13 D22"),
        ([(text, "a") for text in sentences(20)], "D13"),
        ([(text, place) for place, text in enumerate(sentences(20))], "D14"),
        ([("same", "a"), ("same", "b"), ("same", "a"), ("same", "b")], "D14"),
    ],
)
def test_that_what_cannot_be_learned_from_is_refused(write: Writer, rows: list[tuple[str, object]], code: str) -> None:
    with pytest.raises(WorkbenchError) as refused:
        load(spec(write(csv_of(rows))), CLASSIFICATION, seed=1)
    assert problems(refused) == set(code.split())


def test_that_examples_are_a_sequence() -> None:
    examples = Examples({"text": ["a", "b", "c"], "label": ["x", "y", "x"]}, [4, 5, 9])
    assert (len(examples), examples.fields) == (3, ("text", "label"))
    assert examples[1] == Example({"text": "b", "label": "y"}, 5)
    assert examples[-1].row == 9
    assert [example.row for example in examples] == [4, 5, 9]
    assert examples[1:].column("text") == ["b", "c"]
    assert list(examples[::-1].rows) == [9, 5, 4]
    assert examples.column("text_pair") == []
    with pytest.raises(IndexError):
        examples[3]
    assert len(Examples({}, [])) == len(list(Examples({"text": []}, []))) == 0
