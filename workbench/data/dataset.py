"""Dataset: typed examples for training, validation and test, made from the user's files."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.fields import Example, Field, Value
from workbench.core.language import tr, trn
from workbench.core.plan import VALIDATION_SHARE, DatasetSpec
from workbench.data.files import problem, sha256_of
from workbench.data.parsing import Parsed, inputs_of, parse, read_columns, read_other, target_of, text_keys
from workbench.data.split import split
from workbench.data.table import Progress, SkippedRow
from workbench.data.watching import Watch

__all__ = ["Dataset", "Examples", "SkippedRow", "digest_of", "load"]


class Examples(Sequence[Example]):
    """Typed rows, columnar: `columns` maps a field to its values, `rows` are the rows' numbers in their file."""

    def __init__(self, columns: Mapping[str, Sequence[Value]], rows: Sequence[int]) -> None:
        self._columns = {name: list(values) for name, values in columns.items()}
        self.rows = array("L", rows)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that have values."""
        return tuple(self._columns)

    def column(self, field: str) -> list[Value]:
        """The values of `field`, one per row; an empty list if the field has no column."""
        return self._columns.get(field, [])

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Example: ...

    @overload
    def __getitem__(self, index: slice) -> Examples: ...

    def __getitem__(self, index: int | slice) -> Example | Examples:
        if isinstance(index, slice):
            return Examples({name: values[index] for name, values in self._columns.items()}, self.rows[index])
        row = self.rows[index]
        return Example({name: values[index] for name, values in self._columns.items()}, row)

    def __iter__(self) -> Iterator[Example]:
        names = tuple(self._columns)
        for values, row in zip(zip(*self._columns.values(), strict=True), self.rows, strict=False):
            yield Example(dict(zip(names, values, strict=True)), row)

    def __repr__(self) -> str:
        return f"Examples({len(self)} rows of {', '.join(self._columns)})"


class Dataset(Struct, frozen=True, kw_only=True):
    """What a run learns from. `skipped` lists every row of every file that is not used, and why.

    `sha256` is of the bytes of all files used, one after the other: training, validation, test. `rows` counts the rows
    of all those files: the rows of the three parts and the skipped ones together.
    """

    train: Examples
    validation: Examples
    test: Examples | None
    skipped: tuple[SkippedRow, ...]
    sha256: str
    rows: int


def load(spec: DatasetSpec, fields: Mapping[str, Field], *, seed: int, progress: Progress | None = None) -> Dataset:
    """Read, parse and split the files of `spec`. Equal files, `spec` and `seed` give an equal dataset.

    A row with a cell that its field cannot take is left out and listed. Without a validation file, rows are kept aside:
    stratified where the target is a label, with identical texts on one side. `progress` is told the share (0 to 1)
    that is done, and may raise to stop. Raises WorkbenchError with every problem.
    """
    paths = _paths(spec)
    watch = Watch(progress)
    watch.part(0.1)
    before = _stamp(paths)
    digest = sha256_of(paths, watch.tell)
    watch.part(0.5)
    table = read_columns(spec.path, spec.reading, spec.columns, fields, watch.tell)
    watch.part(0.6)
    main = parse(table, spec.columns, fields, watch=watch)
    watch.part(0.7)
    validation = _other(spec.validation_path, spec, fields, main, watch)
    test = _other(spec.test_path, spec, fields, main, watch)
    watch.part(1.0)
    problems = _problems(spec, fields, main, validation, test)
    if before != _stamp(paths):
        what = tr("The file was changed while it was read.")
        problems.append(problem("D20", spec.path, what, tr("Start again when it is saved.")))
    if problems:
        raise WorkbenchError(*problems)
    train_part, validation_part = _parts(spec, fields, main, validation, seed, watch)
    parsed = [part for part in (main, validation, test) if part is not None]
    watch.tell(1.0)
    return Dataset(
        train=train_part,
        validation=validation_part,
        test=_examples(test) if test is not None else None,
        skipped=tuple(row for part in parsed for row in part.skipped),
        sha256=digest,
        rows=sum(part.total for part in parsed),
    )


def digest_of(spec: DatasetSpec) -> str:
    """The `Dataset.sha256` that the files of `spec` would give now. Raises WorkbenchError if one cannot be read."""
    return sha256_of(_paths(spec), lambda done: None)


def _paths(spec: DatasetSpec) -> list[str]:
    return [path for path in (spec.path, spec.validation_path, spec.test_path) if path]


def _stamp(paths: Sequence[str]) -> list[tuple[int, int] | None]:
    stamps: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            status = os.stat(path)
            stamps.append((status.st_size, status.st_mtime_ns))
        except (OSError, ValueError):
            stamps.append(None)
    return stamps


def _other(path: str, spec: DatasetSpec, fields: Mapping[str, Field], main: Parsed, watch: Watch) -> Parsed | None:
    if not path:
        return None
    return parse(read_other(path, spec, fields, watch.tell), spec.columns, fields, path, like=main, watch=watch)


def _examples(parsed: Parsed) -> Examples:
    return Examples(parsed.values, parsed.numbers)


def _parts(
    spec: DatasetSpec, fields: Mapping[str, Field], main: Parsed, validation: Parsed | None, seed: int, watch: Watch
) -> tuple[Examples, Examples]:
    if validation is not None:
        return _examples(main), _examples(validation)
    strata = _strata(fields, main, watch)
    inputs = [main.values[name] for name in inputs_of(fields, spec.columns)]
    places = split(strata, text_keys(inputs, watch), spec.validation_share, seed, watch)
    if not places[1]:
        raise WorkbenchError(_nothing_to_validate(spec))
    training, kept_aside = (
        Examples(
            {name: [values[place] for place in watch.over(part)] for name, values in main.values.items()},
            array("L", (main.numbers[place] for place in watch.over(part))),
        )
        for part in places
    )
    return training, kept_aside


def _strata(fields: Mapping[str, Field], parsed: Parsed, watch: Watch) -> Sequence[Value] | bytes:
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


def _nothing_to_validate(spec: DatasetSpec) -> Problem:
    what = tr("No rows can be kept aside for validation: every class has a single row or a single text.")
    remedy = tr("Add rows, at least two different texts per class, or choose a validation file.")
    return problem("D14", spec.path, what, remedy, "validation_share")


def _problems(
    spec: DatasetSpec, fields: Mapping[str, Field], main: Parsed, validation: Parsed | None, test: Parsed | None
) -> list[Problem]:
    problems = []
    if validation is None and not VALIDATION_SHARE.minimum <= spec.validation_share <= VALIDATION_SHARE.maximum:
        found = VALIDATION_SHARE.check(spec.validation_share)
        problems += [found] if found else []
    for path, part in ((spec.path, main), (spec.validation_path, validation), (spec.test_path, test)):
        if part is not None and not len(part):
            problems.append(_no_rows(path, part))
    target = target_of(fields)
    if problems or not target:
        return problems
    if validation is None and len(main) < 2:
        what = tr("One row is not enough: at least one is learned from and one is kept aside.")
        problems.append(problem("D22", spec.path, what, tr("Add rows."), target))
    if fields[target].kind == "label":
        problems += _label_problems(spec, target, main, validation, test)
    return problems


def _no_rows(path: str, part: Parsed) -> Problem:
    if not part.total:
        return problem("D12", path, tr("The file has columns but no rows."), tr("Choose a file with rows."))
    what = trn(
        "The only row cannot be used: {reason}.",
        "None of the {number} rows can be used. The first one: {reason}.",
        part.total,
        reason=part.skipped[0].reason.rstrip("."),
    )
    return problem("D21", path, what, tr("Check which column plays which role."), "columns")


def _label_problems(
    spec: DatasetSpec, target: str, main: Parsed, validation: Parsed | None, test: Parsed | None
) -> list[Problem]:
    problems = []
    known = set(main.values[target])
    if len(known) < 2:
        what = tr("All rows have the same label “{label}”. A classifier needs at least two.", label=min(known, key=str))
        problems.append(problem("D13", spec.path, what, tr("Choose another label column or add rows."), target))
    for path, part in ((spec.validation_path, validation), (spec.test_path, test)):
        unknown = (
            sorted({str(label) for label in part.values[target]} - {str(label) for label in known}) if part else []
        )
        if part and unknown:
            count = sum(1 for label in part.values[target] if label not in known)
            what = trn(
                "{number} row has a label that the training file does not have: {labels}.",
                "{number} rows have labels that the training file does not have: {labels}.",
                count,
                labels=", ".join(label[:40] for label in unknown[:5]) + (", …" if len(unknown) > 5 else ""),
            )
            problems.append(problem("D15", path, what, tr("Correct these labels or choose another file."), target))
    return problems
