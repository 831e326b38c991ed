"""Whether the first row of a table names the columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.core.fields import NUMBER, FieldError
from workbench.data.numbers import Marks

_KNOWN = """
    id index idx text texts sentence sentences review reviews comment comments message messages content body title label
    labels class category target score rating stars sentiment question answer premise hypothesis query document tweet
    topic intent emotion tag tags type name date time url author user value y x v1 v2
    文本 内容 标签 类别 评论 句子 分数 评分 情感 标题 分类 问题 答案 正文 序号 编号
"""
_NAMES = frozenset(_KNOWN.split())
_IDENTIFIER = re.compile(r"[^\W\d][\w .\-/()#]{0,39}")


def knows_all(row: Sequence[str]) -> bool:
    """Whether every cell of `row` is a well-known name of a column."""
    return len(row) > 1 and all(_is_known(cell) for cell in row)


def _is_known(cell: str) -> bool:
    return re.split(r"[\s_\d]", cell.strip(" \ufeff").casefold())[0] in _NAMES


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of `rows` names the columns: names are short, do not repeat and differ from what is below."""
    if not rows:
        return False
    first = [cell.strip().strip("\ufeff") for cell in rows[0]]
    columns = list(zip(*(row for row in rows[1:] if len(row) == len(first)), strict=True)) or [() for _ in first]
    below = [[cell.strip() for cell in column] for column in columns]
    if len(first) > 1 and first == [str(index) for index in range(len(first))]:
        return any(column and not _mostly_numbers(column) for column in below)
    known = sum(1 for cell in first if _is_known(cell))
    evidence = 2.0 * known / len(first) * min(2.0, float(known))
    evidence += sum(_evidence(cell, column) for cell, column in zip(first, below, strict=True))
    return evidence > 0


def _evidence(cell: str, below: Sequence[str]) -> float:
    """Above 0 if `cell` looks like the name of the column `below`, under 0 if like one of its values."""
    if not cell:
        return 0.0
    if _is_number(cell):
        return -2.0
    if below and _mostly_numbers(below):
        return 2.0
    distinct = len(set(below))
    same = sum(1 for value in below if value == cell)
    if same:
        return -3.0 if distinct < len(below) or same > 1 else -1.0
    if len(below) >= 10 and distinct <= max(2, len(below) // 10):
        return 2.5  # the cells below repeat again and again, this one never comes back
    evidence = 0.5 if _IDENTIFIER.fullmatch(cell) else -0.5
    if len(cell.split()) > 4 or len(cell) > 60 or cell[-1] in ".!?。！？":
        evidence -= 1.5
    typical = sorted(map(len, below))[len(below) // 2] if below else 0
    if typical > 20 and len(cell) < 0.4 * typical:
        evidence += 0.7
    return evidence


def _mostly_numbers(column: Sequence[str]) -> bool:
    return sum(1 for value in column if _is_number(value)) >= 0.7 * len(column)


def _is_number(cell: str) -> bool:
    try:
        NUMBER.parse(Marks().plain(cell))
    except FieldError:
        return False
    return True
