"""The numbers of a run so far, as plain columns: what a look at its curves has to go on."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from workbench.core.events import Evaluated, Event, RunFinished, RunStarted, StepDone
from workbench.core.plan import DatasetSpec, TrainingPlan


class Look(Struct, frozen=True):
    """One look at the validation rows. `confusion` as in `Measures`, empty where it is not known."""

    step: int
    epoch: float
    loss: float
    metrics: dict[str, float]
    confusion: tuple[tuple[int, ...], ...] = ()


class Story(Struct, kw_only=True):
    """A run so far. The columns `steps`, `losses`, `learning_rates` and `grad_norms` are of equal length.

    Whoever keeps the columns elsewhere sets them on a story that was told without its steps (see `story_of`).
    `steps_planned` is the most that will be made, `outcome` is "" until the run is over. `baseline` holds the metrics
    of a guesser that has not read the texts.
    """

    plan: TrainingPlan = TrainingPlan(dataset=DatasetSpec(path=""))
    headline: str = ""
    higher_is_better: bool = True
    steps_planned: int = 0
    steps_per_epoch: int = 1
    train_rows: int = 0
    validation_rows: int = 0
    steps: Sequence[int] = field(default_factory=lambda: array("q"))
    losses: Sequence[float] = field(default_factory=lambda: array("d"))
    learning_rates: Sequence[float] = field(default_factory=lambda: array("d"))
    grad_norms: Sequence[float] = field(default_factory=lambda: array("d"))
    looks: list[Look] = field(default_factory=list)
    baseline: dict[str, float] = field(default_factory=dict)
    outcome: str = ""


def story_of(events: Iterable[Event]) -> Story:
    """The story that `events` tell, from the run's start on. Without its StepDone events, its columns are empty."""
    story = Story()
    for event in events:
        story = told(story, event)
    return story


def told(story: Story, event: Event) -> Story:
    """`story` with `event` added: the same object, or a fresh one where a run begins.

    A run that goes on after a pause begins at a later step: what was told up to there stays, the rest is dropped.
    """
    if isinstance(event, StepDone):
        _columns(story, event)
    elif isinstance(event, RunStarted):
        return _begun(story, event)
    elif isinstance(event, Evaluated) and event.part == "validation":
        measures = event.measures
        story.looks.append(Look(event.step, event.epoch, event.loss, measures.metrics, measures.confusion))
        story.baseline = measures.baseline
    elif isinstance(event, RunFinished):
        story.outcome = event.outcome
    return story


def _columns(story: Story, event: StepDone) -> None:
    values = (event.step, event.loss, event.learning_rate, event.grad_norm)
    columns = (story.steps, story.losses, story.learning_rates, story.grad_norms)
    for column, value in zip(columns, values, strict=True):
        column.append(value)  # type: ignore[attr-defined]  # ours are arrays; a story of other columns is not added to


def _begun(story: Story, event: RunStarted) -> Story:
    first = event.first_step
    kept = sum(step <= first for step in story.steps)
    return Story(
        plan=event.plan,
        headline=event.headline,
        higher_is_better=event.higher_is_better,
        steps_planned=event.steps,
        steps_per_epoch=max(1, event.steps_per_epoch),
        train_rows=event.train_rows,
        validation_rows=event.validation_rows,
        steps=array("q", story.steps[:kept]),
        losses=array("d", story.losses[:kept]),
        learning_rates=array("d", story.learning_rates[:kept]),
        grad_norms=array("d", story.grad_norms[:kept]),
        looks=[look for look in story.looks if look.step <= first],
        baseline=story.baseline if first else {},
    )
