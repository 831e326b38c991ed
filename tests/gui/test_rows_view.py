"""Rows of the data: looked at lazily, searched off the GUI thread, one class alone, as in the file and as mended."""

from __future__ import annotations

import threading
from array import array
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tests.gui.driving import child, choose, click, make_studio, wait_for, window_on, write
from workbench.core.plan import Choice, Reading
from workbench.data.findings import Fix
from workbench.gui.background import GivenUpError, Ticket
from workbench.gui.panels.rows import RowsView
from workbench.gui.rows_model import RowsModel
from workbench.gui.rows_source import RowSource, places_of, places_with

WIDE = 18_000  # rows of a file whose head is not all of it


def line(n: int) -> str:
    return f'"<b>Day</b> number {n} was a day by the sea, and the wind was calm",{("good", "bad", "Good ")[n % 3]}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "days.csv"
    path.write_text("text,label\n" + "".join(map(line, range(WIDE))) + ",good\n", encoding="utf-8")
    return path


@pytest.fixture
def window(qtbot: Any, tmp_path: Path, file: Path) -> Any:
    with window_on(qtbot, make_studio(tmp_path), sample=False) as one:
        one.commands.open_path(str(file))
        looked(qtbot, one)
        one.activateWindow()
        yield one


def looked(qtbot: Any, window: Any) -> None:
    wait_for(qtbot, lambda: window.session.draft.plan is not None and window.session.survey.state == "known")


def rows(window: Any) -> Any:
    return window.dataset_panel.rows


def numbers(view: Any, count: int = 5) -> list[int]:
    return [view.model.number(row) for row in range(min(count, view.model.rowCount()))]


def test_that_the_head_is_shown_until_something_is_searched_for(qtbot: Any, window: Any) -> None:
    view = rows(window)
    assert window.session.head.sample.partial
    assert view.model.rowCount() == len(window.session.head.sample)
    assert view.hits.text() == ""
    write(view.search, "number 17999 was")
    wait_for(qtbot, lambda: view.model.rowCount() == 1)
    assert view.model.number(0) == WIDE
    assert view.hits.text() == "1 of 18,001 rows"
    QTest.keyClick(view.search, Qt.Key.Key_Escape)
    assert view.search.text() == ""
    wait_for(qtbot, lambda: view.model.rowCount() == len(window.session.head.sample))
    assert view.hits.text() == ""


def test_that_nothing_found_is_said(qtbot: Any, window: Any) -> None:
    view = rows(window)
    write(view.search, "snow")
    wait_for(qtbot, lambda: "snow" in view.hits.text())
    assert view.model.rowCount() == 0


def test_that_a_class_is_filtered_from_the_chart_by_mouse_and_by_keyboard(qtbot: Any, window: Any) -> None:
    view, bars = rows(window), child(window, "classBars")
    index = bars.model().index(1, 0)
    label = index.data()
    window.left_column.ensureWidgetVisible(bars)
    QTest.mouseClick(bars.viewport(), Qt.MouseButton.LeftButton, pos=bars.visualRect(index).center())
    assert view.label == bars.chosen == view.classes.currentData() == label
    wait_for(qtbot, lambda: "6,000 of 18,001" in view.hits.text())
    cells = {view.model.row(row)["label"].strip() for row in range(view.model.rowCount())}
    assert cells == {label}
    bars.setFocus()
    QTest.keyClick(bars, Qt.Key.Key_Space)
    assert view.label == bars.chosen == ""
    QTest.keyClick(bars, Qt.Key.Key_Home)
    QTest.keyClick(bars, Qt.Key.Key_Return)
    assert view.label == bars.model().index(0, 0).data()


def test_that_a_class_and_a_search_narrow_each_other(qtbot: Any, window: Any) -> None:
    view = rows(window)
    choose(view.classes, "bad")
    assert child(window, "classBars").chosen == "bad"
    write(view.search, "number 1000")
    wait_for(qtbot, lambda: "of 18,001" in view.hits.text() and view.model.rowCount() < 100)
    found = [view.model.row(row) for row in range(view.model.rowCount())]
    assert {row["label"] for row in found} == {"bad"}
    assert all("number 1000" in row["text"] for row in found)
    assert len(found) == len([n for n in range(WIDE) if n % 3 == 1 and str(n).startswith("1000")])
    choose(view.classes, "")
    wait_for(qtbot, lambda: view.model.rowCount() == len([n for n in range(WIDE) if str(n).startswith("1000")]))


def test_that_a_class_has_the_rows_that_the_mends_give_it(qtbot: Any, window: Any) -> None:
    plan = window.studio.with_fix(window.session.draft.plan, Fix(title="", mend=Choice(name="join-spellings")))
    window.session.draft.open(plan, "Join", keep_touched=True)
    looked(qtbot, window)
    view = rows(window)
    view.show_class("good")
    wait_for(qtbot, lambda: "12,000 of 18,001" in view.hits.text())
    window.session.draft.undo()
    wait_for(qtbot, lambda: "6,000 of 18,001" in view.hits.text())


def test_that_a_class_that_is_no_more_is_not_filtered_by(qtbot: Any, window: Any) -> None:
    view = rows(window)
    view.show_class("Good")
    plan = window.studio.with_fix(window.session.draft.plan, Fix(title="", mend=Choice(name="join-spellings")))
    window.session.draft.open(plan, "Join", keep_touched=True)
    looked(qtbot, window)
    gone = "Good" not in dict(window.session.profile.classes)
    assert view.label == ("" if gone else "Good")
    assert child(window, "classBars").chosen == view.label


def test_that_texts_are_shown_as_mended_and_as_in_the_file(qtbot: Any, window: Any) -> None:
    view = rows(window)
    assert not view.mended.isVisibleTo(window)
    plan = window.studio.with_fix(window.session.draft.plan, Fix(title="", mend=Choice(name="strip-markup")))
    window.session.draft.open(plan, "Strip", keep_touched=True)
    assert view.mended.isVisibleTo(window)
    cell = view.model.index(0, 0)
    wait_for(qtbot, lambda: cell.data().startswith("Day number 0"))
    assert view.model.index(0, 1).data() == "good"
    assert view.model.row(0)["text"].startswith("<b>Day</b>")
    click(view.in_file)
    assert cell.data().startswith("<b>Day</b>")
    click(view.mended)
    wait_for(qtbot, lambda: cell.data().startswith("Day number 0"))
    window.session.draft.undo()
    assert not view.mended.isVisibleTo(window)
    assert cell.data().startswith("<b>Day</b>")


def test_that_another_file_starts_without_a_search(qtbot: Any, window: Any, tmp_path: Path) -> None:
    view = rows(window)
    write(view.search, "number 7")
    view.show_class("bad")
    other = tmp_path / "other.csv"
    other.write_text("text,label\n" + "".join(f"A text with words {n},{'ab'[n % 2]}\n" for n in range(40)), "utf-8")
    window.commands.open_path(str(other))
    wait_for(qtbot, lambda: window.session.draft.plan.dataset.path == str(other))
    looked(qtbot, window)
    assert (view.search.text(), view.label, child(window, "classBars").chosen) == ("", "", "")
    assert view.model.rowCount() == 40


def test_that_rows_that_cannot_be_read_are_said(qtbot: Any, window: Any, file: Path) -> None:
    view = rows(window)
    file.unlink()
    write(view.search, "number 7")
    wait_for(qtbot, lambda: "cannot be read" in view.hits.text())
    assert view.hits.property("role") == "danger"


def test_that_the_larger_preview_shows_every_row_and_what_was_searched_for(qtbot: Any, window: Any) -> None:
    write(rows(window).search, "number 1234")
    click(child(window, "enlargePreview"))
    dialog = child(window, "largePreview")
    view = child(dialog, "large")
    assert view.search.text() == "number 1234"
    wait_for(qtbot, lambda: view.model.rowCount() == 11)
    view.search.clear()
    wait_for(qtbot, lambda: view.model.rowCount() == WIDE + 1)
    assert view.hits.text() == "18,001 rows"
    dialog.accept()


def test_that_the_row_that_is_looked_at_is_told(window: Any) -> None:
    told = []
    window.dataset_panel.rows.chosen.connect(told.append)
    rows(window).look_at(2)
    assert told[-1]["text"] == window.session.head.sample.cells["text"][2]


def test_that_selected_rows_are_copied_whole(window: Any) -> None:
    view = rows(window)
    view.look_at(1)
    QTest.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "text\tlabel"
    assert lines[1].endswith("\tbad")
    assert len(lines) == 2


def test_that_the_search_keeps_its_room_where_the_column_is_narrow(qtbot: Any, window: Any) -> None:
    view = RowsView(window.session, RowSource(window.studio), "probe")
    qtbot.addWidget(view)
    view.show()
    letter = view.fontMetrics().averageCharWidth()
    for letters, stacked in ((60, False), (36, True), (60, False)):
        view.setFixedWidth(letters * letter)
        wait_for(qtbot, lambda stacked=stacked: (view.search.y() < view.classes.y()) == stacked)
        assert view.width() == letters * letter


def test_that_everything_has_a_name(window: Any) -> None:
    view = rows(window)
    for part in (view.search, view.classes, view.table, view.in_file, view.mended):
        assert part.accessibleName() or part.text()


# Without a window.


def ticket(owner: Any) -> Ticket:
    return Ticket(owner, lambda _answer: None, None)


def test_that_search_folds_case_and_finds_chinese(qapp: Any) -> None:
    columns = [["Straße", "一天很好", "x"], ["A", "b", "STRASSE"]]
    assert list(places_of(columns, "strasse", ticket(qapp))) == [0, 2]
    assert list(places_of(columns, "很好", ticket(qapp))) == [1]
    assert list(places_of(columns, "A", ticket(qapp), among=[1, 2])) == [2]
    assert list(places_of(columns, "", ticket(qapp), among=[2])) == [2]
    assert list(places_with(columns[1], ["A", "b"], ticket(qapp))) == [0, 1]


def test_that_a_search_that_nobody_waits_for_ends(qapp: Any) -> None:
    given_up = ticket(qapp)
    given_up.cancel()
    with pytest.raises(GivenUpError):
        places_of([["a"] * 10], "a", given_up)


def test_that_only_cells_in_sight_are_mended_and_never_on_the_gui_thread(qtbot: Any, qapp: Any) -> None:
    cells = [f"text {n}" for n in range(100_000)]
    table = SimpleNamespace(cells={"text": cells, "label": cells}, numbers=array("L", range(1, 100_001)))
    model, asked, threads = RowsModel(), [], set()

    def mend(texts: list[str]) -> list[str]:
        threads.add(threading.current_thread())
        asked.extend(texts)
        return [text.upper() for text in texts]

    model.show_table(table)
    model.set_mend(mend, {"text"})
    assert model.index(7, 0).data() == "…"
    wait_for(qtbot, lambda: model.index(7, 0).data() == "TEXT 7")
    assert asked == ["text 7"]
    assert model.index(7, 1).data() == "text 7"
    assert threading.main_thread() not in threads


def test_that_a_mend_that_breaks_shows_the_texts_as_they_are(qtbot: Any, qapp: Any) -> None:
    table = SimpleNamespace(cells={"text": ["as it is"]}, numbers=array("L", [1]))
    model = RowsModel()
    model.show_table(table)
    model.set_mend(lambda texts: texts[5], {"text"})
    assert model.index(0, 0).data() == "…"
    wait_for(qtbot, lambda: model.index(0, 0).data() == "as it is")


def test_that_the_same_file_is_read_once_and_a_changed_one_again(tmp_path: Path, qapp: Any) -> None:
    path, read = tmp_path / "a.csv", []
    path.write_text("a", encoding="utf-8")
    studio = SimpleNamespace(read_table=lambda path, reading, progress=None: read.append(path) or len(read))
    source = RowSource(studio)
    assert [source.table(str(path), Reading(), ticket(qapp)) for _ in range(2)] == [1, 1]
    path.write_text("ab", encoding="utf-8")
    assert source.table(str(path), Reading(), ticket(qapp)) == 2
    source.release()  # a small one stays
    assert source.table(str(path), Reading(), ticket(qapp)) == 2
    assert source.table(str(path), Reading(header=False), ticket(qapp)) == 3
