"""Decoding with a mark: bytes that an encoding does not know are kept visible, so that their rows can be listed."""

from __future__ import annotations

import codecs

MARK = "\udcff"
"""Stands for each run of bytes that the encoding cannot decode. No encoding yields it, so no real text holds it."""

MARK_ERRORS = "workbench.mark"
"""The name of the error handler that writes `MARK`."""


def _mark(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return MARK, error.end
    raise error


codecs.register_error(MARK_ERRORS, _mark)
