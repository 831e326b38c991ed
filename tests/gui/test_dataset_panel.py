"""Data in: every way gives the same, everything guessed can be changed, nothing of the user's is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit

from tests.gui.driving import (
    CSV,
    child,
    choose,
    click,
    drag_away,
    drag_over,
    drop,
    make_studio,
    mime,
    wait_for,
    window_on,
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "days.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Any:
    with window_on(qtbot, make_studio(tmp_path)) as one:
        yield one


def opened(qtbot: Any, window: Any, path: Path) -> None:
    wait_for(qtbot, lambda: window.session.draft.plan.dataset.path == str(path))
    wait_for(qtbot, lambda: window.session.profile is not None)


def by_drop(window: Any, path: Path) -> None:
    assert drop(window, mime(path))


def by_drop_on_a_text_box(window: Any, path: Path) -> None:
    assert drop(window.model_panel.hub.name_box, mime(path))


def by_pasted_path(window: Any, path: Path) -> None:
    QGuiApplication.clipboard().setText(f'"{path}"')
    QTest.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def by_pasted_file(window: Any, path: Path) -> None:
    QGuiApplication.clipboard().setMimeData(mime(path))
    window.actions_.by_name["paste"].trigger()


def by_dialog(window: Any, path: Path) -> None:
    QTest.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(QFileDialog, "openDialog")
    dialog.fileSelected.emit(str(path))
    dialog.reject()


def by_button(window: Any, path: Path) -> None:
    click(child(window, "openData"))
    dialog = window.findChild(QFileDialog, "openDialog")
    dialog.fileSelected.emit(str(path))
    dialog.reject()


@pytest.mark.parametrize("way", [by_drop, by_drop_on_a_text_box, by_pasted_path, by_pasted_file, by_dialog, by_button])
def test_that_every_way_in_gives_the_same_plan(qtbot: Any, window: Any, table: Path, way: Any) -> None:
    before = table.stat().st_mtime_ns
    way(window, table)
    opened(qtbot, window, table)
    plan = window.session.draft.plan
    assert plan.dataset.columns == {"text": "text", "label": "label"}
    assert window.session.profile.classes == (("bad", 20), ("good", 20))
    assert table.stat().st_mtime_ns == before
    assert window.studio.settings.recent == (str(table),)


def test_that_cells_of_a_spreadsheet_can_be_pasted(qtbot: Any, window: Any) -> None:
    QGuiApplication.clipboard().setText(CSV.replace(",", "\t"))
    window.actions_.by_name["paste"].trigger()
    wait_for(qtbot, lambda: window.session.draft.plan.dataset.path.endswith(".tsv"))
    wait_for(qtbot, lambda: window.session.profile is not None)
    assert window.session.profile.read == 40
    assert Path(window.session.draft.plan.dataset.path).is_relative_to(window.studio.workspace)


def test_that_pasting_a_sentence_explains_itself(window: Any) -> None:
    QGuiApplication.clipboard().setText("Just a sentence.")
    window.actions_.by_name["paste"].trigger()
    assert "clipboard" in child(window, "banner-open").text


def test_that_what_hovers_is_judged_before_it_is_let_go(window: Any, table: Path) -> None:
    before = window.grab().toImage()
    assert drag_over(window, mime(table))
    assert window.drops.cover.isVisible()
    assert window.drops.cover.property("role") == "drop"
    assert window.grab().toImage() != before
    drag_away(window)
    assert not window.drops.cover.isVisible()


def wrong_things(folder: Path) -> dict[str, QMimeData]:
    """Twelve things that are no table."""
    for name, content in {
        "a.exe": b"MZ\0\0",
        "a.bin": b"\0\1\2",
        "a.csv": b"",
        "b.csv": b"\0\0\0\0",
        "a.xlsx": b"PK",
        "a.zip": b"PK",
        "a.pdf": b"%PDF",
        "a.png": b"\x89PNG",
        "a.json": b"{}",
        "a.py": b"print()",
    }.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    things = {path.name: mime(path) for path in sorted(folder.iterdir())}
    things["link"] = mime("https://example.org/a.csv")
    things["missing"] = mime(folder / "missing.csv")
    return things


def test_that_wrong_things_are_refused_with_a_reason(window: Any, tmp_path: Path) -> None:
    folder = tmp_path / "wrong"
    folder.mkdir()
    plan = window.session.draft.plan
    for name, data in wrong_things(folder).items():
        assert not drag_over(window, data), name
        assert window.drops.cover.property("role") == "refuse"
        assert window.drops.cover.text.text(), name
        assert not drop(window, data)
    assert window.session.draft.plan is plan


def test_that_a_pasted_file_that_is_no_table_says_why(window: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"%PDF-1.7")
    by_pasted_file(window, file)
    assert "document" in child(window, "banner-open").text


def test_that_several_files_are_refused_as_a_whole(window: Any, table: Path) -> None:
    assert not drag_over(window, mime(table, table))
    assert "2" in window.drops.cover.text.text()


def test_that_plain_text_can_still_be_dragged_into_a_text_box(window: Any) -> None:
    data = QMimeData()
    data.setText("intfloat/e5")
    window.model_panel.show_hub()
    assert drag_over(window.model_panel.hub.name_box, data)
    assert not window.drops.cover.isVisible()


def test_that_a_role_can_be_changed_and_taken_back(qtbot: Any, window: Any) -> None:
    combo = window.dataset_panel.roles.combos["label"]
    choose(combo, "message")
    plan = window.session.draft.plan
    assert plan.dataset.columns.get("label") == "message"
    assert not child(window, "trainButton").isEnabled()
    assert child(window, "trainReason").isVisible()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.draft.plan.dataset.columns == {"text": "message", "label": "topic"}
    wait_for(qtbot, lambda: child(window, "trainButton").isEnabled())


def test_that_the_guess_is_shown_with_its_reason(window: Any) -> None:
    for key in ("text", "label"):
        label = child(window, f"roleReason-{key}")
        assert label.isVisibleTo(window)
        assert "%" in label.text()


def test_that_reading_can_be_changed_with_the_preview_following(qtbot: Any, window: Any, table: Path) -> None:
    by_drop(window, table)
    opened(qtbot, window, table)
    window.dataset_panel.reading_fold.unfold()
    model = window.dataset_panel.table.model()
    assert model.headerData(0, Qt.Orientation.Horizontal) == "text"
    click_header = child(window, "readingHeader")
    QTest.keyClick(click_header, Qt.Key.Key_Space)
    wait_for(qtbot, lambda: window.session.draft.plan.dataset.reading.header is False, 2000)
    assert model.index(0, 0).data() == "text"
    choose(child(window, "readingDelimiter"), ";")
    wait_for(qtbot, lambda: model.columnCount() == 1, 2000)
    for _ in range(2):
        window.session.draft.undo()
    wait_for(qtbot, lambda: model.columnCount() == 2 and model.headerData(0, Qt.Orientation.Horizontal) == "text", 2000)


def test_that_a_chinese_file_in_gb18030_is_read(qtbot: Any, window: Any, tmp_path: Path) -> None:
    file = tmp_path / "评论.csv"
    lines = [f"这家店的味道很好{n},好评\n这家店的服务很差{n},差评\n" for n in range(30)]
    file.write_text("评论,情感\n" + "".join(lines), encoding="gb18030")
    by_drop(window, file)
    opened(qtbot, window, file)
    assert window.session.draft.plan.dataset.columns == {"text": "评论", "label": "情感"}
    assert child(window, "readingEncoding").currentData() == "gb18030"


def test_that_skipped_rows_are_counted_and_listed(qtbot: Any, window: Any, tmp_path: Path) -> None:
    file = tmp_path / "holes.csv"
    file.write_text(CSV + ",good\nno label,\n", encoding="utf-8")
    by_drop(window, file)
    opened(qtbot, window, file)
    assert "40" in child(window, "rowCounts").text()
    assert "42" in child(window, "rowCounts").text()
    click(child(window, "showSkipped"))
    dialog = child(window, "details")
    assert dialog.isVisible()
    listed = dialog.findChild(QPlainTextEdit).toPlainText()
    assert len(listed.splitlines()) == 2
    assert "41" in listed
    dialog.accept()


def test_that_findings_are_shown_with_words(qtbot: Any, window: Any, tmp_path: Path) -> None:
    file = tmp_path / "double.csv"
    file.write_text("text,label\n" + "the same text,good\n" * 30 + "another text,bad\n" * 2, encoding="utf-8")
    by_drop(window, file)
    opened(qtbot, window, file)
    rows = [one for one in window.dataset_panel.health.findChildren(object) if one.objectName().startswith("finding-")]
    assert rows


def test_that_numbers_are_learned_from_the_hotel_sample(qtbot: Any, window: Any) -> None:
    window.commands.open_sample("hotel-scores")
    wait_for(qtbot, lambda: window.session.draft.plan.task.name == "text-regression")
    wait_for(qtbot, lambda: window.session.profile is not None)
    assert child(window, "numberHistogram").isVisibleTo(window)
    assert not child(window, "classBars").isVisibleTo(window)
    assert set(window.dataset_panel.roles.combos) >= {"text", "number"}


def test_that_a_file_that_cannot_be_read_leaves_the_data_alone(qtbot: Any, window: Any, tmp_path: Path) -> None:
    plan = window.session.draft.plan
    file = tmp_path / "page.txt"
    file.write_text("<!doctype html>,<html>\n", encoding="utf-8")
    by_drop(window, file)
    wait_for(qtbot, lambda: window.findChild(object, "banner-open") is not None)
    assert window.session.draft.plan is plan
    assert child(window, "trainButton").isEnabled()


def test_that_the_pictures_say_what_they_show(window: Any) -> None:
    for name in ("classBars", "lengthHistogram"):
        chart = child(window, name)
        assert chart.accessibleName()
        assert ":" in chart.accessibleDescription()
