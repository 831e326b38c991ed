"""The window itself: names, keys, languages, themes, messages, and what is remembered."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QProgressBar,
    QTabBar,
    QTableView,
    QWidget,
)

from tests.gui.driving import child, choose, click, make_studio, wait_for, window_on, write
from workbench.core import language
from workbench.core.errors import Problem, WorkbenchError
from workbench.engine import hub
from workbench.gui import background, theme
from workbench.gui.messages import decide, toast_milliseconds
from workbench.gui.preferences import endpoint_problem

INTERACTIVE = (
    QAbstractButton,
    QComboBox,
    QAbstractSpinBox,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QProgressBar,
    QTableView,
    QTabBar,
)


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Any:
    with window_on(qtbot, make_studio(tmp_path)) as one:
        yield one


def interactive(page: QWidget) -> list[QWidget]:
    """Every widget that a person can act on, without the inner parts of Qt's own."""
    found = []
    for widget in page.findChildren(QWidget):
        inner = isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QTabBar) or widget.objectName().startswith(
            "qt_"
        )
        if isinstance(widget, INTERACTIVE) and not inner and widget.metaObject().className() != "QTableCornerButton":
            found.append(widget)
    return found


def test_that_everything_one_can_act_on_has_a_name_for_screen_readers(window: Any) -> None:
    window.settings_panel.more.unfold()
    nameless = [
        (type(widget).__name__, widget.objectName())
        for widget in interactive(window)
        if widget.isVisible() and not (widget.accessibleName() or getattr(widget, "text", str)())
    ]
    assert nameless == []


def test_that_every_place_to_click_is_large_enough(window: Any, qtbot: Any) -> None:
    window.settings_panel.more.unfold()
    window.dataset_panel.reading_fold.unfold()
    qtbot.wait(50)
    small = [
        (widget.objectName(), widget.size().toTuple())
        for widget in interactive(window.left)
        if widget.isVisible() and isinstance(widget, QAbstractButton | QComboBox | QAbstractSpinBox | QLineEdit)
        if widget.height() < theme.TARGET or widget.width() < theme.TARGET
        if not isinstance(widget.parent(), QTableView)
    ]
    assert small == []


def test_that_text_from_outside_is_never_markup(window: Any) -> None:
    parts = (window.left, window.messages, window.messages.toast, window.drops.cover, window.status)
    labels = [label for part in parts for label in part.findChildren(QLabel)]
    rich = [label.objectName() or label.text() for label in labels if label.textFormat() != Qt.TextFormat.PlainText]
    assert len(labels) > 20
    assert rich == []


def test_that_no_key_means_two_things(window: Any) -> None:
    keys = Counter(
        key.toString() for action in window.actions_.by_name.values() for key in action.shortcuts() if not key.isEmpty()
    )
    assert [key for key, times in keys.items() if times > 1] == []
    for wanted in ("Ctrl+O", "Ctrl+V", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+,", "Ctrl+Q", "F1", "Esc", "Ctrl+Return"):
        assert keys[QKeySequence(wanted).toString()] == 1, wanted


def test_that_the_keyboard_sheet_shows_every_key(window: Any) -> None:
    QTest.keyClick(window, Qt.Key.Key_F1)
    sheet = child(window, "keyboardSheet")
    model = sheet.findChild(QTableView).model()
    keys = " ".join(model.index(row, 1).data() for row in range(model.rowCount()))
    assert all(wanted in keys for wanted in ("F1", "Ctrl+O", "Ctrl+Return", "Esc"))
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_that_tab_goes_in_reading_order_and_comes_back(window: Any, qtbot: Any) -> None:
    window.activateWindow()
    first = window.model_panel.combo
    first.setFocus()
    seen = [first]
    for _ in range(200):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        focus = window.focusWidget()
        if focus is first:
            break
        seen.append(focus)
    assert window.focusWidget() is first
    column = [widget for widget in seen if window.left.isAncestorOf(widget) and window.left_column.isAncestorOf(widget)]
    tops = [widget.mapTo(window.left_column.widget(), widget.rect().topLeft()).y() for widget in column]
    assert len(column) > 10
    pairs = list(zip(column, column[1:], tops, tops[1:], strict=False))
    back = [(a.objectName(), b.objectName()) for a, b, top, below in pairs if below < top - theme.TARGET]
    assert back == []


def test_that_undo_is_named_and_brings_the_value_back(window: Any) -> None:
    write(child(window, "option-epochs").lineEdit(), "9")
    assert window.session.draft.plan.epochs == 9
    assert "Change setting" in window.actions_.by_name["undo"].text()
    window.actions_.by_name["undo"].trigger()
    assert window.session.draft.plan.epochs == 5
    assert child(window, "option-epochs").value() == 5
    window.actions_.by_name["redo"].trigger()
    assert window.session.draft.plan.epochs == 9


def test_that_five_settings_are_visible_and_the_rest_is_folded(window: Any) -> None:
    body = window.settings_panel.more.body
    fields = list(window.settings_panel.fields.values())
    shown = [field for field in fields if not body.isAncestorOf(field)]
    assert len(shown) + 1 <= 5  # and the task
    assert not body.isVisible()
    click(child(window, "moreSettings"))
    assert body.isVisible()
    wanted = sum(len(group.options) for group in window.studio.plan_options(window.session.draft.plan))
    assert len(fields) == wanted
    words = " ".join(label.text() for label in window.findChildren(QLabel)).lower()
    assert "advanced" not in words


def test_that_another_optimizer_shows_its_own_knobs(qtbot: Any, window: Any) -> None:
    window.settings_panel.more.unfold()
    names = list(window.studio.optimizers())
    combo = child(window, "choice-optimizer")
    for name in names:
        choose(combo, name)
        assert window.session.draft.plan.optimizer.name == name
        for option in window.studio.optimizers()[name].options:
            wait_for(qtbot, lambda name=option.name: child(window, f"option-optimizer-{name}").isVisible())


def test_that_a_value_that_cannot_be_used_keeps_train_from_starting_never_silently(window: Any) -> None:
    window.session.draft.replace(epochs=0)
    assert not child(window, "trainButton").isEnabled()
    assert child(window, "trainReason").isVisible()
    assert child(window, "wrong-epochs").isVisible()


def test_that_the_theme_is_switched_live(window: Any) -> None:
    began = time.perf_counter()
    window.commands.set_theme("dark")
    assert time.perf_counter() - began < 1.5  # 0.3 s on a quiet machine
    assert theme.tokens() is theme.DARK
    assert window.grab().toImage().pixelColor(4, window.height() // 2).lightness() < 60
    window.commands.set_theme("light")


def test_that_the_language_is_switched_live_and_remembered(window: Any, monkeypatch: Any) -> None:
    said = []

    class Loud:
        def gettext(self, text: str) -> str:
            said.append(text)
            return f"⟦{text}⟧"

        def ngettext(self, one: str, many: str, number: int) -> str:
            return f"⟦{one if number == 1 else many}⟧"

    monkeypatch.setattr(language, "_catalogue", Loud())
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QApplication

    QApplication.sendEvent(window, QEvent(QEvent.Type.LanguageChange))
    plain = []
    for widget in interactive(window.left):
        text = getattr(widget, "text", str)()
        if isinstance(widget, QAbstractButton) and text and "⟦" not in text:
            plain.append(text)
    assert plain == []
    assert all("⟦" in action.text() for action in window.actions_.by_name.values())
    assert all("⟦" in menu.title() for menu in window.actions_.menus.values())
    assert "⟦" in window.tabs.tabText(0)


def test_that_preferences_take_effect_at_once_and_are_kept(qtbot: Any, window: Any) -> None:
    QTest.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = child(window, "preferences")
    choose(child(dialog, "prefTheme"), "dark")
    assert theme.tokens() is theme.DARK
    box = child(dialog, "prefEndpoint")
    write(box, "hf-mirror.com")
    assert child(dialog, "prefEndpointWrong").isVisible()
    write(box, "https://me:secret@hf-mirror.com")
    assert child(dialog, "prefEndpointWrong").isVisible()
    write(box, "https://hf-mirror.com/")
    assert not child(dialog, "prefEndpointWrong").isVisible()
    dialog.accept()
    wait_for(qtbot, lambda: "hf-mirror" in window.studio.settings_path.read_text())
    assert window.studio.settings.theme == "dark"


@pytest.mark.parametrize(
    "address",
    [
        "https://huggingface.co",
        "http://127.0.0.1:8080",
        "http://hf-mirror.com/a",
        "hf-mirror.com",
        "ftp://hf-mirror.com",
        "https://",
        "https://me:secret@hf-mirror.com",
        "https://hf-mirror.com?token=1",
        "https://hf-mirror.com#a",
    ],
)
def test_that_preferences_take_the_addresses_that_the_download_takes(address: str) -> None:
    said = ""
    try:
        hub._checked_endpoint(address)
    except WorkbenchError as error:
        said = error.problems[0].what
    assert endpoint_problem(address) == said


def test_that_an_emptied_address_is_the_usual_one(window: Any) -> None:
    dialog = window.commands.show_preferences()
    usual = window.studio.settings.hub_endpoint
    write(child(dialog, "prefEndpoint"), "https://hf-mirror.com")
    write(child(dialog, "prefEndpoint"), " ")
    assert child(dialog, "prefEndpoint").text() == usual
    assert window.studio.settings.hub_endpoint == usual
    dialog.accept()


def test_that_settings_changed_in_a_row_are_kept_one_after_another(qtbot: Any, window: Any) -> None:
    studio, kept, lock = window.studio, [], threading.Lock()

    def save_settings(settings: Any) -> None:
        assert lock.acquire(blocking=False)  # never two at once
        time.sleep(0.05)
        kept.append(settings.theme)
        lock.release()

    studio.save_settings = save_settings
    for mode in ("dark", "light", "system", "dark"):
        window.commands.set_theme(mode)
    wait_for(qtbot, lambda: background.busy() == 0)
    assert kept[-1] == "dark"
    assert window.findChild(object, "banner-settings") is None


def test_that_no_part_of_the_window_hides_a_method_of_qt(window: Any) -> None:
    parts = {name for name, part in vars(window).items() if isinstance(part, QWidget)}
    assert len(parts) > 10
    assert parts & set(dir(QMainWindow)) == set()


def test_that_nothing_reaches_through_the_door() -> None:
    files = sorted(Path(theme.__file__).parent.rglob("*.py"))
    assert len(files) > 40
    assert [file.name for file in files if "studio.history" in file.read_text(encoding="utf-8")] == []


def test_that_the_next_window_looks_like_the_last(qtbot: Any, tmp_path: Path) -> None:
    with window_on(qtbot, make_studio(tmp_path), sample=False) as first:
        first.resize(800, 611)  # the offscreen screen is 800 wide
        first.splitter.setSizes([350, 450])
        sizes = first.splitter.sizes()
    with window_on(qtbot, make_studio(tmp_path), sample=False) as second:
        assert second.size().toTuple() == (800, 611)
        assert second.splitter.sizes() == sizes


def test_that_damaged_layout_is_no_obstacle(qtbot: Any, tmp_path: Path) -> None:
    import msgspec

    studio = make_studio(tmp_path)
    studio.settings = msgspec.structs.replace(studio.settings, geometry="%%%", layout="[broken")
    with window_on(qtbot, studio, sample=False) as window:
        assert window.isVisible()


def test_that_errors_are_banners_without_a_traceback(window: Any) -> None:
    window.session.refused.emit("x", ValueError("bad thing at line 3"))
    banner = child(window, "banner-x")
    assert "ValueError" not in banner.text
    assert "safe" in banner.text
    click(child(banner, "showDetails"))
    details = child(window, "details")
    assert "ValueError" in details.findChild(QPlainTextEdit).toPlainText()
    details.accept()
    assert [dialog for dialog in window.findChildren(QDialog) if dialog.isModal() and dialog.isVisible()] == []


def test_that_all_problems_are_shown_at_once(window: Any) -> None:
    error = WorkbenchError(Problem(code="A", what="First."), Problem(code="B", what="Second."))
    window.session.refused.emit("x", error)
    assert child(window, "banner-x").text.splitlines() == ["First.", "Second."]


def test_that_escape_takes_the_newest_message_away(window: Any) -> None:
    window.messages.banner("a", "One.")
    window.messages.banner("b", "Two.")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert [banner.key for banner in window.messages.banners] == ["a"]


def test_that_one_toast_shows_at_a_time_and_undo_works(window: Any) -> None:
    undone = []
    window.messages.notify("Run a was deleted.", lambda: undone.append("a"))
    window.messages.notify("Run b was deleted.", lambda: undone.append("b"))
    assert child(window, "toastText").text() == "Run a was deleted."
    click(child(window, "toastUndo"))
    assert undone == ["a"]
    assert child(window, "toastText").text() == "Run b was deleted."
    click(child(window, "closeMessage"))
    assert [told.text for told in window.messages.past][-2:] == ["Run a was deleted.", "Run b was deleted."]


def test_that_a_toast_covers_nothing_that_can_be_pressed_also_when_the_page_moves(window: Any, qtbot: Any) -> None:
    window.tabs.setCurrentWidget(window.runs)
    qtbot.waitUntil(lambda: window.runs._ticket.finished, timeout=5000)
    window.runs.stack.setCurrentWidget(window.runs.content)
    toast, runs = window.messages.toast, window.runs
    row = runs.buttons
    buttons = (row.try_button, row.folder_button, row.rename_button, row.delete_button, runs.bin_box, runs.filter)
    buttons += (window.progress.bar,)
    window.progress.begin("reviews-2")

    def covered() -> list[str]:
        rooms = {b.objectName(): QRect(b.mapTo(window, QPoint(0, 0)), b.size()) for b in buttons}
        return [name for name, room in rooms.items() if room.intersects(toast.geometry())]

    qtbot.wait(50)
    window.messages.notify("“reviews-1” was deleted.", lambda: None)
    assert toast.isVisible()
    assert row.try_button.isVisible()
    assert covered() == []
    runs.compare.show()
    for share in (100, 200, 300, 350):
        runs.splitter.setSizes([share, 500 - share])
        qtbot.waitUntil(lambda: covered() == [], timeout=2000)
    window.resize(900, 600)
    qtbot.waitUntil(lambda: covered() == [], timeout=2000)
    assert window.rect().contains(toast.geometry())
    toast.close_button.click()
    assert not toast._follow.isActive()
    window.progress.reset()


def test_that_enter_presses_the_button_that_has_the_focus(window: Any, qtbot: Any) -> None:
    pressed: list[str] = []
    for name, expected in (("decision-0", ["other"]), ("decision-safe", ["other", "safe"])):
        dialog = decide(
            window, "Title", "Text", "Keep", [("Stop", lambda: pressed.append("other"))], lambda: pressed.append("safe")
        )
        qtbot.waitExposed(dialog)
        button = dialog.findChild(QAbstractButton, name)
        button.setFocus()
        qtbot.waitUntil(button.hasFocus, timeout=2000)
        QTest.keyClick(button, Qt.Key.Key_Return)
        assert pressed == expected


def test_that_the_same_toast_is_not_repeated(window: Any) -> None:
    for _ in range(5):
        window.messages.notify("The same.")
    assert [told.text for told in window.messages.past] == ["The same."]
    window.messages.toast.close_button.click()
    assert not window.messages.toast.isVisible()


@pytest.mark.parametrize(("words", "undoable", "least"), [(1, False, 5000), (20, False, 7000), (3, True, 10000)])
def test_that_toasts_stay_long_enough_to_be_read(words: int, undoable: bool, least: int) -> None:
    assert toast_milliseconds("word " * words, undoable) >= least


def cut_texts(page: QWidget) -> list[str]:
    """What does not fit where it stands."""
    cut = [
        button.text()
        for button in page.findChildren(QAbstractButton)
        if button.isVisible() and button.text() and button.width() < button.minimumSizeHint().width() - 1
    ]
    return cut + [
        label.text()
        for label in page.findChildren(QLabel)
        if label.isVisible() and label.wordWrap() and label.height() < label.heightForWidth(label.width()) - 2
    ]


@pytest.mark.parametrize("size", [(1024, 640), (1440, 900)])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_that_no_text_of_the_left_column_is_cut(qtbot: Any, window: Any, size: tuple, scale: float, qapp: Any) -> None:
    font = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(font.pointSizeF() * scale)
    qapp.setFont(larger)
    try:
        theme.apply(qapp, "light")
        window.resize(*size)
        window.settings_panel.more.unfold()
        wait_for(qtbot, lambda: cut_texts(window.left) == [], 5000)
        wait_for(qtbot, lambda: window.left_column.widget().width() <= window.left_column.viewport().width(), 5000)
    finally:
        qapp.setFont(font)
        theme.apply(qapp, "light")


def test_that_the_status_bar_promises_and_shows(window: Any) -> None:
    assert "nothing leaves" in child(window, "statusOffline").text()
    assert "GB" in child(window, "statusMemory").text()
    assert "thread" in child(window, "statusDevice").text()


START = """
import sys, time
began = time.perf_counter()
from workbench.gui import app
from PySide6.QtCore import QTimer
from workbench.gui.main_window import MainWindow
seen = {}
def look(window):
    seen["torch"] = "torch" in sys.modules
    seen["painted"] = time.perf_counter() - began
original = MainWindow.first_look
def first_look(window, path=""):
    look(window)
    original(window, path)
    timer = QTimer(window)
    def check():
        if window.start_bar.button.isEnabled() and "ready" not in seen:
            seen["ready"] = time.perf_counter() - began
            timer.stop()
            window.close()
    timer.timeout.connect(check)
    timer.start(10)
MainWindow.first_look = first_look
code = app.main([])
print(code, seen["torch"], seen["painted"], seen["ready"])
"""


def test_that_the_application_is_usable_soon_without_torch_and_ends_with_zero(tmp_path: Path) -> None:
    environment = {**os.environ, "WORKBENCH_HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", START], env=environment, capture_output=True, text=True, timeout=120, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr
    code, torch, painted, ready = result.stdout.split()[-4:]
    assert (code, torch) == ("0", "False")
    assert float(painted) < 4  # 1 s on a quiet machine; this one may be busy
    assert float(ready) < 8
