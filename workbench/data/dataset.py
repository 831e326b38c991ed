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
from workbench.data.parsing import Parsed, parse, target_of
from workbench.data.sources import Sources, read_sources
from workbench.data.splits import column_of, problems_of, split_rows
from workbench.data.splits.rows import rows_of
from workbench.data.table import Progress, SkippedRow, Table
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

    The mends of `spec` come first. A row that they leave out, or with a cell that its field cannot take, is listed.
    Without a validation file, rows are kept aside:
    stratified where the target is a label, with identical texts on one side. `progress` is told the share (0 to 1)
    that is done, and may raise to stop. Raises WorkbenchError with every problem.
    """
    paths = _paths(spec)
    watch = Watch(progress)
    watch.part(0.1)
    before = _stamp(paths)
    digest = sha256_of(paths, watch.tell)
    sources = read_sources(spec, fields, watch, until=0.5, also=column_of(spec))
    watch.part(0.6)
    main = parse(sources.main, spec.columns, fields, watch=watch)
    watch.part(0.7)
    validation = _other(spec.validation_path, sources, spec, fields, main, watch)
    test = _other(spec.test_path, sources, spec, fields, main, watch)
    watch.part(1.0)
    problems = problems_of(spec, sources.main.columns) + _problems(spec, fields, main, validation, test)
    if before != _stamp(paths):
        what = tr("The file was changed while it was read.")
        problems.append(problem("D20", spec.path, what, tr("Start again when it is saved.")))
    if problems:
        raise WorkbenchError(*problems)
    train_part, validation_part, left_out = _parts(spec, fields, sources.main, main, validation, seed, watch)
    parsed = [part for part in (main, validation, test) if part is not None]
    others = [part.skipped for part in parsed[1:]]
    watch.tell(1.0)
    return Dataset(
        train=train_part,
        validation=validation_part,
        test=_examples(test) if test is not None else None,
        skipped=tuple(row for skipped in (_in_order(main.skipped, left_out), *others) for row in skipped),
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


def _other(
    path: str, sources: Sources, spec: DatasetSpec, fields: Mapping[str, Field], main: Parsed, watch: Watch
) -> Parsed | None:
    if not path:
        return None
    table = sources.others[path]
    if isinstance(table, WorkbenchError):
        raise table
    return parse(table, spec.columns, fields, path, like=main, watch=watch)


def _examples(parsed: Parsed) -> Examples:
    return Examples(parsed.values, parsed.numbers)


def _parts(
    spec: DatasetSpec,
    fields: Mapping[str, Field],
    table: Table,
    main: Parsed,
    validation: Parsed | None,
    seed: int,
    watch: Watch,
) -> tuple[Examples, Examples, list[SkippedRow]]:
    """The rows to learn from, those kept aside, and those for which the split has no place."""
    if validation is not None:
        return _examples(main), _examples(validation), []
    parts = split_rows(rows_of(spec, fields, table, main, watch), spec.split, spec.validation_share, seed)
    if not parts.validation:
        raise WorkbenchError(_nothing_to_validate(spec))
    training, kept_aside = (
        Examples(
            {name: [values[place] for place in watch.over(part)] for name, values in main.values.items()},
            array("L", (main.numbers[place] for place in watch.over(part))),
        )
        for part in (parts.training, parts.validation)
    )
    left_out = [
        SkippedRow(row=main.numbers[place], line=main.lines[place], column=column_of(spec), reason=reason)
        for place, reason in sorted(parts.left_out.items())
    ]
    return training, kept_aside, left_out


def _in_order(skipped: Sequence[SkippedRow], left_out: Sequence[SkippedRow]) -> Sequence[SkippedRow]:
    return sorted([*skipped, *left_out], key=lambda row: row.row) if left_out else skipped


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
