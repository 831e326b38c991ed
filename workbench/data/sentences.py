"""Files with one word a line and its tags beside it, sentences apart by blank lines: CoNLL, BIO, CoNLL-U."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from workbench.data.dialects import split_lines

_MOST_COLUMNS = 12
_BREAK = "-DOCSTART-"
_IN_PARTS = re.compile(r"O|[BIESLUMW]|[BIESLUMW][-_]\S+|\S+[-_][BIESLUMW]")
_BEGIN = re.compile(r"[BSUM]([-_]\S+)?|\S+[-_][BSUM]")
_NUMBER = re.compile(r"\d+([-.]\d+)?")
_UNIVERSAL = ("id", "tokens", "lemma", "tags", "xpos", "feats", "head", "deprel", "deps", "misc")
_SAMPLE_LINES = 3000
_SAMPLE_TEXT = 200_000
_SHORT_TAG = 12


class Words(NamedTuple):
    """How the lines are laid out: `separator` ("" for any spaces), `width` cells, and the columns that become `names`.

    `names` maps a column's name to the place of its cells; "tokens" are the words. In `universal` files (CoNLL-U),
    lines for parts of words and for words that are not written are left out.
    """

    separator: str
    width: int
    names: dict[str, int]
    universal: bool = False


class Sentence(NamedTuple):
    """The cells of each word's line, the first of them on `line`; else the `wrong` line, which has `found` cells."""

    line: int
    words: list[list[str]]
    wrong: int = 0
    found: int = 0


def words_in(text: str) -> tuple[Words, float] | None:
    """How the words at the beginning of a file are laid out, and how sure (0 to 1) that is; None for another file."""
    lines = split_lines(text[:_SAMPLE_TEXT])[:_SAMPLE_LINES]
    separator = (
        "\t" if 2 * sum("\t" in line.rstrip() for line in lines) > sum(bool(line.strip()) for line in lines) else ""
    )
    blocks = list(_blocks(line.strip("\r\n") for line in lines))
    rows = [cells_of(line, separator) for block in blocks for _, line in block if not line.startswith("#")]
    widths = Counter(map(len, rows))
    if not rows or not widths:
        return None
    width = widths.most_common(1)[0][0]
    if not 2 <= width <= _MOST_COLUMNS or widths[width] < 0.9 * len(rows):
        return None
    whole = [row for row in rows if len(row) == width]
    counted = _counted(blocks, separator, width)
    sure = _sureness(text, blocks, whole, separator, width, counted)
    if not sure:
        return None
    universal = width == 10 and separator == "\t" and counted
    return Words(separator, width, _names(width, universal, counted), universal), sure


def _sureness(
    text: str, blocks: Sequence[Sequence[object]], rows: list[list[str]], separator: str, width: int, counted: bool
) -> float:
    """How sure it is that words with tags are meant. A table with blank lines in it is not."""
    apart = len(blocks) > 1 or text.startswith(_BREAK)
    last = [row[-1] for row in rows]
    parts = sum(1 for tag in last if _IN_PARTS.fullmatch(tag))
    named = any(len(tag) > 1 for tag in last if _BEGIN.fullmatch(tag)) or "O" in last
    if apart and named and parts >= 0.95 * len(last) and any(len(block) > 1 for block in blocks):
        return 0.95
    if counted and width == 10 and separator == "\t":
        return 0.95
    spaced = sum(1 for row in rows if any(" " in cell or not cell for cell in row))
    tags = set(last)
    alike = len(blocks) >= 3 and len(rows) >= 3 * len(blocks) and spaced <= 0.02 * len(rows)
    short = all(0 < len(tag) <= _SHORT_TAG for tag in tags) and not any(tag.strip("-+.,").isdigit() for tag in tags)
    if separator == "\t" and alike and short and len(tags) <= max(5, len(rows) // 4) and len(set(map(len, blocks))) > 1:
        return 0.8
    return 0.0


def _names(width: int, universal: bool, counted: bool) -> dict[str, int]:
    if universal:
        return {name: place for place, name in enumerate(_UNIVERSAL) if name != "id"}
    first = 1 if counted and width > 2 else 0
    middle = {f"column {place + 1}": place for place in range(first + 1, width - 1)}
    return {"tokens": first, **middle, "tags": width - 1}


def _counted(blocks: Sequence[Sequence[tuple[int, str]]], separator: str, width: int) -> bool:
    """Whether the first cells of each sentence count its words."""
    right = 0
    for block in blocks[:100]:
        rows = [cells_of(line, separator) for _, line in block if not line.startswith("#")]
        numbers = [row[0] for row in rows if len(row) == width]
        right += bool(numbers) and numbers[0].split("-")[0] == "1" and all(map(_NUMBER.fullmatch, numbers))
    return width > 2 and right >= 0.9 * min(100, len(blocks)) and right > 0


def cells_of(line: str, separator: str) -> list[str]:
    """The cells of a word's line; separators at its end make no cell of their own."""
    return line.rstrip("\t ").split(separator) if separator else line.split()


def _blocks(lines: Iterable[str]) -> Iterator[list[tuple[int, str]]]:
    """Lines with their numbers between those that are blank; the breaks between documents are blank too."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith(_BREAK):
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def sentences(lines: Iterable[str], words: Words, most: int) -> Iterator[Sentence]:
    """The sentences in `lines`, one after the other. Of a sentence of more than `most` characters, the rest is dropped.

    A line that begins with "#" and is no word with its tags is a comment.
    """
    start = wrong = found = size = 0
    rows: list[list[str]] = []
    for number, line in enumerate(lines, start=1):
        line = line.strip("\r\n")
        if not line.strip() or line.startswith(_BREAK):
            if start:
                yield Sentence(start, rows, wrong, found)
            start = wrong = found = size = 0
            rows = []
            continue
        cells = cells_of(line, words.separator)
        if line.startswith("#") and (len(cells) != words.width or words.universal):
            continue
        start = start or number
        if len(cells) != words.width:
            wrong, found = wrong or number, found or len(cells)
        elif size <= most and not (words.universal and not cells[0].isdigit()):
            rows.append(cells)
            size += len(line)
    if start:
        yield Sentence(start, rows, wrong, found)
