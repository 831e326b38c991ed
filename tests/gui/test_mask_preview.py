"""The preview of masking as a person uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.driving import child, choose, click, make_studio, wait_for
from workbench.gui.languages import set_language
from workbench.gui.mask_preview import MaskPreview, open_mask_preview
from workbench.gui.session import Session
from workbench.studio.masking import mask_of

TEXTS = ("all is fine", "call (415) 555-2671 or mail a@example.org", "电话：13812345678，谢谢", "again 415-555-2671")
CSV = "text,label\n" + "".join(
    f'"{text} {n}",{label}\n' for n in range(15) for text, label in zip(TEXTS, "abab", strict=True)
)


@pytest.fixture
def session(qtbot: Any, tmp_path: Path) -> Iterator[Session]:
    path = tmp_path / "texts.csv"
    path.write_text(CSV, encoding="utf-8")
    one = Session(make_studio(tmp_path))
    one.open_file(str(path))
    wait_for(qtbot, lambda: one.profile is not None)
    yield one
    one.rest()


@pytest.fixture
def dialog(qtbot: Any, session: Session) -> Iterator[MaskPreview]:
    found = open_mask_preview(None, session)  # type: ignore[arg-type]
    assert isinstance(found, MaskPreview)
    wait_for(qtbot, lambda: found.shown is not None)
    yield found
    if shiboken6.isValid(found):
        found.close()


def test_that_before_and_after_are_shown_and_marked_by_words_too(dialog: MaskPreview) -> None:
    text = dialog.view.toPlainText()
    assert "Row 2\nBefore: call (415) 555-2671 (Telephone number) or mail a@example.org (E-mail address) 0" in text
    assert "After: call [PHONE] or mail [EMAIL] 0" in text
    assert "all is fine" not in text
    assert "first 20 texts" in dialog.state.text()


def test_that_a_kind_that_is_unticked_is_left_as_it_is(qtbot: Any, dialog: MaskPreview) -> None:
    click_box(dialog, "maskKind-email")
    wait_for(qtbot, lambda: "[EMAIL]" not in dialog.view.toPlainText())
    assert "After: call [PHONE] or mail a@example.org" in dialog.view.toPlainText()


def test_that_apply_is_one_step_that_can_be_undone(qtbot: Any, session: Session, dialog: MaskPreview) -> None:
    before = session.draft.plan
    choose(child(dialog, "maskStyle"), "pseudonyms")
    wait_for(qtbot, lambda: "<phone-" in dialog.view.toPlainText())
    click(child(dialog, "maskApply"))
    mend = mask_of(session.draft.plan)
    assert mend is not None
    assert mend.options["style"] == "pseudonyms"
    assert session.draft.undo_text == "Mask personal data"
    session.draft.undo()
    assert session.draft.plan == before
    wait_for(qtbot, lambda: session.survey.state == "known")


def test_that_escape_changes_nothing(session: Session, dialog: MaskPreview) -> None:
    before = session.draft.plan
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert session.draft.plan == before


def test_that_nothing_can_be_applied_without_a_kind(dialog: MaskPreview) -> None:
    for name in dialog.boxes:
        click_box(dialog, f"maskKind-{name}")
    assert not child(dialog, "maskApply").isEnabled()


def test_that_every_control_has_a_name_and_speaks_both_languages(dialog: MaskPreview) -> None:
    for language in ("en", "zh_CN"):
        set_language(language)
        for box in dialog.boxes.values():
            assert box.text()
        for widget in (dialog.style_combo, dialog.view):
            assert widget.accessibleName()
        assert dialog.windowTitle()


def test_that_tab_leads_through_every_control(dialog: MaskPreview) -> None:
    names = []
    child(dialog, "maskStyle").setFocus()
    for _ in range(len(dialog.boxes) + 4):
        names.append(dialog.focusWidget().objectName())
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    assert {"maskStyle", "maskTexts", "maskCancel", "maskApply", *(f"maskKind-{name}" for name in dialog.boxes)} <= set(
        names
    )


def test_that_without_a_file_there_is_no_preview(qtbot: Any, tmp_path: Path) -> None:
    session = Session(make_studio(tmp_path))
    assert open_mask_preview(None, session) is None  # type: ignore[arg-type]
    session.rest()


def click_box(dialog: MaskPreview, name: str) -> None:
    """Toggle a tick box with the keyboard."""
    box = child(dialog, name)
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
