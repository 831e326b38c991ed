"""What stands between Train and a run: second clicks, red fields, files that changed; and what the user chose stays."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QTreeView

from tests.gui.driving import CSV, child, click, wait_for, window_on, write
from tests.gui.test_flow import PlayedStudio
from workbench.core.language import tr
from workbench.core.plan import ModelSpec

CONTROL = Qt.KeyboardModifier.ControlModifier
SMALL = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2})


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Any:
    with window_on(qtbot, PlayedStudio(tmp_path, pause=0.02)) as one:
        yield one


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "days.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def take(qtbot: Any, window: Any, path: Path) -> None:
    """Open `path` and wait until its rows are known."""
    window.commands.open_path(str(path))
    wait_for(qtbot, lambda: window.session.draft.plan.dataset.path == str(path))
    wait_for(qtbot, lambda: window.session.survey.state not in ("none", "looking"))


def rewrite(path: Path, text: str) -> None:
    """Another content, as of a later time."""
    path.write_text(text, encoding="utf-8")
    later = path.stat().st_mtime_ns + 2_000_000_000
    os.utime(path, ns=(later, later))


def test_that_the_second_click_of_two_neither_stops_nor_starts(qtbot: Any, window: Any) -> None:
    button = child(window, "trainButton")
    click(button)
    wait_for(qtbot, lambda: window.session.state == "running")
    click(button)
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert window.session.state == "running"
    qtbot.wait(520)
    click(button)
    assert window.session.state == "stopping"
    wait_for(qtbot, lambda: window.session.state == "idle")
    click(button)
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert window.session.state == "idle"
    assert len(window.studio.started) == 1


def test_that_a_red_field_keeps_the_training_from_starting_and_is_named(window: Any) -> None:
    write(child(window, "option-epochs").lineEdit(), "abc")
    button, reason = child(window, "trainButton"), child(window, "trainReason")
    assert not button.isEnabled()
    assert "Epochs" in reason.text()
    assert not window.actions_.by_name["train"].isEnabled()
    QTest.keyClick(window, Qt.Key.Key_Return, CONTROL)
    assert window.session.state == "idle"
    write(child(window, "option-epochs").lineEdit(), "2")
    assert button.isEnabled()
    assert window.session.draft.plan.epochs == 2


def test_that_what_is_being_typed_counts_when_train_is_pressed(window: Any) -> None:
    box = child(window, "option-epochs")
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(box, "abc")
    window.session.train()
    assert window.session.state == "idle"
    QTest.keyClick(box, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(box, "7")
    assert window.session.train()
    assert window.session.draft.plan.epochs == 7


def test_that_a_chosen_model_stays_with_its_values_when_another_file_is_opened(
    qtbot: Any, window: Any, file: Path
) -> None:
    window.session.set_model(SMALL)
    window.session.draft.replace(epochs=17)
    take(qtbot, window, file)
    plan = window.session.draft.plan
    assert (plan.model, plan.epochs) == (SMALL, 17)
    window.commands.open_first_sample()
    wait_for(qtbot, lambda: window.session.draft.plan.dataset.path != str(file))
    assert window.session.draft.plan.model == SMALL


def test_that_suggested_settings_are_those_of_the_chosen_model(qtbot: Any, window: Any) -> None:
    window.session.set_model(SMALL)
    window.session.draft.replace(epochs=17)
    window.commands.suggested()
    wait_for(qtbot, lambda: window.session.draft.plan.epochs != 17)
    assert window.session.draft.plan.model == SMALL
    wait_for(qtbot, lambda: window.session.profile is not None)


def test_that_a_chosen_model_that_is_gone_does_not_stay(qtbot: Any, window: Any, file: Path, tmp_path: Path) -> None:
    window.session.set_model(ModelSpec(source="folder", location=str(tmp_path / "gone")))
    take(qtbot, window, file)
    assert window.session.draft.plan.model.source != "folder"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("a day,good\nanother day,good\nthird day,good\n", "same label"),
        ("a day,good\n", "same label"),
        ("", "no rows"),
    ],
)
def test_that_rows_of_which_nothing_can_be_learned_are_an_obstacle(
    qtbot: Any, window: Any, tmp_path: Path, rows: str, reason: str
) -> None:
    path = tmp_path / "few.csv"
    path.write_text("text,label\n" + rows, encoding="utf-8")
    take(qtbot, window, path)
    if set(window.session.draft.plan.dataset.columns) != {"text", "label"}:
        window.session.set_column("text", "text")
        window.session.set_column("label", "label")
        wait_for(qtbot, lambda: window.session.profile is not None)
    wait_for(qtbot, lambda: not child(window, "trainButton").isEnabled())
    assert reason in child(window, "trainReason").text()
    assert not window.actions_.by_name["train"].isEnabled()


def test_that_one_row_of_numbers_is_not_enough(window: Any) -> None:
    survey = window.session.survey
    survey.profile = msgspec.structs.replace(survey.profile, read=1, findings=())
    assert "two rows" in window.session.obstacle


def test_that_a_file_that_changed_is_read_before_it_is_trained_on(qtbot: Any, window: Any, file: Path) -> None:
    take(qtbot, window, file)
    rewrite(file, CSV + "one more day,fine\n" * 3)
    click(child(window, "trainButton"))
    wait_for(qtbot, lambda: len(window.studio.started) == 1)
    assert dict(window.session.profile.classes)["fine"] == 3
    assert any("has changed" in str(past) for past in window.messages.past)


def test_that_a_column_that_vanished_is_shown_and_nothing_is_trained(qtbot: Any, window: Any, file: Path) -> None:
    take(qtbot, window, file)
    rewrite(file, CSV.replace("text,label", "text,mood"))
    click(child(window, "trainButton"))
    wait_for(qtbot, lambda: "mood" in window.session.head.columns)
    combo = window.dataset_panel.roles.combos["label"]
    shown = [combo.itemData(row) for row in range(combo.count())]
    assert "mood" in shown
    assert "label" not in shown
    assert window.session.draft.plan.dataset.columns["text"] == "text"
    wait_for(qtbot, lambda: window.session.profile is not None)
    assert not window.studio.started


@pytest.mark.parametrize(
    ("key", "modifier"), [(Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_R, CONTROL)]
)
def test_that_a_key_reads_the_file_again(qtbot: Any, window: Any, file: Path, key: Any, modifier: Any) -> None:
    take(qtbot, window, file)
    rewrite(file, CSV.replace("text,label", "text,mood"))
    QTest.keyClick(window, key, modifier)
    wait_for(qtbot, lambda: window.session.head is not None and "mood" in window.session.head.columns)
    wait_for(qtbot, lambda: window.session.profile is not None)


def test_that_undo_in_a_number_box_without_typing_takes_back_the_last_change(window: Any) -> None:
    before = window.session.draft.plan.epochs
    window.session.draft.replace(epochs=before + 5)
    box = child(window, "option-epochs")
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Z, CONTROL)
    assert window.session.draft.plan.epochs == before
    QTest.keyClick(box, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert window.session.draft.plan.epochs == before + 5


def test_that_undo_takes_back_typing_first(window: Any) -> None:
    before = window.session.draft.plan.name
    window.session.draft.replace(name="another")
    box = child(window, "option-epochs")
    box.setFocus()
    QTest.keyClicks(box, "9")
    QTest.keyClick(box, Qt.Key.Key_Z, CONTROL)
    assert window.session.draft.plan.name == "another" != before


def test_that_the_offer_beside_a_red_field_is_the_suggestion_for_the_model(window: Any) -> None:
    suggested = window.session.suggested("plan", "epochs")
    default = next(
        o.default for (_g, n), f in window.settings_panel.fields.items() if n == "epochs" for o in [f.option]
    )
    assert suggested != default
    write(child(window, "option-epochs").lineEdit(), "abc")
    click(child(window, "mend-epochs"))
    assert window.session.draft.plan.epochs == suggested


def test_that_the_language_changes_without_scrolling_away(qtbot: Any, window: Any) -> None:
    bar, panel = window.left_column.verticalScrollBar(), window.settings_panel
    window.settings_panel.more.unfold()
    wait_for(qtbot, lambda: bar.maximum() > 1000)
    bar.setValue(panel.y() + 400)
    child(window, "option-epochs").setFocus()
    for code in ("zh_CN", "en"):
        window.commands.set_language(code)
        qtbot.wait(100)
        wait_for(qtbot, lambda: window.session.profile is not None)
        qtbot.wait(200)
        assert abs(bar.value() - panel.y() - 400) <= 2


def test_that_the_file_dialog_speaks_chinese_and_opens_where_the_last_file_was(
    qtbot: Any, window: Any, file: Path
) -> None:
    take(qtbot, window, file)
    window.commands.set_language("zh_CN")
    window.commands.ask_file()
    dialog = window.findChild(QFileDialog, "openDialog")
    assert Path(dialog.directory().absolutePath()) == file.parent
    spoken = {part: dialog.labelText(part) for part in QFileDialog.DialogLabel}
    for part, source in (
        (QFileDialog.DialogLabel.LookIn, "Folder:"),
        (QFileDialog.DialogLabel.FileType, "Kind:"),
        (QFileDialog.DialogLabel.Reject, "Cancel"),
    ):
        assert spoken.pop(part) == tr(source)
    assert not [text for text in spoken.values() if text.isascii()]  # the rest is Qt's
    tree = dialog.findChild(QTreeView, "treeView")
    assert tree is None or tree.isColumnHidden(2)
    dialog.reject()
    wait_for(qtbot, lambda: window.session.profile is not None)
