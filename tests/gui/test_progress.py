"""The progress strip: monotone, honest about the end, good at the time left, heard by screen readers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible

from tests.gui import fakes
from workbench.core.events import Event, PhaseChanged, RunFinished
from workbench.gui import theme
from workbench.gui.pace import Pace
from workbench.gui.progress import ProgressStrip


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def strip(qtbot):
    strip = ProgressStrip(clock=Clock())
    qtbot.addWidget(strip)
    strip.resize(680, 60)
    yield strip
    strip.reset()


events = st.one_of(
    st.builds(
        PhaseChanged,
        phase=st.sampled_from(["importing", "reading", "loading", "tokenizing", "training", "evaluating", "saving"]),
        fraction=st.none() | st.floats(0, 1),
    ),
    st.integers(1, 60).map(fakes.step),
    st.integers(1, 60).map(lambda n: fakes.evaluated(n, 0.5)),
    st.just(fakes.started()),
)


@given(st.lists(st.tuples(events, st.floats(0, 5)), max_size=60))
@settings(max_examples=150, deadline=None)
def test_that_progress_never_goes_back_and_is_whole_only_at_the_end(stream: list[tuple[Event, float]]) -> None:
    pace, now, before = Pace(), 0.0, 0.0
    for event, later in stream:
        now += later
        pace.take(event, now)
        assert before <= pace.fraction < 1.0
        left = pace.left(now)
        assert left is None or left >= 0
        before = pace.fraction
    pace.take(fakes.finished(), now)
    assert pace.fraction == 1.0
    assert pace.left(now) is None


def simulated(seed: int) -> tuple[float, list[tuple[float, float]]]:
    """The real length of a random run, and the time left that was shown at each step."""
    dice = random.Random(seed)
    steps, mean = dice.randint(40, 600), dice.uniform(0.02, 0.5)
    look = 100 / (dice.uniform(2, 5) * 16 / mean)  # 100 validation rows, evaluated 2 to 5 times as fast as trained
    pace, now, shown, spent = Pace(), 0.0, [], 0.0
    pace.take(fakes.started(steps=steps), now)
    every = max(steps // 3, 1)
    for n in range(1, steps + 1):
        took = mean * dice.uniform(0.4, 1.6)
        now, spent = now + took, spent + took
        event = fakes.step(n, steps=steps)
        pace.take(type(event)(**{**{f: getattr(event, f) for f in event.__struct_fields__}, "seconds": spent}), now)
        shown.append((now, pace.left(now)))
        if n % every == 0 or n == steps:
            pace.take(PhaseChanged(phase="evaluating"), now)
            now += look * dice.uniform(0.9, 1.1)
            pace.take(fakes.evaluated(n, 0.5), now)
    return now, shown


def test_that_the_time_left_is_right_within_a_fifth_after_a_tenth_of_the_run_in_nine_of_ten_runs() -> None:
    good = 0
    for seed in range(30):
        total, shown = simulated(seed)
        errors = [abs(left - (total - now)) / total for now, left in shown if now >= 0.1 * total]
        good += max(errors) <= 0.2
    assert good >= 27


def test_that_the_strip_tells_epoch_step_loss_speed_and_times(strip: ProgressStrip) -> None:
    strip.begin("reviews-3")
    strip.take([PhaseChanged(phase="tokenizing", fraction=0.4)])
    assert strip.doing.text() == "Tokenizing the texts, 40 %"
    assert 0 < strip.bar.value() < strip.bar.maximum()
    strip.take([fakes.started(), fakes.step(30, loss=0.31)])
    strip._clock.now += 42
    strip.take([fakes.step(31, loss=0.3)])
    texts = [label.text() for label in (strip.epoch, strip.step, strip.loss, strip.speed, strip.elapsed)]
    assert texts == ["epoch 2/3", "step 31/60", "loss 0.300", "80 rows/s", "0:42 elapsed"]
    assert strip.left.text().endswith("left")


def test_that_the_bar_is_not_full_before_the_end(strip: ProgressStrip) -> None:
    strip.begin("reviews-3")
    strip.take(fakes.whole_run()[:-1])
    assert strip.bar.value() < strip.bar.maximum()
    assert strip.percent < 100
    strip.take([fakes.finished()])
    assert strip.bar.value() == strip.bar.maximum()
    assert strip.doing.text() == "Training is finished after 60 steps. The model of step 40 is kept."


@pytest.mark.parametrize(
    ("outcome", "role", "share"),
    [
        ("completed", "success", 1.0),
        ("early_stopped", "success", 1.0),
        ("stopped", "warning", 0.5),
        ("failed", "danger", 0.5),
    ],
)
def test_that_the_bar_tells_how_far_the_run_came_and_how_it_ended(strip, outcome: str, role: str, share: float) -> None:
    strip.begin("reviews-3")
    strip.take([fakes.started(), fakes.step(30), fakes.finished(outcome, steps=30)])
    assert strip.bar.value() / strip.bar.maximum() == pytest.approx(share, abs=0.1)
    assert strip.bar.property("role") == role
    strip.bar.resize(200, 8)
    colour = strip.bar.grab().toImage().pixelColor(20, 4).name()
    assert colour == getattr(theme.tokens(), role).lower()
    strip.begin("reviews-4")
    assert strip.bar.property("role") == ""


def test_that_stop_answers_at_once_and_asks_once(strip: ProgressStrip, qtbot) -> None:
    strip.begin("reviews-3")
    strip.take([fakes.started(), fakes.step(1)])
    with qtbot.waitSignal(strip.stop_requested, timeout=1000):
        qtbot.mouseClick(strip.stop_button, Qt.MouseButton.LeftButton)
    assert not strip.stop_button.isEnabled()
    assert strip.doing.text() == "Stopping after this step. What was learned is kept."
    strip.take([fakes.step(2)])
    assert strip.doing.text().startswith("Stopping")
    strip.take([fakes.finished("stopped", steps=2, best_step=2)])
    assert strip.doing.text() == "You stopped at step 2. The model of step 2 is kept."


def test_that_the_strip_is_as_new_for_the_next_run(strip: ProgressStrip) -> None:
    for _ in range(5):
        strip.begin("reviews-3")
        assert strip.bar.value() == 0
        assert strip.stop_button.isEnabled()
        assert strip.step.isHidden()
        strip.take(fakes.whole_run())
        assert strip.stop_button.isHidden()
    assert not strip._beat.isActive()


def test_that_a_screen_reader_hears_the_start_each_quarter_and_the_end(strip: ProgressStrip, monkeypatch) -> None:
    heard: list[tuple[str, bool]] = []

    def hear(event) -> None:
        heard.append((event.message(), event.politeness() == QAccessible.AnnouncementPoliteness.Assertive))

    monkeypatch.setattr("workbench.gui.announcing.QAccessible.updateAccessibility", hear)
    strip.begin("reviews-3")
    for event in fakes.whole_run():
        strip.take([event])
    assert [text for text, _ in heard] == [
        "Training of “reviews-3” has started.",
        "25 % of the training is done.",
        "50 % of the training is done.",
        "75 % of the training is done.",
        "Training is finished after 60 steps. The model of step 40 is kept.",
    ]
    assert not any(urgent for _, urgent in heard)
    heard.clear()
    strip.begin("reviews-4")
    strip.take([RunFinished(outcome="failed", steps=0, seconds=1.0, message="The disk is full.", mendable=True)])
    assert heard[-1] == ("Your data is untouched; no model was kept.\nThe disk is full.", True)


def test_that_the_strip_fits_into_a_narrow_window(strip: ProgressStrip) -> None:
    strip.begin("reviews-3")
    strip.take(fakes.whole_run(steps=40_000)[:30_000])
    assert strip.minimumSizeHint().width() <= 668
