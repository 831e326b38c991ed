"""The plan: the whole recipe of a run as frozen plain values.

Equal plans, equal files and an equal machine give equal runs. `to_json` and `plan_from_json` carry a plan to disk, to
the command line and, later, to another machine.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct, field

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import mark, tr
from workbench.core.options import Option, Scalar

PLAN_VERSION = 1


class Choice(Struct, frozen=True, kw_only=True):
    """One entry of a family (a task, loss, optimizer, schedule or tuning) with the values of its own knobs."""

    name: str
    options: dict[str, Scalar] = field(default_factory=dict)


class Reading(Struct, frozen=True, kw_only=True):
    """How a file is read. None means: detect it. `header` says whether the first row holds the columns' names.

    `sheet` names a sheet of a workbook; the others are for text.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    sheet: str | None = None


class DatasetSpec(Struct, frozen=True, kw_only=True):
    """Which file is learned from, and which column plays which role.

    `columns` maps a task's field ("text", "text_pair", "label", ...) to a column of the file. `validation_path` wins
    over `validation_share` (a share of the rows, 0 to 0.9) when it is not empty. All paths are absolute.

    `mends` are made to the rows in this order before anything else sees them; the file stays as it is. `split` says
    how the rows that are kept aside for validation are chosen.
    """

    path: str
    columns: dict[str, str] = field(default_factory=dict)
    reading: Reading = Reading()
    validation_share: float = 0.15
    validation_path: str = ""
    test_path: str = ""
    mends: tuple[Choice, ...] = ()
    split: Choice = Choice(name="even")


class ModelSpec(Struct, frozen=True, kw_only=True):
    """Where the model comes from.

    offline: the all-MiniLM-L6-v2 that is installed with the workbench; scratch: a small BERT with fresh weights, shaped
    by `options`, with a tokenizer trained on the user's data; folder: a folder in Hugging Face format at `location`;
    hub: a Hugging Face id at `location`, downloaded earlier on the user's explicit click.
    """

    source: Literal["offline", "scratch", "folder", "hub"] = "offline"
    location: str = ""
    options: dict[str, Scalar] = field(default_factory=dict)


class TrainingPlan(Struct, frozen=True, kw_only=True):
    """Everything that decides how a run goes. See `PLAN_OPTIONS` for the meaning and bounds of the knobs.

    `tuning` says which weights learn; `group` is the heading under which the runs of one sweep stand together.
    """

    dataset: DatasetSpec
    task: Choice = Choice(name="text-classification")
    model: ModelSpec = ModelSpec()
    loss: Choice = Choice(name="cross-entropy")
    optimizer: Choice = Choice(name="adamw")
    schedule: Choice = Choice(name="linear")
    tuning: Choice = Choice(name="all")
    name: str = ""
    group: str = ""
    epochs: int = 3
    max_steps: int = 0
    batch_size: int = 16
    learning_rate: float = 1e-4
    max_length: int = 128
    accumulation: int = 1
    clip_norm: float = 1.0
    evaluate_every: int = 0
    patience: int = 0
    precision: str = "auto"
    seed: int = 42
    version: int = PLAN_VERSION


PLAN_OPTIONS: tuple[Option, ...] = (
    Option(
        name="epochs",
        title=mark("Epochs"),
        kind="integer",
        default=3,
        minimum=1,
        maximum=1000,
        primary=True,
        help=mark("How often the model sees every training row. More learns longer; too many learns rows by heart."),
    ),
    Option(
        name="learning_rate",
        title=mark("Learning rate"),
        kind="number",
        default=1e-4,
        minimum=1e-8,
        maximum=10.0,
        primary=True,
        help=mark("Size of each learning step. Higher learns faster but may never settle; lower is slower and safer."),
    ),
    Option(
        name="batch_size",
        title=mark("Batch size"),
        kind="integer",
        default=16,
        minimum=1,
        maximum=4096,
        primary=True,
        unit=mark("rows"),
        help=mark("Rows per learning step. Larger is steadier and needs more memory; smaller needs less."),
    ),
    Option(
        name="max_length",
        title=mark("Longest text"),
        kind="integer",
        default=128,
        minimum=8,
        maximum=8192,
        primary=True,
        unit=mark("tokens"),
        help=mark("Longer texts are cut here. Higher reads more of each text; time and memory grow with it."),
    ),
    Option(
        name="max_steps",
        title=mark("Most steps"),
        kind="integer",
        default=0,
        maximum=10_000_000,
        zero_means=mark("no limit"),
        help=mark("Stop after this many steps even if epochs are left. Lower ends sooner."),
    ),
    Option(
        name="accumulation",
        title=mark("Accumulate batches"),
        kind="integer",
        default=1,
        minimum=1,
        maximum=1024,
        unit=mark("batches"),
        help=mark("Batches whose gradients are added before one step. Higher acts like a larger batch in less memory."),
    ),
    Option(
        name="clip_norm",
        title=mark("Gradient clipping"),
        kind="number",
        default=1.0,
        maximum=1000.0,
        zero_means=mark("off"),
        help=mark("Longest gradient allowed. Lower tames sudden jumps; too low slows learning."),
    ),
    Option(
        name="evaluate_every",
        title=mark("Evaluate every"),
        kind="integer",
        default=0,
        maximum=1_000_000,
        unit=mark("steps"),
        zero_means=mark("each epoch"),
        help=mark("Steps between two looks at the validation rows. Lower shows more points and costs time."),
    ),
    Option(
        name="patience",
        title=mark("Early stopping"),
        kind="integer",
        default=0,
        maximum=1000,
        unit=mark("evaluations"),
        zero_means=mark("off"),
        help=mark("Stop when this many evaluations in a row bring nothing better. Higher waits longer."),
    ),
    Option(
        name="precision",
        title=mark("Precision"),
        kind="choice",
        default="auto",
        choices=(
            ("auto", mark("what the processor does best")),
            ("float32", "float32"),
            ("bfloat16", "bfloat16"),
        ),
        help=mark("Numbers inside the model while it learns. bfloat16 is quicker on new processors; float32 is finer."),
    ),
    Option(
        name="seed",
        title=mark("Seed"),
        kind="integer",
        default=42,
        maximum=2**31 - 1,
        help=mark("Start of all random numbers. The same seed repeats a run; another shows how much is luck."),
    ),
)
"""The knobs that every task shares. A task, loss, optimizer or schedule declares its own beside itself."""

VALIDATION_SHARE = Option(
    name="validation_share",
    title=mark("Validation share"),
    kind="number",
    default=0.15,
    minimum=0.01,
    maximum=0.9,
    help=mark("Share of the rows kept aside to judge the model. Higher judges better; lower leaves more to learn."),
)

SCRATCH_OPTIONS: tuple[Option, ...] = (
    Option(
        name="layers",
        title=mark("Layers"),
        kind="integer",
        default=2,
        minimum=1,
        maximum=24,
        help=mark("Depth of the new model. Deeper can learn more and needs more rows and time."),
    ),
    Option(
        name="hidden_size",
        title=mark("Width"),
        kind="integer",
        default=128,
        minimum=16,
        maximum=1024,
        help=mark("Numbers per token inside the model. Wider can learn more and needs more rows and time."),
    ),
    Option(
        name="heads",
        title=mark("Attention heads"),
        kind="integer",
        default=4,
        minimum=1,
        maximum=32,
        help=mark("Parts that look at the text in parallel. The width must be divisible by it."),
    ),
    Option(
        name="vocabulary",
        title=mark("Vocabulary"),
        kind="integer",
        default=8000,
        minimum=200,
        maximum=60000,
        unit=mark("tokens"),
        help=mark("Pieces of words the new tokenizer may learn. Higher splits words less and makes the model larger."),
    ),
)
"""The shape of a model that starts from nothing (`ModelSpec.source == "scratch"`)."""


def with_value(plan: TrainingPlan, group: str, name: str, value: Scalar) -> TrainingPlan:
    """`plan` with one knob of a group at `value`, which is not checked.

    Groups: "plan" for the plan's own fields, "dataset", else a part that has options ("model", "task", "loss", ...).
    """
    replace = msgspec.structs.replace
    if group == "plan":
        return replace(plan, **{name: value})
    part = getattr(plan, group)
    if group == "dataset":
        return replace(plan, dataset=replace(part, **{name: value}))
    return replace(plan, **{group: replace(part, options={**part.options, name: value})})


def to_json(plan: TrainingPlan) -> bytes:
    """`plan` as indented UTF-8 JSON, fit to be read by people."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2)


def plan_from_json(data: bytes | str) -> TrainingPlan:
    """The plan that `to_json` wrote. Raises WorkbenchError if it is damaged or made by a newer version."""
    try:
        plan = msgspec.json.decode(data, type=TrainingPlan)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WorkbenchError(
            Problem(
                code="P03",
                where=tr("Plan"),
                what=tr("The plan cannot be read: {detail}.", detail=str(error)),
                remedy=tr("Make a new plan from the data file."),
            )
        ) from error
    if plan.version > PLAN_VERSION:
        raise WorkbenchError(
            Problem(
                code="P04",
                where=tr("Plan"),
                what=tr("The plan was made by a newer version of Model Workbench."),
                remedy=tr("Update Model Workbench to open it."),
            )
        )
    return plan
