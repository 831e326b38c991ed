"""`workbench predict`: every logit, in the order of the questions."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.cli.conftest import TINY, Workbench, write_reviews
from workbench.cli.readings import reading_with
from workbench.core.plan import ModelSpec, Reading
from workbench.studio import Studio

TINY_SHAPE = {"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 200}


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "workspace")


def test_that_predict_prints_label_logits_and_probabilities(workbench: Workbench, trained: Path) -> None:
    said = workbench("predict", "reviews-1", "a lovely quiet room", "never again", "--json", workspace=trained)
    assert said.status == 0, said.err
    answers = said.json
    assert [answer["text"] for answer in answers] == ["a lovely quiet room", "never again"]
    for answer in answers:
        assert list(answer) == ["text", "label", "logits", "probabilities"]
        assert set(answer["logits"]) == set(answer["probabilities"]) == {"good", "bad"}
        assert math.isclose(sum(answer["probabilities"].values()), 1, abs_tol=1e-6)
        assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].__getitem__)
        shift = max(answer["logits"].values())
        total = sum(math.exp(logit - shift) for logit in answer["logits"].values())
        for label, logit in answer["logits"].items():
            assert math.isclose(answer["probabilities"][label], math.exp(logit - shift) / total, abs_tol=1e-6)


def test_that_a_table_and_single_texts_get_the_same_answers(
    workbench: Workbench, trained: Path, tmp_path: Path
) -> None:
    texts = ["a lovely quiet room", "cold food and rude people", "we will come back"]
    data = tmp_path / "new.csv"
    data.write_text("review\n" + "\n".join(texts) + "\n", encoding="utf-8")
    one = workbench("predict", "reviews-1", *texts, "--json", workspace=trained).json
    many = workbench("predict", "reviews-1", "--data", str(data), "--json", workspace=trained).json
    for left, right in zip(one, many, strict=True):
        assert left["text"] == right["text"]
        assert left["logits"] == pytest.approx(right["logits"], abs=1e-5)


def test_that_answers_are_written_beside_their_rows_and_formulas_are_shielded(
    workbench: Workbench, trained: Path, tmp_path: Path
) -> None:
    data, out = tmp_path / "new.csv", tmp_path / "answers.csv"
    data.write_text('review,note\n=1+1 a lovely room,+SUM(A1)\n"never, again",-5\n', encoding="utf-8")
    said = workbench("predict", "reviews-1", "--data", str(data), "--out", str(out), workspace=trained)
    assert said.status == 0, said.err
    assert said.out == ""
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert [row["review"] for row in rows] == ["'=1+1 a lovely room", "never, again"]
    assert rows[0]["note"] == "'+SUM(A1)"
    assert {row["prediction"] for row in rows} <= {"good", "bad"}
    assert math.isclose(float(rows[0]["probability good"]) + float(rows[0]["probability bad"]), 1, abs_tol=1e-6)


def test_that_a_row_without_text_keeps_its_place(workbench: Workbench, trained: Path, tmp_path: Path) -> None:
    data = tmp_path / "new.csv"
    data.write_text('review,n\nfine room,1\n" ",2\nbad room,3\n', encoding="utf-8")
    said = workbench("predict", "reviews-1", "--data", str(data), "--json", workspace=trained)
    assert [answer["label"] is None for answer in said.json] == [False, True, False]
    assert "1 row has no text" in said.err


def test_that_a_number_that_could_not_be_told_is_null(workbench: Workbench, tmp_path: Path) -> None:
    data = tmp_path / "stars.csv"
    rows = "".join(f"text number {n} about a room,{n % 7 / 2}\n" for n in range(60))
    data.write_text("review,stars\n" + rows, encoding="utf-8")
    flags = ("--task", "text-regression", "--text", "review", "--label", "stars", "--max-steps", "1")
    assert workbench("train", str(data), *TINY, *flags).status == 0
    data.write_text('review,n\nfine room,1\n" ",2\n', encoding="utf-8")
    first, second = workbench("predict", "stars-1", "--data", str(data), "--json").json
    assert list(first) == list(second) == ["text", "value"]
    assert isinstance(first["value"], float)
    assert second == {"text": " ", "value": None}


@pytest.mark.parametrize(
    ("said", "columns", "data", "texts"),
    [
        (Reading(header=False), {"text": "column 1", "label": "column 2"}, b"text\nfine room\n", ["text", "fine room"]),
        (
            Reading(delimiter="#"),
            {"text": "review", "label": "mood"},
            b"review#n\na, b; c#1\nd, e; f#2\n",
            ["a, b; c", "d, e; f"],
        ),
        # Another kind of file than the run's: it is found out, as for a run where nothing was said.
        (Reading(delimiter="#"), {"text": "review", "label": "mood"}, b"review,n\nfine,1\nbad,2\n", ["fine", "bad"]),
        (Reading(encoding="gb18030"), {"text": "review", "label": "mood"}, "review\n很好\n".encode(), ["很好"]),
        (
            Reading(encoding="gb18030"),
            {"text": "review", "label": "mood"},
            "review\n很好\n".encode("gb18030"),
            ["很好"],
        ),
        (
            Reading(),
            {"text": "column 1", "label": "column 2"},
            b"Name,label\nfine,good\nbad,bad\n",
            ["Name", "fine", "bad"],
        ),
    ],
)
def test_that_a_table_is_read_as_the_user_said_for_the_run(
    studio: Studio, tmp_path: Path, said: Reading, columns: dict[str, str], data: bytes, texts: list[str]
) -> None:
    path = tmp_path / "new.csv"
    path.write_bytes(data)
    wanted = [columns["text"]]
    table = studio.read_table(path, reading_with(wanted, str(path), said, studio))
    assert table.column(columns["text"]) == texts


def test_that_a_table_without_header_is_asked_whole(workbench: Workbench, tmp_path: Path) -> None:
    data = write_reviews(tmp_path / "reviews.csv", header="review#mood")
    data.write_text(data.read_text("utf-8").split("\n", 1)[1].replace('",', '"#'), encoding="utf-8")
    studio = Studio(tmp_path / "workspace")
    plan = studio.draft(
        data, reading=Reading(delimiter="#", header=False), model=ModelSpec(source="scratch", options=TINY_SHAPE)
    )
    dataset = replace(plan.dataset, columns={"text": "column 1", "label": "column 2"})
    run = studio.start(replace(plan, dataset=dataset, max_steps=1))
    assert list(run.events())
    new = tmp_path / "new.csv"
    new.write_text('"sentence"#1\n"good, fine"#2\n', encoding="utf-8")
    said = workbench("predict", run.name, "--data", str(new), "--json", workspace=tmp_path / "workspace")
    assert said.status == 0, said.err
    assert [answer["text"] for answer in said.json] == ["sentence", "good, fine"]


def test_that_the_file_that_is_read_is_not_overwritten(workbench: Workbench, trained: Path, tmp_path: Path) -> None:
    data = tmp_path / "new.csv"
    data.write_text("review\nfine room\n", encoding="utf-8")
    said = workbench("predict", "reviews-1", "--data", str(data), "--out", str(data), workspace=trained)
    assert said.status == 2
    assert data.read_text(encoding="utf-8") == "review\nfine room\n"


def test_that_lines_can_come_through_a_pipe(
    workbench: Workbench, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("fine room\n\nbad room\n"))
    answers = workbench("predict", "reviews-1", "--json", workspace=trained).json
    assert [answer["text"] for answer in answers] == ["fine room", "bad room"]


class Pipe(io.TextIOWrapper):
    """A pipe into the program, whose text layer believes a locale that is wrong."""

    def __init__(self, data: bytes, locale: str) -> None:
        super().__init__(io.BytesIO(data), encoding=locale)


@pytest.mark.parametrize(
    ("encoding", "locale"),
    [("utf-8", "cp936"), ("utf-8-sig", "cp936"), ("gb18030", "utf-8"), ("utf-16", "utf-8"), ("utf-8", "ascii")],
)
def test_that_a_pipe_is_read_whatever_the_locale_says(
    workbench: Workbench, trained: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, locale: str
) -> None:
    monkeypatch.setattr("sys.stdin", Pipe("这家店很好\r\n\r\n€ 太难吃了\r\n".encode(encoding), locale))
    said = workbench("predict", "reviews-1", "--json", workspace=trained)
    assert said.status == 0, said.err
    assert [answer["text"] for answer in said.json] == ["这家店很好", "€ 太难吃了"]
    assert ("GB18030" in said.err) == (encoding == "gb18030")


def test_that_a_pipe_in_no_known_encoding_is_told_with_status_2(
    workbench: Workbench, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Pipe(b"fine \xff\xff room\n", "utf-8"))
    said = workbench("predict", "reviews-1", workspace=trained)
    assert (said.status, said.out) == (2, "")
    assert "UTF-8" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("reviews-2", "x"), "reviews-1"),
        (("reviews-1", " "), "text"),
        (("reviews-1", "--data", "{folder}/other.csv"), "comment"),
        (("reviews-1", "--data", "{folder}/none.csv"), "none.csv"),
        (("reviews-1", "x", "--out", "{folder}/no/such/folder.csv"), "folder"),
    ],
)
def test_that_a_mistake_is_told_with_status_2(
    workbench: Workbench, trained: Path, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "other.csv").write_text("comment,stars\nfine,1\nbad,2\n", encoding="utf-8")
    filled = [argument.format(folder=tmp_path) for argument in arguments]
    said = workbench("predict", *filled, workspace=trained)
    assert said.status == 2, said.err
    assert told in said.err
    assert "Traceback" not in said.err


def test_that_answers_for_people_show_the_best_class_first(workbench: Workbench, trained: Path) -> None:
    said = workbench("predict", "reviews-1", "a lovely quiet room, 3", workspace=trained)
    lines = said.out.splitlines()
    assert lines[0] == "a lovely quiet room, 3"
    first, second = (float(line.split("%")[0]) for line in lines[1:3])
    assert first >= second


def test_that_broken_bytes_of_the_command_line_are_no_mistake(workbench: Workbench, trained: Path) -> None:
    said = workbench(
        "predict", "reviews-1", b"fine \xff room".decode("utf-8", "surrogateescape"), "--json", workspace=trained
    )
    assert said.status == 0, said.err
    assert said.json[0]["text"] == "fine \ufffd room"
