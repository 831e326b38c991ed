"""The Training tab: from the empty page over the phases and the first point to the end in words."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from tests.gui import fakes
from workbench.core.events import ClassMeasure, Evaluated, Measures, Notice, PhaseChanged, RunStarted, StepDone
from workbench.gui.measures import confusion_summary, guess_text, warning_text
from workbench.gui.panels.training import TrainingPanel


@pytest.fixture
def panel(qtbot):
    panel = TrainingPanel(fakes.FakeStudio([fakes.record(1, best_step=40)]))
    qtbot.addWidget(panel)
    panel.resize(700, 520)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def begin(panel: TrainingPanel, folder: Path = Path("/runs/run-1")) -> None:
    panel.begin(fakes.FakeRun([], folder))


def test_that_the_empty_page_explains_itself_and_offers_a_sample(panel: TrainingPanel, qtbot) -> None:
    assert panel.stack.currentWidget() is panel.empty
    assert panel.empty.title.text()
    assert "drop a CSV file" in panel.empty.text.text()
    with qtbot.waitSignal(panel.sample_requested, timeout=1000):
        qtbot.mouseClick(panel.empty.action, Qt.MouseButton.LeftButton)


def test_that_a_phase_is_told_until_the_first_point(panel: TrainingPanel) -> None:
    begin(panel)
    told = [panel.waiting.title.text()]
    for event in fakes.whole_run():
        panel.take([event])
        if panel.stack.currentWidget() is panel.content:
            break
        told.append(panel.waiting.title.text())
    assert isinstance(event, StepDone)
    assert told[0] == "Getting the training engine ready"
    assert "Tokenizing the texts, 40 %" in told
    assert "customer_messages-1" in panel.waiting.text.text()


def test_that_a_whole_run_is_shown_with_its_measures_and_its_end(panel: TrainingPanel) -> None:
    begin(panel)
    events = fakes.whole_run()
    for start in range(0, len(events), 7):
        panel.take(events[start : start + 7])
    assert len(panel.loss_plot.curves["raw"].track) == 60
    assert panel.loss_plot.curves["validation"].track.x.tolist() == [20, 40, 60]
    assert panel.report.list.value.text() == "0.88"
    assert panel.report.list.guess.text() == "always guessing “billing” gives 0.14"
    assert "100 validation rows, model of step 40" in panel.report.list.where.text()
    assert panel.outcome.text.text() == "Training is finished after 60 steps. The model of step 40 is kept."
    assert panel.report.history.content.rowCount() == 3


def test_that_the_tables_hold_the_exact_numbers(panel: TrainingPanel) -> None:
    begin(panel)
    panel.take(fakes.whole_run())
    matrix = panel.report.confusion.table.content
    expected = fakes.class_measures(0.9).confusion
    assert [[int(cell.text) for cell in row] for row in matrix.rows] == [list(row) for row in expected]
    assert matrix.titles == list(fakes.LABELS)
    assert matrix.row_titles == list(fakes.LABELS)
    assert matrix.rows[1][2].help == "4 rows of “billing” were taken for “delivery”."
    classes = panel.report.classes.content
    assert [row[0].text for row in classes.rows] == list(fakes.LABELS)
    assert [row[4].value for row in classes.rows] == [10, 40, 30, 20]


def test_that_classes_are_sorted_by_number_and_not_by_text(panel: TrainingPanel) -> None:
    begin(panel)
    many = tuple(ClassMeasure(label=str(n), precision=n / 10, recall=0, f1=0, support=n * 7) for n in range(1, 6))
    measures = Measures(metrics={"accuracy": 1.0, "macro_f1": 1.0}, baseline={}, classes=many)
    panel.take([fakes.started(), fakes.step(1)])
    panel.take([Evaluated(step=1, epoch=1, part="validation", loss=1.0, measures=measures, best=True)])
    table = panel.report.classes
    table.sortByColumn(4, Qt.SortOrder.AscendingOrder)
    assert [table.model().index(row, 4).data() for row in range(5)] == ["7", "14", "21", "28", "35"]


def test_that_a_regression_is_measured_against_the_mean(panel: TrainingPanel) -> None:
    begin(panel)
    panel.take([fakes.started(headline="rmse"), fakes.step(1)])
    look = Evaluated(step=1, epoch=1, part="validation", loss=0.5, measures=fakes.number_measures(), best=True)
    panel.take([look])
    assert panel.metric_plot.heading.text() == "RMSE"
    assert panel.report.list.value.text() == "1.21"
    assert panel.report.list.guess.text() == "always guessing the mean gives 1.93"
    assert panel.report._area.minimumWidth() > panel.report.list.minimumSizeHint().width()
    assert not panel.report.tabs.isTabVisible(0)
    assert not panel.report.tabs.isTabVisible(1)


def test_that_the_best_measures_stay_when_a_worse_evaluation_comes_and_the_test_rows_win(panel: TrainingPanel) -> None:
    begin(panel)
    panel.take([fakes.started(), fakes.step(1), fakes.evaluated(20, 0.4, right=0.9)])
    panel.take([fakes.evaluated(40, 0.6, right=0.5, best=False)])
    assert panel.report.list.value.text() == "0.88"
    panel.take([fakes.evaluated(20, 0.4, right=0.8, best=False, part="test")])
    assert panel.report.list.value.text() == "0.78"
    assert "test rows" in panel.report.list.where.text()
    assert panel.report.history.content.rowCount() == 2


BASELINE = {"accuracy": 0.95, "macro_f1": 0.49}


def test_that_the_rows_of_a_table_reach_its_right_edge(panel: TrainingPanel, qtbot) -> None:
    panel.resize(1500, 700)
    panel.begin(fakes.FakeRun([], Path("/runs/run-1")))
    panel.take(fakes.whole_run())
    history = panel.report.history
    panel.report.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: history.horizontalHeader().length() >= history.viewport().width() > 300, timeout=2000)


def test_that_a_lopsided_sample_is_warned_of() -> None:
    classes = tuple(ClassMeasure(label=n, precision=1, recall=1, f1=1, support=s) for n, s in (("no", 95), ("yes", 5)))
    measures = Measures(metrics={"accuracy": 0.96}, baseline=BASELINE, guess="no", classes=classes)
    assert warning_text(measures) == "95 % accuracy is what guessing “no” gives. Judge by macro-F1."
    assert warning_text(fakes.class_measures()) == ""


def test_that_the_guessed_class_is_named_where_two_are_as_common() -> None:
    classes = tuple(ClassMeasure(label=n, precision=1, recall=1, f1=1, support=50) for n in ("a", "b"))
    measures = Measures(metrics={"accuracy": 1}, baseline={"accuracy": 0.5}, guess="b", classes=classes)
    assert guess_text(measures, "accuracy") == "always guessing “b” gives 0.50"


def test_that_the_matrix_is_told_in_words() -> None:
    told = confusion_summary(fakes.class_measures(0.9))
    assert told.split("\n") == [
        "90 of 100 rows are named rightly.",
        "The commonest mistake: 4 rows of “billing” were taken for “delivery”.",
    ]


def test_that_a_notice_is_shown_once_and_can_be_put_away(panel: TrainingPanel, qtbot) -> None:
    begin(panel)
    notice = Notice(code="D20", message="12 rows were skipped: <b>no label</b>.", severity="warning")
    panel.take([fakes.started(), fakes.step(1), notice, notice])
    assert panel.notices.texts() == ["12 rows were skipped: <b>no label</b>."]
    qtbot.mouseClick(panel.notices.findChild(QPushButton, "noticeHide"), Qt.MouseButton.LeftButton)
    assert panel.notices.texts() == []
    assert panel.notices.isHidden()


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (fakes.finished("stopped", steps=30, best_step=20), "You stopped at step 30. The model of step 20 is kept."),
        (fakes.finished("stopped", steps=0, best_step=0), "Training stopped at step 0. No model was kept."),
        (
            fakes.finished("early_stopped", steps=90, best_step=50),
            "Training stopped early at step 90: nothing better came. The model of step 50 is kept.",
        ),
        (
            fakes.finished("failed", best_step=0, message="The file is gone.", mendable=True),
            "Your data is untouched; no model was kept.\nThe file is gone.",
        ),
    ],
)
def test_that_every_end_is_told_in_words(panel: TrainingPanel, event, words: str) -> None:
    begin(panel)
    panel.take([PhaseChanged(phase="loading"), event])
    assert panel.stack.currentWidget() is panel.content
    assert panel.outcome.text.text() == words
    assert panel.outcome.try_button.isVisible() == bool(event.best_step)


def test_that_a_bug_of_ours_shows_no_traceback_before_details_are_asked_for(panel: TrainingPanel, qtbot) -> None:
    begin(panel)
    trace = "Traceback (most recent call last):\n  KeyError: 'x'"
    panel.take([fakes.finished("failed", steps=3, best_step=0, message="KeyError: 'x'", details=trace)])
    assert "KeyError" not in panel.outcome.text.text()
    assert not panel.outcome.details.isVisible()
    qtbot.mouseClick(panel.outcome.details_button, Qt.MouseButton.LeftButton)
    assert panel.outcome.details.isVisible()
    qtbot.mouseClick(panel.outcome.copy_button, Qt.MouseButton.LeftButton)
    assert trace in QGuiApplication.clipboard().text()


def test_that_the_end_offers_to_try_and_to_show_the_folder(panel: TrainingPanel, qtbot, monkeypatch, tmp_path) -> None:
    begin(panel, tmp_path)
    panel.take(fakes.whole_run())
    with qtbot.waitSignal(panel.try_requested, timeout=1000) as caught:
        qtbot.mouseClick(panel.outcome.try_button, Qt.MouseButton.LeftButton)
    assert caught.args == ["run-1"]
    shown = []
    monkeypatch.setattr("workbench.gui.folders.QDesktopServices.openUrl", lambda url: shown.append(url) or True)
    qtbot.mouseClick(panel.outcome.folder_button, Qt.MouseButton.LeftButton)
    assert [url.toLocalFile() for url in shown] == [str(tmp_path)]


def test_that_a_folder_that_is_gone_is_told(panel: TrainingPanel, qtbot) -> None:
    begin(panel, Path("/nowhere/at/all"))
    panel.take(fakes.whole_run())
    with qtbot.waitSignal(panel.notified, timeout=1000) as caught:
        qtbot.mouseClick(panel.outcome.folder_button, Qt.MouseButton.LeftButton)
    assert "/nowhere/at/all" in caught.args[0]


def test_that_the_next_run_begins_with_a_clean_page(panel: TrainingPanel) -> None:
    for _ in range(20):
        begin(panel)
        assert len(panel.loss_plot.curves["raw"].track) == 0
        assert panel.outcome.isHidden()
        assert panel.report.isHidden()
        panel.take(fakes.whole_run(steps=6))
        assert len(panel.loss_plot.curves["raw"].track) == 6


def test_that_a_run_of_the_past_looks_as_it_did_when_it_ended(panel: TrainingPanel, qtbot) -> None:
    begin(panel)
    panel.take(fakes.whole_run())
    live = (panel.loss_plot.summary(), panel.metric_plot.summary(), panel.outcome.text.text())
    live_losses = panel.loss_plot.curves["smoothed"].track.y.copy()
    panel.show_run("run-1")
    qtbot.waitUntil(lambda: panel.name_label.text() == "reviews-1", timeout=5000)
    assert (panel.loss_plot.summary(), panel.metric_plot.summary(), panel.outcome.text.text()) == live
    assert panel.loss_plot.curves["smoothed"].track.y.tolist() == pytest.approx(live_losses.tolist())


def test_that_the_page_fits_into_the_smallest_window(panel: TrainingPanel) -> None:
    begin(panel)
    panel.take(fakes.whole_run())
    size = panel.minimumSizeHint()
    assert size.width() <= 660
    assert size.height() <= 520


def test_that_the_words_of_an_end_stay_readable_where_the_window_is_narrow(panel: TrainingPanel, qtbot) -> None:
    begin(panel)
    end = fakes.finished("failed", message="The loss became infinite at step 57.", mendable=True)
    panel.take([fakes.started(), fakes.step(1), msgspec.structs.replace(end, proposal={"learning_rate": 1e-5})])
    for width, beside in ((1000, True), (480, False)):
        panel.resize(width, 520)
        qtbot.wait(20)
        text, button = panel.outcome.text, panel.outcome.again_button
        assert button.width() >= button.sizeHint().width()
        assert text.height() >= text.heightForWidth(text.width()) - 2
        assert (button.mapTo(panel, button.rect().topLeft()).x() > text.geometry().right()) == beside


def test_that_the_plots_of_a_run_are_widened_now_and_then_and_not_at_every_step(panel: TrainingPanel) -> None:
    begin(panel)
    panel.take([event for event in fakes.whole_run(steps=200) if isinstance(event, RunStarted)])
    ends = set()
    for number in range(1, 151):
        panel.take([fakes.step(number, steps=200)])
        end = panel.loss_plot.plot.viewRange()[0][1]
        assert end >= number
        ends.add(round(end, 3))
    assert len(ends) < 25
    panel.take([fakes.finished(steps=150)])
    assert panel.loss_plot.horizon == panel.metric_plot.horizon == 150
