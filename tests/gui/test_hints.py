"""What the coach says stands above the plots: quietly, one at a time, with one change that can be undone."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui import fakes
from tests.gui.driving import CSV, child, click, make_studio, wait_for, window_on
from tests.gui.test_flow import PlayedStudio
from workbench.core.events import Event, PhaseChanged
from workbench.core.plan import ModelSpec
from workbench.gui.briefing import Briefed
from workbench.gui.past import Past
from workbench.store.settings import load_settings
from workbench.studio import Coach, Hint, HintChange

RATE = Hint(
    code="rate_too_high",
    title="The learning rate is too high",
    evidence="It rose.",
    advice="Lower it.",
    changes={"learning_rate": 3e-5},
)
LEARNED = Hint(
    code="overfitting",
    title="Overfitting since step 40",
    evidence="It fell and rose.",
    advice="Learn for fewer epochs.",
    severity="info",
    changes={"epochs": 1},
)
PLATEAU = Hint(
    code="plateau", title="Nothing moves", evidence="So.", advice="Let it fall.", changes={"schedule": "cosine"}
)


def diverging() -> list[Event]:
    """A run whose loss climbs far above its start."""
    events: list[Event] = [PhaseChanged(phase="importing"), fakes.started(steps=200)]
    for number in range(1, 201):
        loss = 1.4 + 0.05 * math.sin(7 * number) + (0 if number < 60 else 0.1 * (number - 60))
        events.append(fakes.step(number, loss=loss, steps=200))
    return [*events, fakes.finished(steps=200, best_step=0)]


@pytest.fixture
def studio(tmp_path: Path) -> Any:
    return PlayedStudio(tmp_path, pause=0.001, events=diverging())


@pytest.fixture
def window(qtbot: Any, studio: Any) -> Any:
    with window_on(qtbot, studio) as one:
        yield one


@pytest.fixture
def bar(window: Any) -> Any:
    window.training.stack.setCurrentWidget(window.training.content)
    return window.training.hints


def test_that_a_run_that_goes_wrong_is_told_while_it_goes_and_the_keyboard_stays(qtbot: Any, window: Any) -> None:
    window.session.train()
    wait_for(qtbot, lambda: window.session.state == "running")
    box = child(window, "option-epochs")
    box.setFocus()
    wait_for(qtbot, lambda: window.training.hints.isVisible())
    assert window.session.state == "running"
    assert window.focusWidget() is box
    assert child(window, "hintTitle").text() == "The learning rate is too high"
    assert child(window, "hintUse").text().startswith("Use learning rate ")


def test_that_one_click_puts_the_change_into_the_settings_and_undo_takes_it_back(window: Any, bar: Any) -> None:
    draft = window.session.draft
    before = draft.plan
    bar.show_hints([RATE])
    button = child(window, "hintUse")
    assert button.text() == "Use learning rate 3e-5 next time"
    click(button)
    assert draft.plan.learning_rate == 3e-5
    assert (button.text(), button.isEnabled()) == ("It is in the settings now", False)
    draft.undo()
    assert draft.plan == before
    assert button.isEnabled()


def test_that_another_entry_of_a_family_can_be_advised(window: Any, bar: Any) -> None:
    bar.show_hints([PLATEAU])
    button = child(window, "hintUse")
    assert "schedule" in button.text()
    click(button)
    assert window.session.draft.plan.schedule.name == "cosine"


def test_that_one_hint_is_shown_and_the_others_are_a_click_away(window: Any, bar: Any) -> None:
    bar.show_hints([RATE, LEARNED])
    more = child(window, "hintMore")
    assert (bar.title.text(), more.text()) == (RATE.title, "1 more")
    click(more)
    assert bar.title.text() == LEARNED.title
    click(child(window, "hintHide"))
    assert bar.title.text() == RATE.title
    assert not more.isVisible()
    click(child(window, "hintHide"))
    assert not bar.isVisible()


def test_that_a_kind_is_not_shown_again_also_after_a_new_start_until_it_is_wanted(
    qtbot: Any, window: Any, bar: Any
) -> None:
    bar.show_hints([RATE])
    click(child(window, "hintSilence"))
    assert not bar.isVisible()
    kept = window.studio.settings_path
    wait_for(qtbot, lambda: load_settings(kept).quiet_hints == ("rate_too_high",))
    bar.show_hints([RATE, LEARNED])
    assert bar.title.text() == LEARNED.title
    dialog = window.commands.show_preferences()
    click(child(dialog, "prefHints"))
    dialog.accept()
    wait_for(qtbot, lambda: load_settings(kept).quiet_hints == ())
    bar.show_hints([RATE])
    assert bar.title.text() == RATE.title


def test_that_hiding_a_kind_can_be_undone(qtbot: Any, window: Any, bar: Any) -> None:
    bar.show_hints([RATE])
    click(child(window, "hintSilence"))
    QTest.keyClick(window.messages.toast.undo_button, Qt.Key.Key_Space)
    assert bar.isVisible()
    wait_for(qtbot, lambda: load_settings(window.studio.settings_path).quiet_hints == ())


def test_that_a_hint_that_is_no_longer_so_goes(window: Any, bar: Any) -> None:
    bar.take([HintChange(hint=RATE), HintChange(hint=LEARNED)])
    bar.take([HintChange(hint=RATE, gone=True)])
    assert (bar.title.text(), bar.more_button.isVisible()) == (LEARNED.title, False)


def test_that_another_run_begins_without_hints(qtbot: Any, window: Any, bar: Any) -> None:
    bar.show_hints([LEARNED])
    window.session.train()
    wait_for(qtbot, lambda: window.session.state == "running")
    assert bar.hint is None or bar.hint.code != LEARNED.code


def test_that_a_coach_of_a_resumed_run_knows_what_was_before() -> None:
    events = diverging()
    studio = fakes.FakeStudio([fakes.record(1, id="run-1")])
    studio.played["run-1"] = events
    past = Past(studio.run("run-1"), fakes.fake_plan(), studio.curves("run-1"), studio.events("run-1"))
    said = Briefed(Coach, past)(fakes.started(steps=200, first_step=200))
    assert [change.hint.code for change in said if not change.gone] == ["rate_too_high"]


def test_that_a_coach_that_breaks_does_not_break_the_run(qtbot: Any, window: Any, monkeypatch: Any) -> None:
    def broken(*_arguments: Any) -> None:
        raise ZeroDivisionError("the coach")

    monkeypatch.setattr(Coach, "take", broken)
    ends: list = []
    window.session.run_ended.connect(ends.append)
    window.session.train()
    wait_for(qtbot, lambda: bool(ends))
    assert ends[0].outcome == "completed"
    assert [banner.key for banner in window.messages.banners] == ["late"]


def test_that_runs_of_the_past_are_judged_when_they_are_shown(qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text(CSV, encoding="utf-8")
    small = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 200})
    with window_on(qtbot, make_studio(tmp_path), sample=False) as window:
        window.commands.open_path(str(path))
        wait_for(qtbot, lambda: window.session.profile is not None)
        window.session.draft.open(msgspec.structs.replace(window.session.draft.plan, model=small, epochs=1, name=""))
        bar = window.training.hints
        for _turn in range(2):
            window.session.train()
            wait_for(qtbot, lambda: window.session.state == "running", timeout=60000)
            wait_for(qtbot, lambda: window.session.training.ready, timeout=60000)
        wait_for(qtbot, lambda: bar.hint is not None)
        assert bar.hint.code == "too_few_steps"
        click(child(window, "hintHide"))
        window.show_run(window.studio.runs()[1].id)  # what was put away of one run is not put away of another
        wait_for(qtbot, lambda: bar.hint is not None)
        assert bar.isVisible()
        assert bar.use_button.text().startswith("Use epochs ")
