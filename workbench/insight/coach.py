"""The curve coach: names what the curves of a run show, its evidence, and one change to try. Silent on sound ones."""

from __future__ import annotations

from msgspec import Struct

from workbench.core.events import Evaluated, Event, RunFinished, RunStarted, StepDone
from workbench.insight import symptoms
from workbench.insight.hints import Hint, hint_of
from workbench.insight.signs import Signs
from workbench.insight.story import Story, told
from workbench.insight.symptoms import Symptom

_STEPS_BETWEEN = 25  # at the least, between two judgements without a look at the validation rows
_GROWTH = 1.05  # and the run must have grown by this much: all judgements of a run cost twenty times the last one


class HintChange(Struct, frozen=True, kw_only=True):
    """A hint that is new, or one that is gone: what it saw is no longer so."""

    hint: Hint
    gone: bool = False


def assess(story: Story) -> list[Hint]:
    """The hints that the curves of `story` deserve, the gravest first; none for a sound run."""
    return [hint_of(symptom, story) for symptom in found(story)]


def found(story: Story) -> list[Symptom]:
    """The symptoms of `story`. A cause hides what follows from it: a rate that is too high collapses, too."""
    if not story.steps:
        return []
    signs = Signs(story)
    short = symptoms.too_few_steps(signs)
    if short:
        return [short]
    for first in (symptoms.rate_too_high, symptoms.rate_too_low, symptoms.collapse):
        symptom = first(signs)
        if symptom:
            return [symptom]
    rest = (symptoms.overfitting(signs), symptoms.nothing_learned(signs), symptoms.plateau(signs))
    return [symptom for symptom in rest if symptom]


class Coach:
    """Follows a run as it happens."""

    def __init__(self) -> None:
        self.story = Story()
        self._symptoms: list[Symptom] = []
        self._judged_at = 0

    @property
    def hints(self) -> list[Hint]:
        """The hints in force now, in the language spoken now."""
        return [hint_of(symptom, self.story) for symptom in self._symptoms]

    def take(self, event: Event) -> list[HintChange]:
        """Add `event` to the story; the hints that are new and those that are gone since the event before.

        A judgement costs some milliseconds, so it is made at looks and now and then between them, and more seldom as
        the run grows.
        """
        story = told(self.story, event)
        if not self._is_due(event, len(story.steps)):
            self.story = story
            return []
        symptoms_now = found(story)
        old, new = ({symptom.code for symptom in some} for some in (self._symptoms, symptoms_now))
        gone = [HintChange(hint=hint, gone=True) for hint in self.hints if hint.code not in new]
        self.story, self._symptoms, self._judged_at = story, symptoms_now, len(story.steps)
        return gone + [HintChange(hint=hint) for hint in self.hints if hint.code not in old]

    def _is_due(self, event: Event, made: int) -> bool:
        if isinstance(event, RunFinished | RunStarted):
            return True
        if isinstance(event, Evaluated):
            return event.part == "validation" and made >= self._judged_at * _GROWTH
        return isinstance(event, StepDone) and made >= max(self._judged_at + _STEPS_BETWEEN, self._judged_at * _GROWTH)
