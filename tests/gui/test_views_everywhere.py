"""What must hold for every page of the right side: names for screen readers, languages, sizes, themes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from tests.gui import fakes
from workbench.core import language
from workbench.core.events import Notice
from workbench.gui import theme
from workbench.gui.panels.inference import InferencePanel
from workbench.gui.panels.runs import RunsPanel
from workbench.gui.panels.training import TrainingPanel
from workbench.gui.progress import ProgressStrip

DATA = {"customer_messages-1", "money", "billing", "all-MiniLM-L6-v2", "SGD", "AdamW", *fakes.LABELS}
OTHERS = {
    "qt_tabwidget_tabbar",
    "example_0",
    "example_1",
    "ScrollLeftButton",
    "ScrollRightButton",
}  # data, and Qt's own
NOTICE = "12 rows were skipped."


class Pseudo:
    """A catalogue that marks every text and makes it 40 % longer, so that what was not translated is seen."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}{'·' * (len(message) * 2 // 5)}⟧"

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)


class RightSide(QWidget):
    """The three pages and the strip, as the window places them, each with something in it."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__()
        self.studio = fakes.FakeStudio([fakes.record(1), fakes.record(2, name="customer_messages-1")])
        self.studio.plans["run-1"] = fakes.fake_plan(epochs=7)
        self.training, self.inference = TrainingPanel(self.studio), InferencePanel(self.studio)
        self.runs, self.strip, self.tabs = RunsPanel(self.studio), ProgressStrip(), QTabWidget()
        for page in (self.training, self.inference, self.runs):
            self.tabs.addTab(page, page.objectName())
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.strip)
        run = fakes.FakeRun([], tmp_path)
        self.training.begin(run)
        self.strip.begin(run.name)
        self.events = fakes.whole_run()
        self.training.take([*self.events[:-1], Notice(code="x", message=NOTICE)])
        self.strip.take(self.events[:-1])

    def finish(self) -> None:
        self.training.take(self.events[-1:])
        self.strip.take(self.events[-1:])

    def pages(self) -> Iterator[QWidget]:
        for page in (self.training, self.inference, self.runs):
            self.tabs.setCurrentWidget(page)
            QApplication.processEvents()
            yield page

    def parts(self) -> Iterator[QWidget]:
        """Each page while it is in sight, then the strip."""
        yield from self.pages()
        yield self.strip


@pytest.fixture
def side(qtbot, tmp_path):
    side = RightSide(tmp_path)
    qtbot.addWidget(side)
    side.resize(668, 580)
    side.show()
    qtbot.waitExposed(side)
    side.inference.set_run("run-1")
    qtbot.waitUntil(lambda: side.inference.editors != [], timeout=5000)
    side.inference.editors[0].editor.set_value("money")
    side.runs.refresh()
    qtbot.waitUntil(lambda: side.inference.answer.answered and side.runs.order.rowCount() == 2, timeout=5000)
    side.runs.table.selectAll()
    qtbot.waitUntil(lambda: len(side.runs.compare._told) == 2, timeout=5000)
    yield side
    side.finish()
    language.set_language("en")


def speak(catalogue: object, monkeypatch, side: QWidget) -> None:
    monkeypatch.setattr(language, "_catalogue", catalogue)
    QApplication.sendEvent(side, QEvent(QEvent.Type.LanguageChange))
    QApplication.processEvents()


def visible(kind: type, page: QWidget) -> list:
    return [widget for widget in page.findChildren(kind) if widget.isVisible()]


def texts(page: QWidget) -> Iterator[tuple[str, str]]:
    """(where, text) of every text that can be seen, and of every name for screen readers."""
    for widget in visible(QWidget, page):
        where = widget.objectName() or type(widget).__name__
        if isinstance(widget, QLabel | QAbstractButton):
            yield where, widget.text()
        if isinstance(widget, QLineEdit | QPlainTextEdit):
            yield where, widget.placeholderText()
        if isinstance(widget, QComboBox):
            yield from ((where, widget.itemText(n)) for n in range(widget.count()))
        if isinstance(widget, QTabBar):
            yield from ((where, widget.tabText(n)) for n in range(widget.count()))
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            model = widget.model()
            for n in range(model.columnCount()):
                yield where, str(model.headerData(n, Qt.Orientation.Horizontal) or "")
        yield where, widget.accessibleName()


def test_that_every_text_is_spoken_in_the_language_chosen_while_the_pages_are_open(side, monkeypatch) -> None:
    side.finish()
    speak(Pseudo(), monkeypatch, side)
    english = []
    assert sum(1 for page in side.pages() for _, text in texts(page) if text.startswith("⟦")) > 60
    for page in side.parts():
        for where, text in texts(page):
            words = re.sub(r"⟦.*⟧", "", text, flags=re.DOTALL)
            for known in sorted(DATA | {NOTICE, "reviews-1"}, key=len, reverse=True):
                words = words.replace(known, "")
            if re.search(r"[A-Za-z]{3,}", words) and where not in OTHERS:
                english.append((where, text))
    assert english == []


def test_that_switching_back_leaves_nothing_of_the_other_language(side, monkeypatch) -> None:
    def seen() -> list[tuple[str, str]]:
        return sorted({text for page in side.pages() for text in texts(page) if not text[0].startswith("qt_")})

    before = seen()
    speak(Pseudo(), monkeypatch, side)
    monkeypatch.undo()
    QApplication.sendEvent(side, QEvent(QEvent.Type.LanguageChange))
    assert seen() == before


def test_that_everything_that_takes_the_focus_has_a_name_and_a_role(side) -> None:
    nameless = []
    for page in side.parts():
        for widget in visible(QWidget, page):
            if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or isinstance(widget, QTabBar):
                continue
            if widget.focusProxy() is not None or not widget.isEnabled():
                continue
            face = QAccessible.queryAccessibleInterface(widget)
            if not face.text(QAccessible.Text.Name):
                nameless.append((type(widget).__name__, widget.objectName()))
    assert nameless == []


def test_that_the_names_for_tests_are_given_once_on_a_page(side) -> None:
    for page in side.pages():
        names = [
            w.objectName() for w in page.findChildren(QAbstractButton) if w.objectName() not in ("", "emptyAction")
        ]
        names = [name for name in names if not name.startswith("qt_")]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("stretched", [False, True])
def test_that_nothing_is_clipped_in_the_smallest_window(side, monkeypatch, stretched: bool) -> None:
    if stretched:
        side.resize(760, 600)  # 40 % longer texts may ask for a little more
        speak(Pseudo(), monkeypatch, side)
    clipped = []
    for page in side.parts():
        for button in visible(QAbstractButton, page):
            short = button.width() < button.minimumSizeHint().width() - 1
            if short and not button.objectName().startswith(("example_", "Scroll")):
                clipped.append((button.objectName(), button.text(), button.width(), button.minimumSizeHint().width()))
        for label in visible(QLabel, page):
            if not label.toolTip() and not label.wordWrap() and label.width() < label.minimumSizeHint().width() - 1:
                clipped.append((label.objectName(), label.text(), label.width()))
    assert clipped == []


def test_that_what_can_be_clicked_is_large_enough(side) -> None:
    small = []
    for page in side.parts():
        for kind in (QAbstractButton, QComboBox, QLineEdit):
            for widget in visible(kind, page):
                if widget.objectName().startswith("qt_") or type(widget).__name__ == "QTableCornerButton":
                    continue
                if min(widget.width(), widget.height()) < 24:
                    small.append((widget.objectName(), type(widget).__name__, widget.width(), widget.height()))
    assert [one for one in small if one[1] not in ("QToolButton", "QLineEditIconButton", "QAbstractButton")] == []


def test_that_tab_walks_through_a_page_and_comes_back(side) -> None:
    side.activateWindow()
    for page in side.pages():
        seen = []
        first = next(w for w in visible(QWidget, page) if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isEnabled())
        first.setFocus()
        for _ in range(60):
            now = QApplication.focusWidget()
            if now is not None and now in seen:
                break
            seen.append(now)
            QTest.keyClick(now, Qt.Key.Key_Tab)
        else:
            pytest.fail("Tab never comes back")
        assert len(seen) >= 4


def test_that_the_theme_switches_within_300_ms(side, qapp) -> None:
    import time

    began = time.perf_counter()
    theme.apply(qapp, "dark")
    QApplication.processEvents()
    took = time.perf_counter() - began
    assert side.training.loss_plot.plot.backgroundBrush().color().name() == theme.DARK.surface
    theme.apply(qapp, "light")
    assert took <= 0.6, f"{1000 * took:.0f} ms"  # 300 ms on a quiet machine


def test_that_no_colour_stands_outside_the_theme() -> None:
    folder = Path(theme.__file__).parent
    mine = [
        "curves",
        "training_plots",
        "legend",
        "measures",
        "tables",
        "progress",
        "views",
        "empty",
        "run_report",
        "compare",
        "labels",
    ]
    for path in [folder / f"{name}.py" for name in mine] + [folder / "panels" / n for n in ("runs.py", "training.py")]:
        assert not re.search(r"#[0-9a-fA-F]{6}\b|Qt\.GlobalColor|QColor\(\d", path.read_text("utf-8")), path.name
