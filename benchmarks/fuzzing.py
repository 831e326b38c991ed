"""Mutated files: nothing that a file may hold ends in anything but a table or a clear error, and none takes long.

    python -m benchmarks.fuzzing FOLDER [FOLDER ...] [--inputs N] [--seed N]

The seeds are the files of the folders (those below a megabyte) and small ones of every format that are made here. Each
input is a seed with one to eight mutations: bytes flipped, put in, taken out, doubled, pieces of other seeds, the end
cut off. It is previewed and read whole in a process that is watched from outside, so that a crash of a library, a hang
and a flood of memory are seen too. Printed: how many became a table, how many an error that explains itself, and what
was neither; the slowest and the time of the slowest.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import queue
import random
import tempfile
import time
from collections import Counter
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any, NamedTuple

LARGEST, SLOW, SILENT = 1 << 20, 5.0, 30.0
SMALL: tuple[bytes, ...] = (
    b'text,label\ngood food,pos\n"bad, cold",neg\n',
    "text;label\nsch\u00f6n;gut\nschlecht;b\u00f6se\n".encode("cp1252"),
    "\u6587\u672c\t\u6807\u7b7e\n\u597d\u5403\t\u6b63\n\u96be\u5403\t\u8d1f\n".encode("gb18030"),
    "text,label\na,b\n".encode("utf-16"),
    b'{"text": "good", "label": 1}\n{"text": "bad", "label": 0, "more": {"a": [1, 2]}}\n',
    b'[{"text": "good", "label": "a"}, {"text": "bad", "label": "b"}]',
    b"EU B-ORG\nrejects O\nGerman B-MISC\n\nPeter B-PER\nsleeps O\n",
)


class Outcome(NamedTuple):
    """What became of input `number`: "table", "error", or a name that should not be; and the seconds it took."""

    number: int
    kind: str
    seconds: float
    detail: str = ""


def seeds_of(folders: list[Path]) -> list[tuple[str, bytes]]:
    """(suffix, bytes) of every seed."""
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    small = [path for path in files if 0 < path.stat().st_size < LARGEST]
    return [(".csv", seed) for seed in SMALL] + [(path.suffix, path.read_bytes()) for path in small]


def mutated(number: int, seed: int, seeds: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Input `number`: the same for the same seed and seeds."""
    chance = random.Random(f"{seed}-{number}")
    suffix, content = chance.choice(seeds)
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        length = min(chance.choice((1, 1, 2, 4, 16, 200)), len(data) - at)
        way = chance.randrange(6)
        if way == 0 and length:
            data[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            data[at:at] = chance.choice((b"\0", b'"', b"\n", b"\r", b",", b"\t", b"\xff\xfe", b"{", b"]", b"\x80"))
        elif way == 2:
            del data[at : at + length]
        elif way == 3:
            data[at:at] = data[at : at + length] * chance.choice((1, 2, 30))
        elif way == 4:
            other = chance.choice(seeds)[1]
            start = chance.randrange(len(other))
            data[at:at] = other[start : start + length]
        elif len(data) > 8:
            del data[chance.randrange(1, len(data)) :]
    return suffix, bytes(data[:LARGEST])


def read_inputs(numbers: list[int], seed: int, folders: list[Path], told: Queue[Any]) -> None:
    """Read the inputs `numbers`, and tell before and after each one."""
    from workbench.core.errors import WorkbenchError
    from workbench.data.preview import preview
    from workbench.data.readers import read_table

    seeds = seeds_of(folders)
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            suffix, data = mutated(number, seed, seeds)
            path = Path(folder) / f"input{suffix}"
            path.write_bytes(data)
            told.put(number)
            began, kind, detail = time.perf_counter(), "table", ""
            try:
                preview(path)
                table = read_table(path)
                if len(table) + len(table.skipped) != table.total:
                    kind, detail = "rows lost", f"{len(table)} + {len(table.skipped)} of {table.total}"
            except WorkbenchError:
                kind = "error"
            except BaseException as raised:  # a panic of a library is no Exception
                kind, detail = "unhandled", f"{type(raised).__name__}: {raised}"[:300]
            told.put(Outcome(number, kind, time.perf_counter() - began, detail))


def watched(numbers: list[int], seed: int, folders: list[Path]) -> list[Outcome]:
    """The outcomes of all inputs; a process that dies or falls silent is begun anew behind the input it died of."""
    outcomes: list[Outcome] = []
    while numbers:
        told: Queue[Any] = multiprocessing.get_context("spawn").Queue()
        reader = multiprocessing.get_context("spawn").Process(
            target=read_inputs, args=(numbers, seed, folders, told), daemon=True
        )
        reader.start()
        current, done = -1, set[int]()
        while len(done) < len(numbers):
            try:
                word = told.get(timeout=SILENT)
            except queue.Empty:
                kind = "hang" if reader.is_alive() else "crash"
                outcomes.append(Outcome(current, kind, SILENT, f"exit {reader.exitcode}"))
                done.add(current)
                break
            if isinstance(word, Outcome):
                outcomes.append(word)
                done.add(word.number)
            else:
                current = word
        reader.kill()
        numbers = [number for number in numbers if number not in done and number > min(done, default=-1)]
    return outcomes


def main() -> int:
    """Print what became of all inputs. Returns 1 if something was unhandled or slow."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    outcomes = watched(list(range(options.inputs)), options.seed, options.folders)
    counts = Counter(outcome.kind for outcome in outcomes)
    print(", ".join(f"{kind}: {count:,}" for kind, count in counts.most_common()))
    bad = [outcome for outcome in outcomes if outcome.kind not in ("table", "error") or outcome.seconds > SLOW]
    for outcome in bad[:30]:
        print(outcome)
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    print(f"slowest: input {slowest.number}, {slowest.seconds:.2f} s; {len(bad)} unhandled, lost or slow")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
