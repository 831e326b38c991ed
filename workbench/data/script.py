"""Script: which letters a column is mostly written in, so that a model that reads them can be chosen."""

from __future__ import annotations

import re

from workbench.data.preview import Preview

_WIDE = re.compile(
    r"[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)
_LETTER = re.compile(r"[^\W\d_]")
_CELLS = 500
_CHARACTERS = 500


def mostly_wide(preview: Preview, column: str) -> bool:
    """Whether more than half of the letters in this column's sample are Chinese, Japanese or Korean.

    About 500 cells from all over the sample are looked at. Digits, signs and punctuation do not count. A column that
    is not there, or that holds no letters, is not wide.
    """
    cells = preview.sample.cells.get(column, [])
    wide = letters = 0
    for cell in cells[:: max(1, len(cells) // _CELLS)]:
        start = cell[:_CHARACTERS]
        wide += len(_WIDE.findall(start))
        letters += len(_LETTER.findall(start))
    return wide > 0.5 * letters
