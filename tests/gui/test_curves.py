"""The plots: numbers as numbers, the user's zoom, speed, themes, words."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui import fakes
from workbench.gui import theme
from workbench.gui.legend import Style
from workbench.gui.tracks import Smoother, Track
from workbench.gui.training_plots import LossPlot, MetricPlot

numbers = st.floats(-1e6, 1e6)


@pytest.fixture
def loss_plot(qtbot):
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(700, 400)
    plot.show()
    qtbot.waitExposed(plot)
    return plot


def filled(plot: LossPlot, steps: int = 200) -> LossPlot:
    xs = np.arange(1, steps + 1)
    plot.add_steps(xs, 1.1 * np.exp(-xs / 80) + 0.2)
    plot.refresh()
    return plot


def view_range(plot) -> list[list[float]]:
    return plot.plot.getPlotItem().getViewBox().viewRange()


def roll(plot) -> None:
    """Turn the wheel over the middle of the plot."""
    viewport = plot.plot.viewport()
    middle = QPointF(viewport.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(viewport.mapToGlobal(middle.toPoint())),
        QPoint(0, 0),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)
    QApplication.processEvents()


@given(st.lists(st.lists(numbers, max_size=40), max_size=12))
@settings(max_examples=60, deadline=None)
def test_that_a_track_holds_every_point_in_order_however_they_arrive(parts: list[list[float]]) -> None:
    track, x = Track(2), 0
    for part in parts:
        track.extend(np.arange(x, x + len(part), dtype=float), np.array(part))
        x += len(part)
    whole = [value for part in parts for value in part]
    assert track.y.tolist() == whole
    assert track.x.tolist() == list(range(len(whole)))
    if whole:
        assert (track.lowest, track.highest) == (min(whole), max(whole))


@given(st.lists(numbers, min_size=1, max_size=700), st.integers(1, 300), st.sampled_from([0.0, 0.6, 0.9, 0.99]))
@settings(max_examples=60, deadline=None)
def test_that_smoothing_is_the_debiased_moving_average_and_does_not_depend_on_the_ticks(
    values: list[float], tick: int, beta: float
) -> None:
    expected, total = [], 0.0
    for n, value in enumerate(values, start=1):
        total = beta * total + (1 - beta) * value
        expected.append(total / (1 - beta**n))
    smoother = Smoother(beta)
    found = np.concatenate([smoother(np.array(values[i : i + tick])) for i in range(0, len(values), tick)])
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-6)


def test_that_a_constant_loss_is_smoothed_to_itself_from_the_first_step() -> None:
    np.testing.assert_allclose(Smoother()(np.full(1000, 0.7)), 0.7)


def test_that_values_that_are_not_finite_leave_the_curve_whole() -> None:
    track = Track()
    track.extend(np.array([1.0, 2.0, 3.0]), np.array([1.0, np.nan, np.inf]))
    assert (track.x.tolist(), track.y.tolist(), track.dropped) == ([1.0], [1.0], 2)
    smoothed = Smoother()(np.array([1.0, np.nan, 1.0]))
    assert np.isnan(smoothed[1])
    np.testing.assert_allclose(smoothed[[0, 2]], 1.0)


def test_that_the_plot_follows_new_points(loss_plot: LossPlot) -> None:
    filled(loss_plot, 100)
    assert view_range(loss_plot)[0][1] >= 100
    loss_plot.add_steps([500], [0.3])
    loss_plot.refresh()
    assert view_range(loss_plot)[0][1] >= 500


def test_that_the_users_zoom_stays_when_points_arrive_and_follow_returns(loss_plot: LossPlot, qtbot) -> None:
    filled(loss_plot)
    assert loss_plot.follow_button.isHidden()
    roll(loss_plot)
    zoomed = view_range(loss_plot)
    assert not loss_plot.follow_button.isHidden()
    loss_plot.add_steps([300, 400], [5.0, 0.1])
    loss_plot.add_validation(400, 0.4, best=True)
    loss_plot.refresh()
    assert view_range(loss_plot) == zoomed
    qtbot.mouseClick(loss_plot.follow_button, Qt.MouseButton.LeftButton)
    assert view_range(loss_plot)[0][1] >= 400
    assert loss_plot.follow_button.isHidden()


def test_that_keys_zoom_read_and_follow(loss_plot: LossPlot) -> None:
    filled(loss_plot)
    loss_plot.plot.setFocus()
    QTest.keyClick(loss_plot.plot, Qt.Key.Key_Left)
    assert loss_plot.readout.text().startswith("Step 200")
    QTest.keyClick(loss_plot.plot, Qt.Key.Key_Left)
    assert loss_plot.readout.text().startswith("Step 199")
    QTest.keyClick(loss_plot.plot, Qt.Key.Key_Home)
    assert "training: 1.286" in loss_plot.readout.text()
    QTest.keyClick(loss_plot.plot, Qt.Key.Key_Plus)
    assert not loss_plot.following
    QTest.keyClick(loss_plot.plot, Qt.Key.Key_F)
    assert loss_plot.following
    QTest.keyClick(loss_plot.plot, Qt.Key.Key_Escape)
    assert loss_plot.readout.text() == loss_plot.summary()


def test_that_the_pointer_reads_the_nearest_values(loss_plot: LossPlot) -> None:
    filled(loss_plot)
    loss_plot.add_validation(100, 0.5, best=True)
    loss_plot.refresh()
    box = loss_plot.plot.getPlotItem().getViewBox()
    place = box.mapViewToScene(QPointF(100.2, 0.5))
    loss_plot.plot.scene().sigMouseMoved.emit(place)
    text = loss_plot.readout.text()
    assert text.startswith("Step 100")
    assert "validation: 0.500" in text
    assert "best: 0.500" in text


def test_that_the_log_axis_shows_the_logarithms_of_the_same_values(loss_plot: LossPlot, qtbot) -> None:
    filled(loss_plot)
    plain = loss_plot.curves["raw"].item.yData.copy()
    loss_plot.log_box.setFocus()
    QTest.keyClick(loss_plot.log_box, Qt.Key.Key_Space)
    np.testing.assert_allclose(10 ** loss_plot.curves["raw"].item.yData, plain)
    assert loss_plot.plot.getAxis("left").logMode
    loss_plot.add_steps([201], [0.0])
    loss_plot.refresh()
    assert np.isfinite(loss_plot.curves["raw"].item.yData).all()
    QTest.keyClick(loss_plot.log_box, Qt.Key.Key_Space)
    np.testing.assert_allclose(loss_plot.curves["raw"].item.yData[:200], plain)


def test_that_the_best_marker_stands_on_the_best_validation_loss(loss_plot: LossPlot) -> None:
    filled(loss_plot)
    loss_plot.add_validation(50, 0.9, best=True)
    loss_plot.add_validation(100, 0.4, best=True)
    loss_plot.add_validation(150, 0.6, best=False)
    loss_plot.refresh()
    best = loss_plot.curves["best"].track
    assert (best.x.tolist(), best.y.tolist()) == ([100.0], [0.4])
    words = "Validation loss fell from 0.900 to 0.600. The kept model is of step 100."
    assert loss_plot.plot.accessibleDescription() == words
    loss_plot.add_validation(200, 0.95, best=False)
    assert loss_plot.summary() == "Validation loss rose from 0.900 to 0.950. The kept model is of step 100."
    loss_plot.add_validation(250, 0.9, best=False)
    assert loss_plot.summary() == "Validation loss stayed at 0.900. The kept model is of step 100."


def test_that_an_empty_plot_says_so_and_clear_forgets(loss_plot: LossPlot) -> None:
    assert loss_plot.summary() == "There are no points yet."
    filled(loss_plot).clear()
    assert loss_plot.summary() == "There are no points yet."
    assert loss_plot.legend.texts() == []


def test_that_each_tick_sets_the_data_of_a_line_once(loss_plot: LossPlot, monkeypatch) -> None:
    calls = []
    item = loss_plot.curves["raw"].item
    real = item.setData
    monkeypatch.setattr(item, "setData", lambda *a, **k: (calls.append(1), real(*a, **k)))
    for n in range(1, 40):
        loss_plot.add_steps([n], [1.0])
    loss_plot.refresh()
    loss_plot.refresh()
    assert len(calls) == 1


def test_that_a_million_points_are_painted_within_a_frame(loss_plot: LossPlot) -> None:
    loss_plot.resize(1100, 500)
    xs = np.arange(1, 1_000_001, dtype=float)
    noise = np.random.default_rng(0).random(len(xs))
    loss_plot.add_steps(xs, np.exp(-xs / 3e5) + 0.3 * noise)
    loss_plot.refresh()
    QApplication.processEvents()
    painting, setting = [], []
    for n in range(15):
        loss_plot.add_steps([1_000_001 + n], [0.3])
        began = time.thread_time()  # the processor's time: other programs do not count
        loss_plot.refresh()
        set_at = time.thread_time()
        loss_plot.plot.viewport().repaint()
        setting.append(set_at - began)
        painting.append(time.thread_time() - set_at)
    print(f"setting: median {1000 * np.median(setting):.1f} ms, painting: {1000 * np.median(painting):.1f} ms")
    assert len(loss_plot.curves["raw"].item.curve.getData()[0]) < 5000
    assert np.median(painting) <= 0.016
    assert np.median(setting) <= 0.05


def test_that_the_colours_follow_the_theme_at_once(loss_plot: LossPlot, qapp) -> None:
    filled(loss_plot)
    theme.apply(qapp, "dark")
    assert loss_plot.plot.backgroundBrush().color().name() == theme.tokens().surface
    assert loss_plot.curves["smoothed"].item.opts["pen"].color().name() == theme.tokens().series[0]
    theme.apply(qapp, "light")
    assert loss_plot.plot.backgroundBrush().color().name() == theme.LIGHT.surface


def test_that_lines_differ_by_more_than_colour(loss_plot: LossPlot) -> None:
    looks = {
        (c.style.width, c.style.dash, c.style.symbol, c.style.line, c.style.faint) for c in loss_plot.curves.values()
    }
    assert len(looks) == len(loss_plot.curves)


def test_that_the_metric_plot_names_what_guessing_gives(qtbot) -> None:
    plot = MetricPlot()
    qtbot.addWidget(plot)
    plot.set_metric("macro_f1")
    plot.add_evaluation(fakes.evaluated(20, 0.9, right=0.7))
    plot.add_evaluation(fakes.evaluated(40, 0.5, right=0.9))
    plot.refresh()
    assert "always guessing “billing” gives 0.14" in plot.legend.texts()
    assert plot._guess.value() == pytest.approx(0.14)
    assert plot.summary().startswith("Macro-F1 went from 0.68 to 0.88. The kept model is of step 40.")
    assert plot.bounds() == (0.0, 1.0)
    plot.add_evaluation(fakes.evaluated(60, 0.5, right=0.7, best=False))
    assert plot.summary().startswith("Macro-F1 stayed at 0.68. The kept model is of step 40.")


def test_that_a_metric_without_bounds_keeps_the_baseline_in_sight(qtbot) -> None:
    plot = MetricPlot()
    qtbot.addWidget(plot)
    plot.set_metric("rmse")
    for number, value in ((10, 1.5), (20, 1.2)):
        plot.add_value(number, value, best=False)
    plot.set_baseline(fakes.number_measures())
    plot.refresh()
    assert plot.bounds() == (1.2, 1.93)
    assert "always guessing the mean gives 1.93" in plot.legend.texts()


def test_that_a_style_with_a_symbol_alone_has_no_pen(qapp) -> None:
    assert Style(symbol="star", line=False).pen() is None
