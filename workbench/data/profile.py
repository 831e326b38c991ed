"""Profile: what a dataset holds and what is odd about it, seen before anything is trained."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from workbench.core.errors import WorkbenchError
from workbench.core.fields import Field, Value
from workbench.core.plan import DatasetSpec
from workbench.data import (
    findings_columns,
    findings_files,
    findings_numbers,
    findings_personal,
    findings_rows,
    findings_split,
    findings_targets,
    findings_texts,
)
from workbench.data.findings import Finding, Seen
from workbench.data.parsing import Parsed, inputs_of, parse, target_of, text_keys
from workbench.data.sources import Sources, read_sources
from workbench.data.splits import column_of
from workbench.data.table import Progress, SkippedRow
from workbench.data.watching import UNWATCHED, Watch
from workbench.data.wording import is_wide, length_of

__all__ = ["Finding", "Histogram", "NumberSummary", "Profile", "profile"]

_BINS = 20
_CHUNK = 20_000


class Histogram(Struct, frozen=True, kw_only=True):
    """`counts[i]` values lie from `edges[i]` up to `edges[i + 1]` (the last bin includes its end)."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    unit: Literal["words", "characters", ""] = ""


class NumberSummary(Struct, frozen=True, kw_only=True):
    """A numeric target. `spread` is the standard deviation (divided by n)."""

    minimum: float
    maximum: float
    mean: float
    spread: float
    histogram: Histogram


class Profile(Struct, frozen=True, kw_only=True):
    """`rows` counts the rows of the file; `read` of them can be used, the `skipped` ones cannot: together all of them.

    `classes` are (label, rows), commonest first. `lengths` are of the texts a row's model input is made of: words, or
    characters where the text is mostly Chinese or Japanese. `findings`: errors first, then warnings, then infos.
    """

    rows: int
    columns: tuple[str, ...]
    read: int
    skipped: tuple[SkippedRow, ...]
    classes: tuple[tuple[str, int], ...]
    numbers: NumberSummary | None
    lengths: Histogram
    findings: tuple[Finding, ...]
    encoding: str
    confidence: float


def profile(
    spec: DatasetSpec,
    fields: Mapping[str, Field],
    *,
    progress: Progress | None = None,
    seed: int = 42,
    max_length: int = 0,
) -> Profile:
    """Read all files of `spec` and look for what may go wrong. Raises WorkbenchError if the main file has no table.

    `progress` is told the share (0 to 1) that is done, and may raise to stop. Rows are kept aside as `seed` says.
    The model reads `max_length` tokens of a text; 0 if that is not known. What the mends of `spec` have mended is not
    found any more.
    """
    watch = Watch(progress)
    sources = read_sources(spec, fields, watch, until=0.4, also=column_of(spec))
    table = sources.read
    watch.part(0.5)
    parsed = parse(sources.main, spec.columns, fields, watch=watch)
    watch.part(0.7)
    target = target_of(fields)
    inputs = inputs_of(fields, spec.columns)
    wide = is_wide(parsed.values[name] for name in inputs)
    lengths = _lengths([parsed.values[name] for name in inputs], wide, watch)
    labels = parsed.values.get(target, []) if target and fields[target].kind == "label" else None
    classes = count_classes(labels or (), watch)
    numbers = parsed.values.get(target, []) if target and fields[target].kind == "number" else None
    summary = _summarize([float(value) for value in watch.over(numbers)], watch) if numbers else None
    seen = Seen(
        spec=spec,
        fields=fields,
        table=table,
        parsed=parsed,
        keys=text_keys([parsed.values[name] for name in inputs], watch),
        target=target,
        classes=classes,
        lengths=lengths,
        wide=wide,
        others=_others(sources, spec, fields, parsed, watch),
        watch=watch,
        seed=seed,
        max_length=max_length,
    )
    watch.part(1.0)
    return Profile(
        rows=table.total,
        columns=table.columns,
        read=len(parsed),
        skipped=parsed.skipped,
        classes=tuple(classes.items()),
        numbers=summary,
        lengths=histogram(_counts(lengths, watch), whole=True, unit="characters" if wide else "words"),
        findings=_find_all(seen),
        encoding=table.reading.encoding or "",
        confidence=table.confidence,
    )


def _counts(values: Sequence[int] | Sequence[float], watch: Watch) -> Counter[float]:
    counts = Counter[float]()
    for start in range(0, len(values), _CHUNK):
        counts.update(values[start : start + _CHUNK])
        watch.tell()
    return counts


def count_classes(labels: Sequence[Value], watch: Watch = UNWATCHED) -> dict[str, int]:
    """{label: rows}, commonest first, equally common ones by name."""
    counts = Counter[str]()
    for start in range(0, len(labels), _CHUNK):
        counts.update(map(str, labels[start : start + _CHUNK]))
        watch.tell()
    return dict(watch.over(watch.ordered(counts.items(), key=lambda item: (-item[1], item[0]))))


_FINDERS = (
    *findings_rows.FINDERS,
    *findings_targets.FINDERS,
    *findings_numbers.FINDERS,
    *findings_texts.FINDERS,
    *findings_columns.FINDERS,
    *findings_files.FINDERS,
    *findings_split.FINDERS,
    *findings_personal.FINDERS,
)


def _find_all(seen: Seen) -> tuple[Finding, ...]:
    """Every finding: errors first, then warnings, then what is only worth knowing."""
    found: list[Finding] = []
    for place, find in enumerate(_FINDERS):
        seen.watch.tell(place / len(_FINDERS))
        found += find(seen)
    seen.watch.tell(1.0)
    return tuple(sorted(found, key=lambda finding: ("error", "warning", "info").index(finding.severity)))


def _others(
    sources: Sources, spec: DatasetSpec, fields: Mapping[str, Field], main: Parsed, watch: Watch
) -> dict[str, Parsed | WorkbenchError]:
    """The validation and test files by path, or what is wrong with one."""
    found: dict[str, Parsed | WorkbenchError] = {}
    for path, table in sources.others.items():
        if isinstance(table, WorkbenchError):
            found[path] = table
        else:
            found[path] = parse(table, spec.columns, fields, path, like=main, watch=watch)
    return found


def _lengths(columns: Sequence[Sequence[Value]], wide: bool, watch: Watch) -> array[int]:
    if len(columns) == 1:
        return array("L", (length_of(str(text), wide) for text in watch.over(columns[0])))
    rows = watch.over(zip(*columns, strict=True))
    return array("L", (sum(length_of(str(text), wide) for text in texts) for texts in rows))


def _summarize(numbers: Sequence[float], watch: Watch) -> NumberSummary:
    count = len(numbers)
    mean = math.fsum(number / count for number in watch.over(numbers))
    # Divided by the largest distance first, so that huge numbers do not overflow when they are squared.
    reach = max(max(number - mean, mean - number) for number in watch.over(numbers)) or 1.0
    spread = reach * math.sqrt(math.fsum(((number - mean) / reach) ** 2 for number in watch.over(numbers)) / count)
    return NumberSummary(
        minimum=min(numbers),
        maximum=max(numbers),
        mean=mean,
        spread=spread,
        histogram=histogram(_counts(numbers, watch), whole=False, watch=watch),
    )


def histogram(
    counts: Mapping[float, int] | Mapping[int, int],
    *,
    whole: bool,
    unit: Literal["words", "characters", ""] = "",
    watch: Watch = UNWATCHED,
) -> Histogram:
    """At most 20 equal bins over `counts` ({value: how often}); a long tail of the top 1 % goes into the last one."""
    if not counts:
        return Histogram(edges=(0.0, 1.0), counts=(0,), unit=unit)
    low, high = (0.0 if whole else float(min(counts))), float(max(counts))
    top = float(_quantile(sorted(counts), counts, 0.99)) if whole else high
    size = (top - low) / _BINS
    if whole:
        size = float(max(1, math.ceil(size)))
    if not size or not math.isfinite(size):
        return Histogram(edges=(low, high if high > low else low + 1.0), counts=(sum(counts.values()),), unit=unit)
    bins = max(1, min(_BINS, math.ceil((top - low) / size))) if whole else _BINS
    filled = [0] * bins
    for value, count in watch.over(counts.items()):
        filled[min(bins - 1, int((value - low) / size))] += count
    edges = [low + size * place for place in range(bins)] + [max(high, low + size * bins)]
    return Histogram(edges=tuple(edges), counts=tuple(filled), unit=unit)


def _quantile(values: Iterable[float], counts: Mapping[float, int] | Mapping[int, int], share: float) -> float:
    left = share * sum(counts.values())
    last = 0.0
    for value in values:
        last = value
        left -= counts[value]  # type: ignore[index]
        if left <= 0:
            break
    return last
