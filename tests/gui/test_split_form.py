"""The rows kept aside: the way they are chosen, its column, and what each part then holds."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.driving import child, choose, make_studio, wait_for, window_on
from workbench.core.plan import Choice
from workbench.gui.languages import set_language
from workbench.gui.part_bars import PartBars


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    moods = ["bad" if n % 4 == 0 else "good" for n in range(120)]
    rows = [f"A {mood} stay number {n},{mood},c{n % 12},2024-{n % 12 + 1:02d}-01\n" for n, mood in enumerate(moods)]
    path.write_text("review,mood,customer_id,written_date\n" + "".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def window(qtbot: Any, tmp_path: Path, file: Path) -> Any:
    with window_on(qtbot, make_studio(tmp_path), sample=False) as one:
        one.commands.open_path(str(file))
        wait_for(qtbot, lambda: one.session.draft.plan is not None and one.session.profile is not None)
        one.dataset_panel.split_fold.unfold()
        yield one


def split(window: Any) -> Choice:
    return window.session.draft.plan.dataset.split


def form(window: Any) -> Any:
    return window.dataset_panel.splits


def test_that_every_way_is_offered_with_its_help(window: Any) -> None:
    method = form(window).method
    entries = window.studio.splits()
    assert [method.itemData(row) for row in range(method.count())] == list(entries)
    assert method.currentData() == "even"
    assert child(window, "splitHelp").text() == entries["even"].help


def test_that_the_parts_add_up_to_all_rows(qtbot: Any, window: Any) -> None:
    parts = form(window).parts
    wait_for(qtbot, parts.isVisible)
    preview = window.studio.split_preview(window.session.draft.plan)
    words = parts.accessibleDescription()
    for part in preview.parts:
        assert f"{part.rows} rows" in words
    assert sum(part.rows for part in preview.parts) == 120
    assert "good 75 %" in words
    assert str(preview.seed) in child(window, "splitState").text()


@pytest.mark.parametrize(("way", "column"), [("group", "customer_id"), ("time", "written_date")])
def test_that_a_way_by_a_column_takes_the_likely_one_in_one_step(
    qtbot: Any, window: Any, way: str, column: str
) -> None:
    before = window.session.draft.plan
    choose(form(window).method, way)
    assert split(window) == Choice(name=way, options={"column": column})
    combo = form(window).columns["column"]
    assert combo.currentData() == column
    assert combo.accessibleName()
    wait_for(qtbot, form(window).parts.isVisible)
    while window.session.draft.plan != before:
        window.session.draft.undo()
    assert form(window).method.currentData() == "even"
    assert form(window).columns == {}


def test_that_the_column_can_be_changed_and_taken_back(qtbot: Any, window: Any) -> None:
    choose(form(window).method, "group")
    choose(form(window).columns["column"], "written_date")
    assert split(window).options == {"column": "written_date"}
    window.session.draft.undo()
    assert form(window).columns["column"].currentData() != "written_date"


def test_that_a_column_that_is_not_chosen_is_asked_for(qtbot: Any, window: Any, tmp_path: Path) -> None:
    plan = window.session.draft.plan
    dataset = msgspec.structs.replace(plan.dataset, split=Choice(name="group"))
    window.session.draft.open(msgspec.structs.replace(plan, dataset=dataset))
    assert child(window, "splitProblem").isVisibleTo(window)
    assert form(window).columns["column"].property("wrong") is True
    combo = form(window).columns["column"]
    combo.setFocus()
    while combo.currentData() != "customer_id":
        QTest.keyClick(combo, Qt.Key.Key_Down)
    assert split(window).options == {"column": "customer_id"}
    assert not child(window, "splitProblem").isVisibleTo(window)


def test_that_rows_that_cannot_be_parted_say_why(qtbot: Any, window: Any) -> None:
    plan = window.session.draft.plan
    dataset = msgspec.structs.replace(plan.dataset, split=Choice(name="time", options={"column": "review"}))
    window.session.draft.open(msgspec.structs.replace(plan, dataset=dataset))
    state = child(window, "splitState")
    wait_for(qtbot, lambda: state.property("role") == "warning")
    assert "review" in state.text()
    assert not form(window).parts.isVisible()


def test_that_a_validation_file_makes_the_choice_needless(qtbot: Any, window: Any, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "later.csv"
    other.write_text("review,mood,customer_id,written_date\nA good stay,good,c1,2025-01-01\n", encoding="utf-8")
    plan = window.session.draft.plan
    dataset = msgspec.structs.replace(plan.dataset, validation_path=str(other))
    window.session.draft.open(msgspec.structs.replace(plan, dataset=dataset))
    assert not form(window).method.isVisibleTo(window)
    assert "later.csv" in child(window, "splitHelp").text()
    wait_for(qtbot, lambda: "1 row" in form(window).parts.accessibleDescription())


def test_that_the_share_is_the_one_of_the_settings(qtbot: Any, window: Any) -> None:
    window.session.draft.set_option("dataset", "validation_share", 0.3)
    assert form(window).share.value() == 0.3
    editor = form(window).share.editor
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor, "0.2")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert window.session.draft.plan.dataset.validation_share == 0.2
    wait_for(qtbot, lambda: "24 rows" in form(window).parts.accessibleDescription())


def test_that_the_parts_are_looked_at_only_while_they_are_seen(qtbot: Any, window: Any) -> None:
    wait_for(qtbot, form(window).parts.isVisible)
    asked: list[Any] = []
    window.studio.split_preview = lambda plan, progress: asked.append(plan)
    window.dataset_panel.split_fold.button.setChecked(False)
    window.session.draft.set_option("dataset", "validation_share", 0.4)
    qtbot.wait(500)
    assert asked == []


def test_that_a_class_that_a_part_lacks_is_shown_whatever_its_size(qapp: Any) -> None:
    bars = PartBars()
    many = {f"class {n}": 100 - n for n in range(30)}
    bars.show_parts(
        (
            SimpleNamespace(name="train", rows=2500, classes=many | {"rare": 1}, mean=None, spread=None),
            SimpleNamespace(name="validation", rows=500, classes=many, mean=None, spread=None),
        )
    )
    assert "rare" in bars.classes
    assert len(bars.classes) == 8
    assert "rare 0 %" in bars.accessibleDescription()


def test_that_numbers_have_their_mean_and_spread(qapp: Any) -> None:
    bars = PartBars()
    bars.show_parts((SimpleNamespace(name="train", rows=9, classes={}, mean=3.25, spread=1.5),))
    assert "3.25 ± 1.5" in bars.accessibleDescription()
    assert bars.sizeHint().height() > 0
    bars.grab()


def test_that_the_form_speaks_chinese(qtbot: Any, window: Any) -> None:
    set_language("zh_CN")
    assert child(window, "splitHelp").text() != ""
    assert form(window).method.itemText(0) != ""
