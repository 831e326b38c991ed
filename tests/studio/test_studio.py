"""The door's plans, declarations and files."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import WorkbenchError
from workbench.core.language import set_language
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.studio import Studio
from workbench.studio.exports import csv_bytes, shielded


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "workspace", settings_path=tmp_path / "settings.json")


def test_that_opening_the_door_imports_no_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from workbench.studio import Studio; s = Studio(sys.argv[1], settings_path=sys.argv[2]);"
        "p = s.draft(s.samples()[0].path); s.problems(p); s.catalog(); s.plan_options(p); s.machine();"
        "heavy = {'torch', 'transformers', 'sklearn', 'PySide6'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "w", tmp_path / "s.json"], check=True)


def test_that_every_sample_is_a_plan_without_problems(studio: Studio) -> None:
    for sample in studio.samples():
        plan = studio.draft(sample.path)
        assert studio.problems(plan) == []
        assert plan.task.name == sample.task
        assert Path(sample.test_path).is_file()
        assert len(studio.read_table(sample.path)) >= 300


def test_that_samples_and_models_speak_both_languages(studio: Studio) -> None:
    english = [card.title for card in (*studio.samples(), *studio.catalog())]
    set_language("zh_CN")
    try:
        chinese = [card.title for card in (*studio.samples(), *studio.catalog())]
        summaries = [card.summary for card in (*studio.samples(), *studio.catalog())]
    finally:
        set_language("en")
    assert len(english) == len(chinese)
    assert all(any("\u4e00" <= char <= "\u9fff" for char in summary) for summary in summaries)


def test_that_every_problem_of_a_plan_is_told_at_once(studio: Studio) -> None:
    plan = TrainingPlan(
        dataset=DatasetSpec(path=studio.samples()[0].path, columns={"text": "mesage", "label": ""}),
        task=Choice(name="text-classification", options={"class_weights": "some"}),
        loss=Choice(name="huber"),
        optimizer=Choice(name="lion"),
        model=ModelSpec(source="scratch", options={"hidden_size": 100, "heads": 3}),
        epochs=0,
    )
    problems = studio.problems(plan)
    assert {problem.field for problem in problems} >= {
        "epochs", "class_weights", "loss", "optimizer", "hidden_size", "text", "label",
    }  # fmt: skip
    assert any("message, topic" in problem.remedy for problem in problems)
    with pytest.raises(WorkbenchError) as refusal:
        studio.start(plan)
    assert len(refusal.value.problems) >= 7
    assert studio.runs() == []


def test_that_a_model_which_is_not_there_is_a_problem_with_a_way_out(studio: Studio) -> None:
    plan = studio.draft(studio.samples()[0].path, model=ModelSpec(source="scratch"))
    for spec in (
        ModelSpec(source="hub", location="bert-base-uncased"),
        ModelSpec(source="folder", location="/no/such"),
    ):
        problems = studio.problems(msgspec.structs.replace(plan, model=spec))
        assert [problem.field for problem in problems] == ["model"]
        assert problems[0].remedy


def test_that_another_task_brings_its_own_loss_and_columns(studio: Studio) -> None:
    plan = studio.draft(studio.samples()[0].path)
    other = studio.with_task(plan, "text-regression")
    assert other.loss.name == "mean-squared-error"
    assert "label" not in other.dataset.columns
    assert any(problem.field == "number" for problem in studio.problems(other)) or other.dataset.columns["number"]


def test_that_another_model_brings_the_rate_that_suits_it(studio: Studio) -> None:
    plan = studio.draft(studio.samples()[0].path, model=ModelSpec(source="scratch"))
    for card in studio.catalog():
        changed = studio.with_model(plan, card.spec)
        assert (changed.model, changed.learning_rate) == (card.spec, card.learning_rate)


def test_that_settings_survive_a_new_start(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "w", settings_path=tmp_path / "settings.json")
    studio.save_settings(msgspec.structs.replace(studio.settings, language="zh_CN", theme="dark"))
    again = Studio(tmp_path / "w", settings_path=tmp_path / "settings.json")
    assert (again.settings.language, again.settings.theme) == ("zh_CN", "dark")


def test_that_pasted_cells_become_a_file_that_opens(studio: Studio) -> None:
    text = "review\tmood\n" + "\n".join(f"text number {i} is here\t{'good' if i % 2 else 'bad'}" for i in range(20))
    path = studio.keep_pasted(text)
    assert studio.preview(path).columns == ("review", "mood")
    assert studio.keep_pasted(text) != path
    with pytest.raises(WorkbenchError, match="no text to paste"):
        studio.keep_pasted("  \n")


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1+2", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", "\n=1", "\0=1"]
)
def test_that_a_cell_which_a_spreadsheet_would_run_is_shielded(cell: str) -> None:
    assert str(shielded(cell)).startswith("'")


@given(st.text(max_size=30))
def test_that_a_harmless_cell_is_kept_and_a_shield_only_adds_one_mark(cell: str) -> None:
    assert shielded(cell) in (cell, "'" + cell)


def test_that_negative_numbers_stay_numbers_in_an_export() -> None:
    rows = list(csv.reader(io.StringIO(csv_bytes([{"logit": -1.5, "text": "-1.5 is cold"}]).decode("utf-8-sig"))))
    assert rows == [["logit", "text"], ["-1.5", "'-1.5 is cold"]]


def test_that_a_workspace_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkbenchError) as refusal:
        Studio(tmp_path / "file" / "workspace", settings_path=tmp_path / "settings.json")
    assert str(tmp_path / "file") in str(refusal.value)


def test_that_what_was_mended_at_the_start_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{broken")
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "history.sqlite").write_bytes(b"no database" * 100)
    studio = Studio(tmp_path / "w", settings_path=tmp_path / "settings.json")
    assert len(studio.notes) == 2
    assert studio.runs() == []


def chinese_table(folder: Path) -> Path:
    """Forty rows of the Chinese sample, as Excel in China saves them."""
    samples = Studio(folder / "w", settings_path=folder / "s.json").samples()
    sample = next(sample for sample in samples if sample.language == "zh")
    lines = Path(sample.path).read_text(encoding="utf-8").splitlines()[:41]
    path = folder / "评论.csv"
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    return path


def test_that_chinese_texts_get_a_model_that_reads_chinese(studio: Studio, tmp_path: Path) -> None:
    plan = studio.draft(chinese_table(tmp_path))
    assert plan.model.source == "scratch"
    assert plan.dataset.columns == {"text": "评论", "label": "情感"}
    assert studio.problems(plan) == []


def test_that_an_english_model_before_chinese_texts_is_warned_of(studio: Studio, tmp_path: Path) -> None:
    plan = studio.draft(chinese_table(tmp_path), model=ModelSpec())
    assert [(problem.code, problem.severity) for problem in studio.problems(plan)] == [("M43", "warning")]


def test_that_the_first_sample_speaks_the_users_language(studio: Studio) -> None:
    assert studio.first_sample().language == "en"
    set_language("zh_CN")
    try:
        assert studio.first_sample().language == "zh"
    finally:
        set_language("en")
