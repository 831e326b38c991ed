"""The coach is right about the curves of the library, silent on sound ones, and says what can be done."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tests.insight.curve_files import Curve, curves
from tests.insight.made_curves import falling, line, made, steady
from tests.insight.scoring import Heard, heard, score, table
from workbench.core.events import Evaluated, Event, RunFinished, RunStarted, StepDone
from workbench.core.language import set_language
from workbench.core.plan import Choice
from workbench.insight.changes import changed
from workbench.insight.coach import Coach, assess
from workbench.insight.hints import CODES, Hint, higher_rate, lower_rate
from workbench.insight.story import Story, story_of
from workbench.insight.symptoms import Symptom
from workbench.studio.declarations import plan_problems

LIBRARY = curves()
SOUND = made(1, falling(1.4, 0.15, 6), falling(1.4, 0.35, 6), falling(0.1, 0.88, 6), noise=0.2)


@pytest.fixture(scope="module")
def everything() -> list[Heard]:
    return [heard(curve) for curve in LIBRARY]


def named(name: str) -> Curve:
    return next(curve for curve in LIBRARY if curve.name == name)


def events_of(content: dict[str, object]) -> list[Event]:
    return list(Curve("made", content, frozenset(), frozenset()).events())


def hints_of(name: str) -> list[Hint]:
    return assess(story_of(named(name).events()))


# The library.


def test_that_the_library_is_large_and_real() -> None:
    assert len(LIBRARY) >= 60
    assert sum(curve.is_real for curve in LIBRARY) >= 40
    assert {code for curve in LIBRARY for code in curve.labels} == set(CODES)
    assert {code for curve in LIBRARY for code in curve.labels | curve.fair} <= set(CODES)
    assert sum(not curve.labels and not curve.fair for curve in LIBRARY) >= 20


def test_that_a_curve_holds_no_rows_of_its_data() -> None:
    kinds = {type(value) for curve in LIBRARY for key, value in curve.content.items() if key not in ("plan", "looks")}
    assert kinds <= {str, bool, int, float, list, dict}
    for curve in LIBRARY:
        assert "/" not in curve.content["plan"]["dataset"]["path"]


@pytest.mark.parametrize("group", ["looked at", "kept aside", "drawn by chance"])
def test_that_the_coach_is_right_nine_times_in_ten(everything: list[Heard], group: str) -> None:
    some = [one for one in everything if one.curve.group == group]
    print("\n" + table(group, some))
    assert score(some).precision >= 0.9, table(group, some)
    assert score(some).recall >= 0.8, table(group, some)


def test_that_every_hint_is_right_more_often_than_not(everything: list[Heard]) -> None:
    for code, row in score(everything).rows.items():
        assert row.right + row.fair >= 0.75 * row.said, code
        assert row.right >= 0.6 * row.labelled, code


def test_that_no_alarm_is_given_on_a_healthy_curve_at_any_moment(everything: list[Heard]) -> None:
    healthy = [one for one in everything if one.is_healthy]
    assert len(healthy) >= 20
    assert {one.curve.name: set(one.ever) for one in healthy if one.ever} == {}


# What it says.


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_that_every_hint_of_the_library_can_be_followed(language: str) -> None:
    set_language(language)
    try:
        for curve in LIBRARY:
            story = story_of(curve.events())
            for hint in assess(story):
                assert hint.title
                assert hint.evidence
                assert hint.advice
                assert "nan" not in hint.evidence
                after = changed(story.plan, hint.changes)
                assert (after != story.plan) == bool(hint.changes), (curve.name, hint)
                assert plan_problems(after) == [], (curve.name, hint)
    finally:
        set_language("en")


def test_that_overfitting_names_the_step_and_the_epochs_that_were_enough() -> None:
    (hint,) = hints_of("made-overfit-clear")  # it turns at three tenths of ten epochs of fifty steps
    assert hint.code == "overfitting"
    assert 100 <= hint.since_step <= 250
    assert 2 <= int(hint.changes["epochs"]) <= 5
    assert str(hint.since_step) in hint.title


def test_that_overfitting_late_in_the_run_asks_for_early_stopping() -> None:
    story = story_of(named("made-overfit-clear").events())
    story.plan = replace(story.plan, epochs=4)
    assert assess(story)[0].changes == {"patience": 2}


def test_that_nothing_is_said_of_overfitting_that_early_stopping_caught() -> None:
    story = story_of(named("made-overfit-clear").events())
    story.plan, story.outcome = replace(story.plan, patience=3), "early_stopped"
    assert assess(story) == []


def test_that_a_loss_that_is_no_number_is_a_rate_too_high() -> None:
    events = events_of(SOUND)[:40]
    last = events[-1]
    assert isinstance(last, StepDone)
    events += [replace(last, step=last.step + 1, loss=math.nan), RunFinished(outcome="failed", steps=40, seconds=1.0)]
    (hint,) = assess(story_of(events))
    assert hint.code == "rate_too_high"
    assert hint.since_step == last.step + 1
    assert hint.changes["learning_rate"] == pytest.approx(1e-4)


def test_that_a_rare_class_asks_for_weights() -> None:
    (hint,) = [hint for hint in hints_of("spam-rare") if hint.code == "collapse"]
    assert hint.changes == {"task.class_weights": "balanced"}


def test_that_a_collapse_at_a_wild_rate_asks_for_a_lower_one() -> None:
    (hint,) = hints_of("trec-rate-003")
    assert hint.code == "collapse"
    assert float(hint.changes["learning_rate"]) < 0.01


def test_that_a_lower_rate_is_lower_and_a_higher_one_higher() -> None:
    for curve in LIBRARY:
        story = story_of(curve.events())
        assert 1e-8 <= lower_rate(story) <= story.plan.learning_rate
        assert story.plan.learning_rate < higher_rate(story) or story.plan.learning_rate > 1
    assert lower_rate(story_of(named("trec-rate-1").events())) <= 1e-2


# The live coach.


def test_that_the_live_coach_ends_with_what_the_whole_story_says() -> None:
    for curve in LIBRARY[::7]:
        coach = Coach()
        for event in curve.events():
            coach.take(event)
        assert [hint.code for hint in coach.hints] == [hint.code for hint in assess(story_of(curve.events()))]


def test_that_hints_in_force_follow_the_language() -> None:
    coach = Coach()
    for event in named("made-overfit-clear").events():
        coach.take(event)
    english = coach.hints[0].title
    set_language("zh_CN")
    try:
        assert coach.hints[0].title == assess(coach.story)[0].title
        assert "Overfitting" in english
    finally:
        set_language("en")


def test_that_what_is_told_adds_up_to_the_hints_in_force() -> None:
    coach, in_force = Coach(), set[str]()
    for event in named("hotel-rate-03").events():
        for told in coach.take(event):
            if told.gone:
                in_force.remove(told.hint.code)
            else:
                assert told.hint.code not in in_force
                in_force.add(told.hint.code)
        assert in_force == {hint.code for hint in coach.hints}
    assert in_force


def test_that_trouble_is_named_while_the_run_still_goes_on() -> None:
    soon = {"made-overfit-clear": 0.7, "sst2-few-long": 0.5, "sst2-sgd-2": 0.4, "trec-rate-1e-6": 0.5}
    for name, share in soon.items():
        curve, coach, first = named(name), Coach(), 0
        for event in curve.events():
            if coach.take(event) and not first and isinstance(event, StepDone | Evaluated):
                first = event.step
        assert 0 < first <= share * curve.content["steps_planned"], name


def test_that_a_step_seldom_costs_a_judgement(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []

    def counted(story: Story) -> list[Symptom]:
        judged.append(len(story.steps))
        return []

    monkeypatch.setattr("workbench.insight.coach.found", counted)
    coach = Coach()
    begin, *_ = events_of(SOUND)
    coach.take(begin)
    for step in range(1, 20_001):
        coach.take(StepDone(step=step, epoch=1.0, loss=1.0, learning_rate=1e-3, grad_norm=1.0, rows=1, seconds=1.0))
    assert len(judged) < 200
    assert sum(judged) < 25 * 20_000  # all judgements together read the curve some twenty times


@pytest.mark.parametrize("outcome", ["stopped", "paused", "failed"])
def test_that_a_run_that_was_cut_short_is_not_blamed_for_what_it_had_no_time_for(outcome: str) -> None:
    for name in ("sst2-shuffled", "spam-rare", "reviews-rate-3e-6", "trec-ten-steps"):
        events = list(named(name).events())
        story = story_of(_cut(events, len(story_of(events).steps) // 4)[0])
        story.outcome = outcome
        assert assess(story) == [], name


def test_that_a_resumed_run_goes_on_with_its_story() -> None:
    events = events_of(named("made-overfit-clear").content)
    whole = assess(story_of(events))
    begin = next(event for event in events if isinstance(event, RunStarted))
    first, second = _cut(events, 220), _cut(events, 200)
    resumed = [*first[0], replace(begin, first_step=200), *second[1]]
    assert story_of(resumed).steps == story_of(events).steps
    assert assess(story_of(resumed)) == whole


def test_that_a_story_can_be_put_together_from_what_the_history_keeps() -> None:
    events = list(named("made-overfit-clear").events())
    whole = story_of(events)
    story = story_of(event for event in events if not isinstance(event, StepDone))
    assert assess(story) == []
    story.steps, story.losses = list(whole.steps), list(whole.losses)
    story.learning_rates, story.grad_norms = list(whole.learning_rates), list(whole.grad_norms)
    assert assess(story) == assess(whole)


def test_that_a_new_run_begins_a_new_story() -> None:
    coach = Coach()
    for event in named("made-overfit-clear").events():
        coach.take(event)
    assert coach.hints
    told = coach.take(next(iter(events_of(SOUND))))
    assert [one.gone for one in told] == [True]
    assert coach.hints == []
    assert len(coach.story.steps) == 0


def _cut(events: list[Event], step: int) -> tuple[list[Event], list[Event]]:
    number = next(n for n, event in enumerate(events) if isinstance(event, StepDone) and event.step == step + 1)
    return events[:number], events[number:]


# Odd streams.


def streams() -> Iterator[tuple[str, list[Event]]]:
    events = events_of(SOUND)
    steps = [event for event in events if isinstance(event, StepDone)]
    looks = [event for event in events if isinstance(event, Evaluated)]
    yield "nothing", []
    yield "only a start", events[:1]
    yield "one step", events[:2]
    yield "no start", events[1:]
    yield "no looks", [event for event in events if not isinstance(event, Evaluated)]
    yield "only looks", [events[0], *looks]
    yield "constant loss", [events[0], *(replace(step, loss=1.0) for step in steps), *looks]
    yield "loss of zero", [events[0], *(replace(step, loss=0.0) for step in steps), *looks]
    for lost in ("metrics", "baseline"):
        bare = [replace(look, measures=replace(look.measures, **{lost: {}})) for look in looks]
        yield f"no {lost}", [events[0], *steps, *bare]
    yield "look that is no number", [events[0], *steps, *(replace(look, loss=math.nan) for look in looks)]
    yield "rate of zero", [events[0], *(replace(step, learning_rate=0.0) for step in steps), *looks]


@pytest.mark.parametrize(("name", "events"), list(streams()), ids=[name for name, _ in streams()])
def test_that_an_odd_stream_is_taken_calmly(name: str, events: list[Event]) -> None:
    coach = Coach()
    for event in [*events, RunFinished(outcome="completed", steps=10, seconds=1.0)]:
        coach.take(event)
    assert all(hint.title for hint in coach.hints)


@pytest.mark.parametrize("seed", range(20))
def test_that_chance_alone_raises_no_alarm(seed: int) -> None:
    sound = made(seed, falling(1.4, 0.2, 5), falling(1.4, 0.4, 5), falling(0.1, 0.85, 5), noise=0.3, jitter=0.03)
    assert assess(story_of(events_of(sound))) == []


@pytest.mark.parametrize("seed", range(10))
def test_that_overfitting_is_seen_through_noise(seed: int) -> None:
    rising = made(seed, falling(1.4, 0.02, 6), line(0.7, 1.4), falling(0.6, 0.7, 30), noise=0.3, jitter=0.04, epochs=12)
    assert [hint.code for hint in assess(story_of(events_of(rising)))] == ["overfitting"]


@pytest.mark.parametrize("seed", range(10))
def test_that_guessing_is_not_called_learning(seed: int) -> None:
    guessing = made(seed, steady(1.386), steady(1.386), steady(0.25), noise=0.05, jitter=0.005, epochs=6)
    assert [hint.code for hint in assess(story_of(events_of(guessing)))] == ["nothing_learned"]


# Changes.


def test_that_changes_find_their_place_in_the_plan() -> None:
    plan = replace(story_of(events_of(SOUND)).plan, task=Choice(name="text-classification", options={"other": 1}))
    after = changed(
        plan,
        {
            "epochs": 2,
            "task.class_weights": "balanced",
            "schedule": "constant",
            "dataset.validation_share": 0.3,
            "model.layers": 4,
        },
    )
    assert (after.epochs, after.schedule, after.dataset.validation_share) == (2, Choice(name="constant"), 0.3)
    assert after.task.options == {"other": 1, "class_weights": "balanced"}
    assert after.model.options["layers"] == 4
    assert changed(plan, {}) == plan
    with pytest.raises(AttributeError):
        changed(plan, {"nothing": 1})
