"""Grids: where the table of a sheet begins, and whether its first row names the columns."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from workbench.data.headers import knows_all, looks_like_header

SAMPLE_ROWS = 400
"""So many rows, without the blank ones, are looked at."""

_MOST_TITLE_ROWS = 20
_FEW_ROWS = 10


class Grid(Struct, frozen=True, kw_only=True):
    """`skip` rows, blank ones not counted, come before the table. `names` is its header's row, if it has one."""

    skip: int
    header: bool
    names: tuple[str, ...]


def detect_grid(rows: Sequence[Sequence[str]], header: bool | None) -> Grid:
    """The layout of a sheet that begins with `rows`, equally wide and none of them blank; `header`, if said, is kept.

    A title block is a run of rows with a single cell where a row has more, or of rows that are half empty before one
    that names nearly every column.
    """
    rows = rows[:SAMPLE_ROWS]
    skip = _title_rows(rows)
    named = header if header is not None else looks_like_header(rows[skip:])
    if skip and header is None:
        late = next((place for place, row in enumerate(rows[skip : skip + _FEW_ROWS]) if knows_all(row)), 0)
        if late:
            skip, named = skip + late, True
    return Grid(skip=skip, header=named, names=tuple(rows[skip]) if named and rows[skip:] else ())


def _title_rows(rows: Sequence[Sequence[str]]) -> int:
    width = len(rows[0]) if rows else 0
    if width < 2:
        return 0
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[: _MOST_TITLE_ROWS + 1]]
    single = next((place for place, count in enumerate(filled) if count > 1), 0)
    if width < 4 and not looks_like_header(rows[single:]):
        single = 0  # a row with an empty cell looks the same
    wide = next((place for place, count in enumerate(filled) if count >= 0.8 * width), 0)
    if wide > single and max(filled[:wide]) <= 0.5 * width and looks_like_header(rows[wide:]):
        return wide
    return single
