"""The progress strip: monotone, honest about the end, good at the time left, heard by screen readers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QPushButton

from tests.gui import fakes
from workbench.core.events import Event, PhaseChanged, RunFinished
from workbench.core.forecasts import Forecast
from workbench.gui import theme
from workbench.gui.pace import Pace
from workbench.gui.progress import ProgressStrip
from workbench.gui.resting import Rest, rest_text


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
    for _ in range(42):
        strip._clock.now += 1
        strip._show_times()
    strip.take([fakes.step(31, loss=0.3)])
    assert strip.numbers.text().split("    ") == [
        "epoch 2/3",
        "step 31/60",
        "loss 0.300",
        "80 rows/s",
        "0:42 elapsed",
    ]
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
        assert "step" not in strip.numbers.text()
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


def resumed_at(step: int, *, steps: int = 60) -> tuple[Pace, float]:
    """A pace of a run that goes on after `step`, and the time of its first new step."""
    pace, now = Pace(), 1000.0
    for event in (PhaseChanged(phase="restoring"), fakes.started(steps=steps, first_step=step)):
        pace.take(event, now)
    return pace, now


def test_that_a_resumed_run_begins_where_it_was_and_its_time_left_is_of_its_own_steps() -> None:
    pace, now = resumed_at(30)
    assert pace.fraction > 0.5
    spent = fakes.step(30).seconds
    for number in range(31, 46):  # ten times as slow as the thirty steps before
        now += 2.0
        event = fakes.step(number)
        spent += 2.0
        changed = {name: getattr(event, name) for name in event.__struct_fields__} | {"seconds": spent}
        pace.take(type(event)(**changed), now)
        assert pace.elapsed(now) <= 2.0 * (number - 30) + 1
        left = pace.left(now)
        assert left is not None
        assert left >= 0
    assert left == pytest.approx(15 * 2.0, rel=0.35)
    assert pace.rows_per_second() == pytest.approx(8.0)


def test_that_the_first_step_of_a_resumed_run_gives_no_absurd_speed() -> None:
    pace, now = resumed_at(30)
    pace.take(fakes.step(31), now + 0.2)
    left = pace.left(now + 0.2)
    assert left is not None
    assert 0 < left < 60
    assert pace.rows_per_second() == pytest.approx(80.0)


FORECAST = Forecast(
    steps=60,
    seconds=150.0,
    start_seconds=20.0,
    step_seconds=120.0,
    other_seconds=10.0,
    peak_bytes=0,
    available_bytes=0,
    parts=(),
    verdict="fits",
)


def test_that_a_forecast_tells_the_time_left_before_the_first_step_and_then_the_steps_do() -> None:
    pace, now = Pace(forecast=FORECAST), 50.0
    pace.take(PhaseChanged(phase="loading"), now)
    assert pace.left(now) == pytest.approx(150.0)
    assert pace.left(now + 5) == pytest.approx(145.0)
    pace.take(fakes.started(steps=60), now)
    lefts = []
    for number in range(1, 41):  # five times as quick as was forecast
        event = fakes.step(number, steps=60)
        changed = {name: getattr(event, name) for name in event.__struct_fields__} | {"seconds": 0.4 * number}
        now += 0.4
        pace.take(type(event)(**changed), now)
        lefts.append(pace.left(now))
    assert lefts[0] > lefts[10] > lefts[30]
    assert lefts[-1] == pytest.approx(20 * 0.4, abs=2.0)


def test_that_the_strip_tells_the_time_left_from_the_forecast_at_once(strip: ProgressStrip) -> None:
    strip.begin("reviews-3", forecast=FORECAST)
    strip.take([PhaseChanged(phase="loading")])
    assert not strip.left.isHidden()
    strip.begin("reviews-4")
    strip.take([PhaseChanged(phase="loading")])
    assert strip.left.isHidden()


@given(jumps=st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=20, max_size=20))
@settings(max_examples=100, deadline=None)
def test_that_no_jump_of_the_clock_gives_a_negative_or_an_absurd_time(jumps: list[float]) -> None:
    pace, now = Pace(), 0.0
    pace.take(fakes.started(), now)
    for number, jump in enumerate(jumps, start=1):
        now += jump
        pace.take(fakes.step(number), now)
        left = pace.left(now)
        assert left is not None
        assert 0 <= left <= 60
        assert 0 <= pace.elapsed(now) <= 10 * len(jumps)


def test_that_a_night_asleep_changes_neither_the_time_left_nor_the_speed() -> None:
    pace, now, night = Pace(), 0.0, 8 * 3600.0
    pace.take(fakes.started(steps=600), now)
    for number in range(1, 101):
        now += 0.2
        pace.take(fakes.step(number, steps=600), now)
        before = pace.left(now)
    now += night
    slept = fakes.step(101, steps=600)
    values = {name: getattr(slept, name) for name in slept.__struct_fields__}
    pace.take(type(slept)(**values | {"seconds": slept.seconds + night}), now)
    assert before is not None
    assert pace.left(now) == pytest.approx(before, rel=0.2)
    assert pace.rows_per_second() == pytest.approx(80.0, rel=0.1)
    assert pace.elapsed(now) < 60


VERBS = ("progressPause", "progressStop", "progressDiscard", "progressResume", "progressKeep")


def verbs(strip: ProgressStrip) -> dict[str, bool]:
    """{name: whether it can be pressed} of the verbs that are there."""
    found = {name: strip.findChild(QPushButton, name) for name in VERBS}
    return {name: button.isEnabled() for name, button in found.items() if not button.isHidden()}


def test_that_pause_stop_and_discard_are_three_verbs_and_a_weaker_one_is_grey_after_a_stronger(strip, qtbot) -> None:
    strip.show()
    strip.begin("reviews-3")
    strip.take([fakes.started(), fakes.step(1)])
    assert verbs(strip) == {"progressPause": True, "progressStop": True, "progressDiscard": True}
    with qtbot.waitSignal(strip.pause_requested, timeout=1000):
        qtbot.mouseClick(strip.pause_button, Qt.MouseButton.LeftButton)
    assert strip.doing.text() == "Pausing after this step…"
    assert verbs(strip) == {"progressPause": False, "progressStop": True, "progressDiscard": True}
    with qtbot.waitSignal(strip.stop_requested, timeout=1000):
        qtbot.mouseClick(strip.stop_button, Qt.MouseButton.LeftButton)
    assert verbs(strip) == {"progressPause": False, "progressStop": False, "progressDiscard": True}
    with qtbot.waitSignal(strip.discard_requested, timeout=1000):
        qtbot.mouseClick(strip.discard_button, Qt.MouseButton.LeftButton)
    assert strip.doing.text() == "Discarding after this step."
    assert not any(verbs(strip).values())


def test_that_a_paused_run_shows_where_it_rests_and_what_can_be_done(strip: ProgressStrip, qtbot) -> None:
    strip.show()
    strip.begin("reviews-3")
    strip.take([fakes.started(steps=2250), fakes.step(1400, steps=2250), fakes.finished("paused", steps=1400)])
    assert strip.doing.text() == "Paused at step 1,400 of 2,250."
    assert strip.numbers.text() == "reviews-3"
    assert verbs(strip) == {"progressDiscard": True, "progressResume": True, "progressKeep": True}
    for button, signal in ((strip.resume_button, strip.resume_requested), (strip.keep_button, strip.keep_requested)):
        with qtbot.waitSignal(signal, timeout=1000):
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_that_a_paused_run_without_a_model_offers_none_to_keep(strip: ProgressStrip) -> None:
    strip.show()
    strip.show_rest("reviews-3", Rest(12, 60, has_model=False))
    assert verbs(strip) == {"progressDiscard": True, "progressResume": True}
    assert strip.bar.property("role") == "rest"
    assert 0.1 < strip.bar.value() / strip.bar.maximum() < 0.4


def test_that_nothing_can_be_done_with_a_run_that_ended(strip: ProgressStrip) -> None:
    strip.begin("reviews-3")
    strip.take(fakes.whole_run())
    assert verbs(strip) == {}


@pytest.mark.parametrize("interrupted", [False, True])
@pytest.mark.parametrize(
    ("step", "steps", "place"),
    [(0, 60, "before the first step."), (12, 0, "at step 12."), (1200, 3000, "at step 1,200 of 3,000.")],
)
def test_that_every_rest_is_told_in_words(step: int, steps: int, place: str, interrupted: bool) -> None:
    words = rest_text(Rest(step, steps, has_model=True, interrupted=interrupted))
    assert words == ("Interrupted " if interrupted else "Paused ") + place


def test_that_training_that_waits_for_room_is_a_warning_in_which_stop_is_possible(strip: ProgressStrip) -> None:
    strip.show()
    strip.begin("reviews-3")
    strip.take([fakes.started(), fakes.step(1), PhaseChanged(phase="waiting")])
    assert strip.property("role") == "warning"
    assert "disk is full" in strip.doing.text()
    assert verbs(strip) == {"progressPause": False, "progressStop": True, "progressDiscard": True}
    strip.take([fakes.step(2)])
    assert strip.property("role") == ""
    assert strip.doing.text() == "Training"
    assert verbs(strip)["progressPause"]


def test_that_a_resumed_run_is_announced_as_such_and_quarters_of_before_are_not_told_again(strip, monkeypatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(
        "workbench.gui.announcing.QAccessible.updateAccessibility", lambda event: heard.append(event.message())
    )
    strip.begin("reviews-3", step=36, steps=60)
    assert strip.bar.value() / strip.bar.maximum() > 0.5
    for event in fakes.whole_run(first_step=36):
        strip.take([event])
    assert heard == [
        "Training of “reviews-3” goes on.",
        "75 % of the training is done.",
        "Training is finished after 60 steps. The model of step 40 is kept.",
    ]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_that_a_verb_that_can_do_nothing_does_not_look_as_if_it_could(strip, qapp, mode: str) -> None:
    theme.apply(qapp, mode)
    strip.show()
    strip.begin("reviews-3")
    strip.show_state("pausing")
    looks = {
        name: button.grab().toImage().pixelColor(5, button.height() // 2).name()
        for name, button in (("grey", strip.pause_button), ("live", strip.stop_button))
    }
    assert looks == {"grey": theme.tokens().window, "live": theme.tokens().raised}
    strip.show_rest("reviews-3", Rest(12, 60, has_model=True))
    strip.show_state("discarding")
    resume = strip.resume_button.grab().toImage().pixelColor(5, strip.resume_button.height() // 2).name()
    assert resume == theme.tokens().raised != theme.tokens().accent
    theme.apply(qapp, "light")
