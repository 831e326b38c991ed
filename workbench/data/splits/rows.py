"""From parsed rows to what a split looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from workbench.core.fields import Field, Value
from workbench.core.plan import DatasetSpec
from workbench.data.parsing import Parsed, inputs_of, target_of, text_keys
from workbench.data.splits import Rows, column_of
from workbench.data.table import Table
from workbench.data.watching import Watch


def rows_of(
    spec: DatasetSpec,
    fields: Mapping[str, Field],
    table: Table,
    parsed: Parsed,
    watch: Watch,
    keys: Sequence[int] | None = None,
) -> Rows:
    """The rows of the training file, `parsed` from `table`, which has the column of the split.

    `keys` are those of the texts, if they are known already.
    """
    target = target_of(fields)
    labelled = bool(target) and fields[target].kind == "label"
    column = column_of(spec)
    return Rows(
        path=spec.path,
        strata=strata_of(fields, parsed, watch),
        labels=parsed.values.get(target, []) if labelled else [],
        keys=_known(keys) if keys is not None else lambda: text_keys(_inputs(spec, fields, parsed), watch),
        cells=kept_cells(table, parsed, column, watch) if column else (),
        delimiter=table.reading.delimiter,
        watch=watch,
    )


def _known(keys: Sequence[int]) -> Callable[[], Sequence[int]]:
    return lambda: keys


def _inputs(spec: DatasetSpec, fields: Mapping[str, Field], parsed: Parsed) -> list[list[Value]]:
    return [parsed.values[name] for name in inputs_of(fields, spec.columns)]


def strata_of(fields: Mapping[str, Field], parsed: Parsed, watch: Watch) -> Sequence[Value] | bytes:
    """What validation rows are drawn evenly from: the labels; of numbers, ten ranges with as many rows each."""
    target = target_of(fields)
    values = parsed.values.get(target, [])
    if values and fields[target].kind == "label":
        return values
    numbers = [value for value in watch.over(values) if isinstance(value, float)]
    if len(numbers) < 100:
        return bytes(len(parsed))
    step = max(1, len(numbers) // 5000)
    sample = sorted(numbers[::step])
    cuts = [sample[len(sample) * tenth // 10] for tenth in range(1, 10)]
    return bytes(sum(number > cut for cut in cuts) for number in watch.over(numbers))


def kept_cells(table: Table, parsed: Parsed, column: str, watch: Watch) -> list[str]:
    """The cells of `column` for the rows that could be parsed; both have their rows in the order of the file."""
    cells = table.column(column)
    if len(parsed) == len(table):
        return cells
    kept: list[str] = []
    place = 0
    for number in watch.over(parsed.numbers):
        while table.numbers[place] != number:
            place += 1
        kept.append(cells[place])
        place += 1
    return kept
