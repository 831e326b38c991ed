"""Hostile and damaged files: never anything but a table or a problem in words, and never a long wait."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.data.conftest import Writer
from tests.data.samples import CLASSIFICATION, LANGUAGES, REGRESSION, REVIEWS
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.plan import DatasetSpec, Reading
from workbench.data.dataset import load
from workbench.data.preview import preview
from workbench.data.profile import profile
from workbench.data.readers import read_table
from workbench.data.roles import guess_roles, guess_task

BITS = (b'"', b"\n", b"\r", b",", b";", b"\t", b"\x00", b"\xff", b'""', b"\xef\xbb\xbf", b"\xff\xfe", b"'", b"\\")
BITS += (
    b"\x80",
    b"\xe4",
    b"sep=;\n",
    b"\xf0\x9f\x98\x80",
    b"\x1f",
    b"\x1e",
    b"\xed\xa0\x80",
    b"nan",
    b"1e999",
    b"\x1b$B",
)
READINGS = [Reading()] * 6 + [
    Reading(encoding="utf-16"),
    Reading(encoding="utf-32"),
    Reading(encoding="iso2022_jp"),
    Reading(encoding="gb18030", delimiter=""),
    Reading(delimiter="x", quote=""),
    Reading(header=False, quote="'"),
    Reading(header=True, delimiter=" "),
]


def seeds() -> list[bytes]:
    """Small tables of many kinds to be damaged."""
    made = []
    for language, (text, encodings) in LANGUAGES.items():
        for encoding in ("utf-8", "utf-16", encodings[0]):
            rows = "".join(f'"{text[place : place + 30]}",{language[: 1 + place % 3]}\r\n' for place in range(12))
            made.append(f"text,label\r\n{rows}".encode(encoding, "ignore"))
    numbers = "".join(f"{place};{REVIEWS[place % 8]};{place / 3:.2f}\n" for place in range(30))
    made.append(f"id;text;score\n{numbers}".encode())
    made.append("".join(f"{REVIEWS[place % 8]}\t{place % 2}\n" for place in range(30)).encode())
    return made


def damaged(content: bytes, chance: random.Random) -> bytes:
    result = bytearray(content)
    for _ in range(chance.choice((1, 2, 5, 20, 60))):
        place = chance.randrange(len(result) + 1)
        kind = chance.random()
        if kind < 0.3 and result:
            result[place % len(result)] = chance.randrange(256)
        elif kind < 0.6:
            result[place:place] = chance.choice(BITS)
        elif kind < 0.8:
            del result[place : place + chance.randrange(30)]
        else:
            result[place:place] = bytes(result[place : place + chance.randrange(50)]) * chance.randrange(3)
    return bytes(result)


def try_everything(path: Path, reading: Reading) -> None:
    """Read, guess, profile and load the file at `path`; what must always hold is checked on the way."""
    seen = preview(path, reading)
    table = read_table(path, reading)
    assert len(table) + len(table.skipped) == table.total == seen.total_rows
    assert len(set(table.columns)) == len(table.columns)
    assert read_table(path, seen.reading).cells == table.cells
    fields = CLASSIFICATION if guess_task(seen) == "text-classification" else REGRESSION
    spec = DatasetSpec(path=str(path), columns=guess_roles(seen, fields).columns, reading=seen.reading)
    found = profile(spec, fields)
    assert found.read + len(found.skipped) == found.rows
    dataset = load(spec, fields, seed=1)
    assert len(dataset.train) + len(dataset.validation) + len(dataset.skipped) == dataset.rows


def campaign(path: Path, seed: int, count: int) -> None:
    chance = random.Random(seed)
    known = seeds()
    through = 0
    for _ in range(count):
        content = damaged(chance.choice(known), chance) if chance.random() < 0.95 else chance.randbytes(500)
        path.write_bytes(content)
        started = time.monotonic()
        refused: tuple[Problem, ...] = ()
        try:
            try_everything(path, chance.choice(READINGS))
            through += 1
        except WorkbenchError as error:
            refused = error.problems
        assert all(problem.what for problem in refused)
        assert time.monotonic() - started < 5
    assert through > count // 20


def test_that_damaged_files_never_surprise(tmp_path: Path) -> None:
    campaign(tmp_path / "damaged.csv", seed=1, count=1000)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_that_very_many_damaged_files_never_surprise(tmp_path: Path) -> None:
    campaign(tmp_path / "damaged.csv", seed=2, count=100_000)


def test_that_every_line_opening_a_quotation_takes_no_longer_than_others(write: Writer) -> None:
    path = write("text,label\n" + 'x",y,"z\n' * 200_000)
    started = time.monotonic()
    table = read_table(path, Reading(delimiter=",", quote='"'))
    assert time.monotonic() - started < 30
    assert len(table) + len(table.skipped) == table.total


@pytest.mark.parametrize("opening", ['"never closed,good', '"closed" early,"never closed', 'x,"'])
def test_that_a_quotation_open_to_the_end_of_a_large_file_costs_one_row(write: Writer, opening: str) -> None:
    rows = "".join(f"{REVIEWS[place % 8]},good\n" for place in range(120_000))
    table = read_table(
        write(f"text,label\n{rows[: rows.index(REVIEWS[5])]}{opening}\n{rows}"), Reading(delimiter=",", quote='"')
    )
    assert len(table.skipped) == 1
    assert len(table) + 1 == table.total > 120_000


def test_that_a_line_without_end_takes_no_memory(write: Writer) -> None:
    import tracemalloc

    path = write(b"text,label\nfine,good\n" + b"x" * 60_000_000 + b",bad\nfine,good\n")
    tracemalloc.start()
    table = read_table(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000
    assert (len(table), [row.row for row in table.skipped]) == (2, [2])


def test_that_ten_thousand_columns_are_previewed_at_once(write: Writer) -> None:
    names = ",".join(["text", "label", *(f"feature {place}" for place in range(9_998))])
    row = ",".join(["0.5"] * 9_998)
    path = write(names + "\n" + "".join(f"{REVIEWS[place % 8]},{'ab'[place % 2]},{row}\n" for place in range(60)))
    started = time.monotonic()
    seen = preview(path)
    guess = guess_roles(seen, CLASSIFICATION)
    assert time.monotonic() - started < 3
    assert guess.columns == {"text": "text", "label": "label"}
    assert len(seen.columns) == 10_000
