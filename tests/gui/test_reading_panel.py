"""How the file is read: what can be chosen depends on the file, and the preview follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.data.readers.made_workbooks import xlsx
from tests.gui.driving import CSV, child, choose, make_studio, wait_for, window_on
from workbench.core.language import set_language

ROWS = [line.split(",") for line in CSV.splitlines()]
OTHER = [["review", "mood"]] + [[f"{text} indeed", label] for text, label in ROWS[1:]]


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Any:
    with window_on(qtbot, make_studio(tmp_path), sample=False) as one:
        yield one


def open_and_unfold(qtbot: Any, window: Any, path: Path) -> None:
    window.session.open_file(str(path))
    wait_for(qtbot, lambda: window.session.head is not None and window.session.head.path == str(path))
    wait_for(qtbot, lambda: window.session.profile is not None)
    window.dataset_panel.reading_fold.unfold()


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.xlsx"
    path.write_bytes(xlsx({"Reviews": ROWS, "Other": OTHER}))
    return path


def shown(window: Any) -> set[str]:
    names = ("readingSheet", "readingEncoding", "readingDelimiter", "readingHeader")
    return {name for name in names if child(window, name).isVisibleTo(window)}


def test_that_a_workbook_shows_its_sheets_and_another_can_be_chosen(qtbot: Any, window: Any, workbook: Path) -> None:
    open_and_unfold(qtbot, window, workbook)
    assert shown(window) == {"readingSheet", "readingHeader"}
    sheet = child(window, "readingSheet")
    assert [sheet.itemText(row) for row in range(sheet.count())] == ["Reviews", "Other"]
    assert sheet.currentText() == "Reviews"
    choose(sheet, "Other")
    wait_for(qtbot, lambda: window.session.head.columns == ("review", "mood"), 5000)
    assert window.session.draft.plan.dataset.reading.sheet == "Other"
    assert window.session.draft.plan.dataset.columns == {"text": "review", "label": "mood"}
    window.session.draft.undo()
    wait_for(qtbot, lambda: window.session.head is not None and window.session.head.columns == ("text", "label"), 5000)


def test_that_the_keyboard_chooses_the_sheet(qtbot: Any, window: Any, workbook: Path) -> None:
    open_and_unfold(qtbot, window, workbook)
    sheet = child(window, "readingSheet")
    assert window.dataset_panel.reading.first is sheet
    sheet.setFocus()
    QTest.keyClick(sheet, Qt.Key.Key_Down)
    wait_for(qtbot, lambda: window.session.head is not None and window.session.head.columns == ("review", "mood"), 5000)


def test_that_parquet_leaves_nothing_to_choose_and_says_so(qtbot: Any, window: Any, tmp_path: Path) -> None:
    path = tmp_path / "reviews.parquet"
    pl.DataFrame(ROWS[1:], schema=ROWS[0], orient="row").write_parquet(path)
    open_and_unfold(qtbot, window, path)
    assert shown(window) == set()
    assert "nothing to choose" in child(window, "readingConfidence").text()
    assert window.session.profile.read == 40


def test_that_a_text_shows_encoding_and_delimiter_again(
    qtbot: Any, window: Any, workbook: Path, tmp_path: Path
) -> None:
    open_and_unfold(qtbot, window, workbook)
    text = tmp_path / "days.csv"
    text.write_text(CSV, encoding="utf-8")
    open_and_unfold(qtbot, window, text)
    assert shown(window) == {"readingEncoding", "readingDelimiter", "readingHeader"}
    assert "% sure" in child(window, "readingConfidence").text()


def test_that_every_choice_has_a_name_for_screen_readers_in_both_languages(window: Any) -> None:
    form = window.dataset_panel.reading
    english = {name: child(form, name).accessibleName() for name in ("readingSheet", "readingEncoding")}
    assert english == {"readingSheet": "Sheet", "readingEncoding": "Encoding"}
    assert child(form, "readingHeader").text()
    try:
        set_language("zh_CN")
        form.retranslate()
        assert child(form, "readingEncoding").accessibleName() == "编码"
    finally:
        set_language("en")
        form.retranslate()
