"""How a delimited text is laid out: delimiter, quotation mark, lines before the table, header.

Candidates are tried on the beginning of the text and scored by how many rows have the same number of cells.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.core.plan import Reading
from workbench.data.headers import knows_all, looks_like_header

NO_DELIMITER = ""
"""`Reading.delimiter` of a file with one column: the whole line is one cell."""

NO_QUOTE = ""
"""`Reading.quote` of a file whose quotation marks are part of the text."""

DELIMITERS: dict[str, float] = {
    ",": 1.0,
    "\t": 1.0,
    ";": 0.99,
    "|": 0.98,
    "\x1f": 0.97,
    "\x01": 0.97,
    "^": 0.8,
    "~": 0.8,
}
"""The delimiters that are tried, and how likely each is beforehand."""

_NEVER = "\x1e"
_MOST_PREAMBLE = 20
_SAMPLE_ROWS = 400
_FEW_ROWS = 10
_ALIKE = 0.6


class Dialect(Struct, frozen=True):
    """`escape` stands before a mark that is part of the text; `spaces` after a delimiter do not count."""

    delimiter: str
    quote: str
    escape: str = ""
    spaces: bool = False


class Layout(Struct, frozen=True, kw_only=True):
    """`skip` lines come before the table, whose rows have `width` cells. `names` is the header's row, if it has one."""

    dialect: Dialect
    header: bool
    skip: int
    width: int
    names: tuple[str, ...]
    confidence: float


class Rows(Protocol):
    """Python's csv reader: rows of cells, and the number of lines they took so far."""

    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


class _Trial(Struct, frozen=True, kw_only=True):
    dialect: Dialect
    width: int
    share: float
    score: float


def require_marks(reading: Reading) -> Reading:
    """`reading` with its delimiter and quotation mark as single characters. Raises WorkbenchError if they cannot be."""
    delimiter = "\t" if reading.delimiter in ("\\t", "tab") else reading.delimiter
    for name, mark in (("delimiter", delimiter), ("quote", reading.quote)):
        if mark and (len(mark) > 1 or mark in "\r\n\udcff\x1e"):
            raise _no_mark(name, mark)
    if reading.quote and delimiter in (reading.quote, "\\"):
        raise _no_mark("delimiter", reading.quote)
    return replace(reading, delimiter=delimiter)


def _no_mark(name: str, mark: str) -> WorkbenchError:
    return WorkbenchError(
        Problem(
            code="D07",
            where=tr("Delimiter") if name == "delimiter" else tr("Quotation mark"),
            what=tr("“{mark}” cannot be used here.", mark=mark[:20]),
            remedy=tr("Use a single character, and not the same one for both."),
            field=name,
        )
    )


def split_lines(text: str) -> list[str]:
    r"""`text` cut after \n, \r and \r\n, which stay: the only line ends that a delimited text knows."""
    return list(io.StringIO(text, newline=""))


def rows_of(lines: Iterable[str], dialect: Dialect, *, strict: bool = False) -> Rows:
    """Python's own reader over `lines`. Raises csv.Error while iterating, if `strict`."""
    return csv.reader(
        lines,
        delimiter=dialect.delimiter or _NEVER,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or None,
        skipinitialspace=dialect.spaces,
        strict=strict,
    )


def is_blank(row: Sequence[str]) -> bool:
    """Whether `row` is an empty line and no row at all."""
    return not row or (len(row) == 1 and not row[0].strip())


def detect_layout(text: str, reading: Reading, *, complete: bool) -> Layout:
    """The layout of `text`, the beginning of a file (or all of it, if `complete`); what `reading` says is kept."""
    lines = split_lines(text)
    if not complete and len(lines) > 1:
        lines = lines[:-1]
    skip, announced = _announced_delimiter(lines)
    given = reading.delimiter if reading.delimiter is not None else announced
    best = _best_trial(lines[skip:], given, reading.quote)
    skip += _preamble(lines[skip:], best)
    rows, starts = _sample_rows(lines[skip:], best.dialect)
    header = reading.header if reading.header is not None else looks_like_header(rows)
    if skip and reading.header is None:
        late = next((place for place, row in enumerate(rows[:_FEW_ROWS]) if knows_all(row)), 0)
        if late:
            skip, rows, header = skip + starts[late], rows[late:], True
    names, width = _names_and_width(rows, header, best.width)
    return Layout(
        dialect=best.dialect,
        header=header,
        skip=skip,
        width=width,
        names=names,
        confidence=1.0 if given is not None else max(0.3, min(1.0, best.share)),
    )


def _announced_delimiter(lines: Sequence[str]) -> tuple[int, str | None]:
    """The delimiter of a first line such as `sep=;`, which Excel writes and reads."""
    match = re.fullmatch(r"\ufeff?\"?sep=([^\r\n])\"?[\r\n]*", lines[0], re.IGNORECASE) if lines else None
    return (1, match.group(1)) if match else (0, None)


def _best_trial(lines: Sequence[str], delimiter: str | None, quote: str | None) -> _Trial:
    text = "".join(lines[:_SAMPLE_ROWS])
    if delimiter is not None:
        trials = _trials(lines, text, delimiter, quote)
    else:
        trials = [trial for mark in DELIMITERS if mark in text for trial in _trials(lines, text, mark, quote)]
        trials = [trial for trial in trials if trial.width > 1 and trial.share >= _ALIKE]
        trials = trials or _trials(lines, text, NO_DELIMITER, quote)
    return max(trials, key=lambda trial: trial.score)


def _trials(lines: Sequence[str], text: str, delimiter: str, quote: str | None) -> list[_Trial]:
    """The ways to read `text` with this delimiter. A rarer way has to do better than a commoner one before it."""
    if quote is not None:
        dialects = [Dialect(delimiter, quote)]
    elif '"' in text:
        dialects = [Dialect(delimiter, '"'), Dialect(delimiter, NO_QUOTE)]
    else:
        dialects = [Dialect(delimiter, '"')]
        if _single_quoted(lines, delimiter):
            dialects.append(Dialect(delimiter, "'"))
    mark = dialects[0].quote
    if mark and delimiter and f"{delimiter} {mark}" in text:
        dialects.append(Dialect(delimiter, mark, spaces=True))
    if mark and "\\" + mark in text:
        dialects.append(Dialect(delimiter, mark, escape="\\"))
    return [_try(lines, dialect, 0.005 * place) for place, dialect in enumerate(dialects)]


def _single_quoted(lines: Sequence[str], delimiter: str) -> bool:
    closing = tuple("'" + end for end in (delimiter, "\n", "\r") if end)
    sample = [line for line in lines[1:_SAMPLE_ROWS] if line.strip()]
    quoted = sum(
        1
        for line in sample
        if (line.startswith("'") or (delimiter and delimiter + "'" in line)) and any(end in line for end in closing)
    )
    return bool(sample) and quoted >= 0.8 * len(sample)


def _try(lines: Sequence[str], dialect: Dialect, handicap: float) -> _Trial:
    widths, errors = _widths(lines, dialect)
    if not widths:
        return _Trial(dialect=dialect, width=1, share=0.0, score=-1.0)
    counts = Counter(widths)
    width = max(counts, key=lambda size: (counts[size], size))
    share = counts[width] / (len(widths) + errors)
    score = share * DELIMITERS.get(dialect.delimiter, 0.5) + min(width, 50) * 1e-4 - handicap
    score -= 0.5 * errors / (len(widths) + errors)
    if widths[0] == width:
        score += 0.01
    elif DELIMITERS.get(dialect.delimiter, 1.0) < 0.9:
        score = share = 0.0
    if dialect.quote == "'":
        score += 0.03
    return _Trial(dialect=dialect, width=width, share=share, score=score)


def _widths(lines: Sequence[str], dialect: Dialect) -> tuple[list[int], int]:
    """The number of cells of each row, and how many lines could not be read with this quotation mark."""
    widths: list[int] = []
    errors = position = 0
    while position < len(lines) and len(widths) < _SAMPLE_ROWS and errors < _SAMPLE_ROWS // 4:
        reader = rows_of(lines[position:] if position else lines, dialect, strict=True)
        taken = 0
        try:
            for row in reader:
                taken = reader.line_num
                if not is_blank(row):
                    widths.append(len(row))
                    if len(widths) >= _SAMPLE_ROWS:
                        break
            break
        except csv.Error:
            errors += 1
            if position + reader.line_num >= len(lines) and len(widths) >= _FEW_ROWS:
                break  # a quotation that goes on behind the sample
            position += taken + 1
    return widths, errors


def _preamble(lines: Sequence[str], trial: _Trial) -> int:
    """How many lines come before the table: titles and blank lines, with a single cell where a row has more."""
    if trial.width < 2 or trial.share < _ALIKE:
        return 0
    narrow = False
    for count, line in enumerate(lines[:_MOST_PREAMBLE]):
        if not line.strip():
            continue
        cells = next(iter(rows_of([line], trial.dialect)), [])
        filled = sum(1 for cell in cells if cell.strip())
        opens = bool(trial.dialect.quote) and line.count(trial.dialect.quote) % 2 == 1
        if opens or not (len(cells) == 1 or (trial.width >= 4 and filled <= 1)):
            return count if narrow else 0
        narrow = True
    return 0


def _sample_rows(lines: Sequence[str], dialect: Dialect) -> tuple[list[list[str]], list[int]]:
    """The first rows, and how many lines come before each of them."""
    rows: list[list[str]] = []
    starts: list[int] = []
    reader = rows_of(lines, dialect)
    before = 0
    try:
        for row in reader:
            if not is_blank(row):
                rows.append(row)
                starts.append(before)
            before = reader.line_num
            if len(rows) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # a cell beyond every limit: what came before it is enough
    return rows, starts


def _names_and_width(rows: Sequence[Sequence[str]], header: bool, mode: int) -> tuple[tuple[str, ...], int]:
    """The header's names and the width of the table, where the header is wider or narrower than the rows."""
    if not header or not rows:
        return (), mode
    names, body = tuple(rows[0]), rows[1:]
    while len(names) > mode and not names[-1].strip() and body:
        names = names[:-1]
    alike = [row for row in body if len(row) == mode]
    if len(body) >= 3 and len(names) == mode - 1 and len(alike) >= 0.9 * len(body):
        if sum(1 for row in alike if not row[-1].strip()) >= 0.9 * len(alike):
            return names, len(names)  # every row ends in a delimiter, the header does not
        numbered = len({row[0] for row in alike}) >= 0.99 * len(alike)
        return (("", *names) if numbered else (*names, "")), mode
    return names, len(names)
