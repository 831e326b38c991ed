"""Codes: each problem of this room has one of its own, so that it can be named and looked up."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import workbench.data

ROOM = Path(workbench.data.__file__).parent


def codes_of(source: str) -> Iterator[str]:
    """Every code given where a problem is made, and every code that has a name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[A-Z]\d\d", node.value):
            yield node.value


def test_that_no_code_has_two_meanings() -> None:
    counts = Counter(code for path in sorted(ROOM.rglob("*.py")) for code in codes_of(path.read_text(encoding="utf-8")))
    assert len(counts) >= 20
    assert {code for code, count in counts.items() if count > 1} == set()
    assert all("D01" <= code <= "D99" for code in counts)
