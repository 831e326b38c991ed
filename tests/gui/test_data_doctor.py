"""The doctor in the window: findings with their rows and fixes, every fix one step that can be undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from tests.gui.driving import child, click, make_studio, wait_for, window_on
from workbench.core.plan import Choice
from workbench.data.findings import Finding, Fix, Setting
from workbench.gui.known import dataset_key
from workbench.gui.languages import set_language
from workbench.gui.panels.finding import rows_caption
from workbench.gui.taking_back import taken_back

ROWS = [
    *((f"<p>A lovely day by the sea, number {n}</p>", "good") for n in range(20)),
    *((f"A day of rain and wind, number {n}", "bad") for n in range(20)),
    ("A day of rain and wind, number 3", "bad"),
    ("A day of rain and wind, number 4", "bad"),
    ("A lovely day in the hills", "Good "),
    ("A lovely day in the woods", "GOOD"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "days.csv"
    path.write_text("text,label\n" + "".join(f'"{text}",{label}\n' for text, label in ROWS), encoding="utf-8")
    return path


@pytest.fixture
def window(qtbot: Any, tmp_path: Path, file: Path) -> Any:
    with window_on(qtbot, make_studio(tmp_path), sample=False) as one:
        one.commands.open_path(str(file))
        looked(qtbot, one)
        one.activateWindow()
        one.told = []
        one.dataset_panel.notified.connect(lambda text, undo: one.told.append((text, undo)))
        yield one


def looked(qtbot: Any, window: Any) -> None:
    """Wait until all rows were looked at."""
    wait_for(qtbot, lambda: window.session.draft.plan is not None and window.session.survey.state == "known")


def finding(window: Any, mend: str) -> Any:
    """The row of the finding that the mend `mend` is recommended for."""
    rows = [
        row
        for row in window.dataset_panel.health.rows
        if row.finding.fixes and row.finding.fixes[0].mend is not None and row.finding.fixes[0].mend.name == mend
    ]
    assert len(rows) == 1, [row.finding.code for row in window.dataset_panel.health.rows]
    return rows[0]


def mends(window: Any) -> list[str]:
    """The names of the mends of the draft."""
    return [mend.name for mend in window.session.draft.plan.dataset.mends]


def test_that_a_finding_says_what_why_and_where(window: Any) -> None:
    row = finding(window, "join-spellings")
    words = [label.text() for label in row.findChildren(QLabel) if label.isVisibleTo(row)]
    assert row.finding.message in words
    assert row.finding.why in words
    assert row.rows_button.words == rows_caption(row.finding)
    assert row.rows_button.accessibleName().startswith("Show these rows")
    for button in row.fix_buttons:
        assert button.accessibleName() == button.words
        assert button.accessibleDescription() == row.finding.message


def test_that_a_fix_is_one_step_and_the_rows_are_looked_at_again(qtbot: Any, window: Any, file: Path) -> None:
    before, text = window.session.draft.plan, file.read_bytes()
    row = finding(window, "join-spellings")
    title = row.fix_buttons[0].words
    click(row.fix_buttons[0])
    assert mends(window) == ["join-spellings"]
    assert window.session.draft.undo_text == title
    assert window.session.survey.state == "looking"
    looked(qtbot, window)
    assert dict(window.session.profile.classes) == {"good": 22, "bad": 22}
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert mends(window) == []
    assert window.session.draft.plan == before
    looked(qtbot, window)
    assert "GOOD" in dict(window.session.profile.classes)
    assert file.read_bytes() == text


def test_that_undo_shows_at_once_what_was_known_before(qtbot: Any, window: Any, file: Path) -> None:
    looks, real, before = [], window.studio.profile, window.session.profile
    window.studio.profile = lambda plan, progress: looks.append(plan) or real(plan, progress)
    click(finding(window, "join-spellings").fix_buttons[0])
    looked(qtbot, window)
    window.session.draft.undo()
    looked(qtbot, window)
    assert window.session.profile is before
    assert len(looks) == 1
    file.write_text(file.read_text(encoding="utf-8") + "One more day,good\n", encoding="utf-8")
    window.session.draft.redo()
    looked(qtbot, window)
    assert window.session.profile.rows == len(ROWS) + 1
    assert len(looks) == 2


def test_that_findings_never_flash_as_windows_of_their_own(qtbot: Any, window: Any) -> None:
    window.activateWindow()
    click(finding(window, "join-spellings").fix_buttons[0])
    looked(qtbot, window)
    assert [one for one in QApplication.topLevelWidgets() if one.isVisible()] == [window]
    assert QApplication.activeWindow() is window


def test_that_the_toast_names_what_was_done_and_takes_it_back(qtbot: Any, window: Any) -> None:
    before = window.session.draft.plan
    row = finding(window, "join-spellings")
    click(row.fix_buttons[0])
    text, undo = window.told[-1]
    assert row.finding.fixes[0].title in text
    undo()
    assert window.session.draft.plan == before
    undo()  # a second press has nothing left to do
    assert window.session.draft.plan == before


def test_that_an_older_toast_takes_back_its_own_change_alone(qtbot: Any, window: Any) -> None:
    click(finding(window, "join-spellings").fix_buttons[0])
    click(finding(window, "strip-markup").fix_buttons[0])
    window.session.draft.set_option("plan", "epochs", 7)
    window.told[0][1]()
    assert mends(window) == ["strip-markup"]
    assert window.session.draft.plan.epochs == 7
    window.session.draft.undo()
    assert mends(window) == ["join-spellings", "strip-markup"]


def test_that_what_is_done_shows_at_once_while_the_rows_are_looked_at(qtbot: Any, window: Any) -> None:
    row = finding(window, "strip-markup")
    click(row.fix_buttons[0])
    assert window.session.profile is None
    assert row.isVisibleTo(window)
    assert not row.fix_buttons[0].isVisibleTo(window)
    done = row.findChild(QLabel, f"done-{row.finding.code}")
    assert done.isVisibleTo(window)
    assert row.finding.fixes[0].title in done.text()
    assert child(window, "classBars").isVisibleTo(window)
    assert "Looking" in child(window, "rowCounts").text()
    looked(qtbot, window)
    assert not [one for one in window.dataset_panel.health.rows if one.finding.code == row.finding.code]


def test_that_another_file_does_not_keep_the_findings_of_the_last_one(qtbot: Any, window: Any, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("text,label\n" + "".join(f"A text with words {n},{'ab'[n % 2]}\n" for n in range(40)), "utf-8")
    seen = []
    window.session.head_changed.connect(lambda _head, _roles: seen.append(len(window.dataset_panel.health.rows)))
    window.commands.open_path(str(other))
    wait_for(qtbot, lambda: window.session.draft.plan.dataset.path == str(other))
    assert window.dataset_panel.health.rows == [] or window.session.profile is not None
    looked(qtbot, window)
    assert seen


def test_that_the_mends_are_listed_in_their_order_and_taken_out_by_the_keyboard(qtbot: Any, window: Any) -> None:
    view = window.dataset_panel.health.mends
    assert not view.isVisibleTo(window)
    for name in ("strip-markup", "join-spellings", "drop-repeated"):
        click(finding(window, name).fix_buttons[0])
    looked(qtbot, window)
    titles = window.studio.mend_titles(window.session.draft.plan)
    shown = [child(view, f"mend-{place}").text() for place in range(3)]
    assert tuple(shown) == titles
    assert "never changed" in child(view, "mendsNote").text()
    assert child(view, "mendsLeftOut").text().startswith("2 rows left out")
    button = child(view, "removeMend-1")
    assert titles[1] in button.accessibleName()
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert mends(window) == ["strip-markup", "drop-repeated"]
    assert window.focusWidget() is view.buttons[1]
    text, undo = window.told[-1]
    assert titles[1] in text
    undo()
    assert mends(window) == ["strip-markup", "join-spellings", "drop-repeated"]


def test_that_the_focus_is_not_lost_when_a_fix_takes_its_button_away(qtbot: Any, window: Any) -> None:
    window.activateWindow()
    button = finding(window, "join-spellings").fix_buttons[0]
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert window.dataset_panel.health.isAncestorOf(window.focusWidget())
    looked(qtbot, window)
    focus = window.focusWidget()
    assert focus is not None
    assert focus.isVisibleTo(window)
    assert window.dataset_panel.health.isAncestorOf(focus)


def test_that_the_very_rows_of_a_finding_are_shown_beside_the_window(qtbot: Any, window: Any) -> None:
    row = finding(window, "join-spellings")
    click(row.rows_button)
    sheet = child(window, "rowSheet")
    assert not sheet.isModal()
    content = sheet.table.content
    wait_for(qtbot, lambda: len(content.rows) == len(row.finding.rows))
    for cells, number in zip(content.rows, row.finding.rows, strict=True):
        text, label = ROWS[number - 1]
        assert [cell.copied for cell in cells] == [str(number), text, label]
    assert sheet.findChild(QLabel, "sheetMessage").text() == row.finding.message
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    wait_for(qtbot, lambda: window.dataset_panel.health._sheet is None)


def test_that_rows_that_could_not_be_read_say_why_and_many_rows_say_how_many(qtbot: Any, window: Any) -> None:
    path = Path(window.session.draft.plan.dataset.path)
    path.write_text(path.read_text(encoding="utf-8") + "one,two,three\n", encoding="utf-8")
    odd = Finding(code="odd", severity="info", message="Two.", rows=(2, len(ROWS) + 1), count=500)
    window.dataset_panel.health._show_rows(odd)
    sheet = child(window, "rowSheet")
    wait_for(qtbot, lambda: len(sheet.table.content.rows) == 2)
    assert "3 cells" in sheet.table.content.rows[1][1].text
    assert "2 of 500" in sheet.findChild(QLabel, "sheetState").text()


def test_that_a_file_that_is_gone_is_said_in_the_sheet(qtbot: Any, window: Any) -> None:
    row = finding(window, "join-spellings")
    Path(window.session.draft.plan.dataset.path).unlink()
    click(row.rows_button)
    state = child(window, "rowSheet").findChild(QLabel, "sheetState")
    wait_for(qtbot, lambda: "cannot be read" in state.text())
    assert state.property("role") == "danger"


def test_that_notes_are_folded_under_their_number(window: Any) -> None:
    health = window.dataset_panel.health
    notes = [row for row in health.rows if row.finding.severity == "info"]
    assert notes
    assert str(len(notes)) in health.notes.button.text()
    assert health.notes.button.isVisibleTo(window)
    assert not any(row.isVisibleTo(window) for row in notes)
    click(health.notes.button)
    assert all(row.isVisibleTo(window) for row in notes)


def test_that_a_setting_that_takes_care_of_a_finding_is_said_and_counts_as_touched(qtbot: Any, window: Any) -> None:
    health, profile = window.dataset_panel.health, window.session.profile
    fix = Fix(title="Read longer texts", setting=Setting(group="plan", name="max_length", value=256))
    odd = Finding(code="too-long", severity="warning", message="Texts are cut.", why="They end early.", fixes=(fix,))
    health._profile = type("Made", (), {**{n: getattr(profile, n) for n in profile.__struct_fields__}})()
    health._profile.findings = (odd,)
    health.retranslate()
    click(child(health, "fix-too-long-0"))
    assert window.session.draft.plan.max_length == 256
    assert "max_length" in window.session.draft.touched
    assert "Read longer texts" in child(health, "done-too-long").text()
    assert window.session.draft.undo_text == "Read longer texts"
    window.session.draft.undo()
    assert child(health, "fix-too-long-0").isVisibleTo(window)


def test_that_long_titles_are_cut_and_told_in_full(qtbot: Any, window: Any) -> None:
    health, profile = window.dataset_panel.health, window.session.profile
    title = "A title that says at great length what a press of this button would do about it all"
    odd = Finding(code="long", severity="error", message="Odd.", fixes=(Fix(title=title, mend=Choice(name="x")),))
    health._profile = type("Made", (), {**{n: getattr(profile, n) for n in profile.__struct_fields__}})()
    health._profile.findings = (odd,)
    health.retranslate()
    button = child(health, "fix-long-0")
    wait_for(qtbot, lambda: 0 < button.width() <= window.dataset_panel.width())
    assert button.text().endswith("…")
    assert button.toolTip() == title
    assert button.accessibleName() == title


def test_that_everything_of_its_own_is_spoken_in_chinese(qtbot: Any, window: Any) -> None:
    click(finding(window, "strip-markup").fix_buttons[0])
    looked(qtbot, window)
    set_language("zh_CN")
    looked(qtbot, window)
    view = window.dataset_panel.health.mends
    assert child(view, "mend-0").text() == window.studio.mend_titles(window.session.draft.plan)[0]
    assert "HTML" in child(view, "mend-0").text()
    badges = [row.findChildren(QLabel)[0].text() for row in window.dataset_panel.health.rows]
    assert badges
    assert not {"Problem", "Warning", "Note"} & set(badges)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 12345])
def test_that_a_caption_lists_rows_or_counts_them(count: int) -> None:
    caption = rows_caption(
        Finding(code="a", severity="info", message="", rows=tuple(range(1, min(count, 20) + 1)), count=count)
    )
    assert caption == {1: "Row 1", 2: "Rows 1, 2", 3: "Rows 1, 2, 3"}.get(count, f"Rows 1, 2, 3 … ({count:,})")


def test_that_the_profile_is_looked_at_anew_for_mends_and_for_the_seed(window: Any) -> None:
    plan = window.session.draft.plan
    fixed = window.studio.with_fix(plan, Fix(title="", mend=Choice(name="strip-markup")))
    seeded = window.studio.with_fix(plan, Fix(title="", setting=Setting(group="plan", name="seed", value=7)))
    longer = window.studio.with_fix(plan, Fix(title="", setting=Setting(group="plan", name="epochs", value=7)))
    assert len({dataset_key(one) for one in (plan, fixed, seeded)}) == 3
    assert dataset_key(longer) == dataset_key(plan)


def test_that_taking_back_keeps_what_was_set_again_since(window: Any) -> None:
    def set_to(plan: Any, name: str, value: int) -> Any:
        return window.studio.with_fix(plan, Fix(title="", setting=Setting(group="plan", name=name, value=value)))

    before = window.session.draft.plan
    after = set_to(before, "seed", 7)
    assert taken_back(set_to(after, "epochs", 9), before, after) == set_to(before, "epochs", 9)
    assert taken_back(set_to(after, "seed", 8), before, after) == set_to(after, "seed", 8)
