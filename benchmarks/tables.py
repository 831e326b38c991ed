"""A million rows: time to the first preview, time to a full profile, and the memory for it, beside other tools.

    python -m benchmarks.tables [--rows N] [--rounds N]

Each tool works in a process of its own on the same CSV (text, label; long-tailed lengths). "Preview" is the first 20
rows as cells. "Profile" is what every tool can say of a table with its own means: rows, empty cells, classes with
counts, a histogram of word counts, and how many texts repeat an earlier one. The workbench's profile finds more in that
time (`workbench check` lists it). pandas, polars and DuckDB are peers, not dependencies: those that are not installed
are left out. Memory is the highest resident size of the process over what it held after its imports.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil

WORDS = (
    *("the", "food", "was", "good", "but", "service", "slow", "price", "fair", "room"),
    *("clean", "staff", "kind", "late", "cold", "warm", "again", "never", "always"),
)


class Figures(NamedTuple):
    """Seconds to the preview and to the profile, and megabytes held at most for it."""

    preview: float
    profile: float
    megabytes: float


def write_rows(path: Path, rows: int) -> None:
    """Texts with log-normal word counts (median 11) in four classes; one in fifty repeats an earlier one."""
    random = np.random.default_rng(0)
    lengths = np.clip(random.lognormal(np.log(11), 0.6, size=rows), 2, 120).astype(int)
    drawn = random.integers(0, len(WORDS), size=int(lengths.sum()))
    kept: list[str] = []
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("text,label\n")
        place = 0
        for number, length in enumerate(lengths):
            text = " ".join(WORDS[word] for word in drawn[place : place + length]) + f" {number}"
            place += length
            if number % 50 == 49:
                text = kept[number % len(kept)]
            elif len(kept) < 1000:
                kept.append(text)
            file.write(f'"{text}",{"abcd"[number % 4]}\n')


def of_workbench(path: Path) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """(preview, profile) of the workbench."""
    from workbench.studio import Studio

    studio = Studio(path.parent / "workspace", settings_path=path.parent / "settings.json")

    def profile() -> Any:
        return studio.profile(studio.draft(path, task="text-classification"))

    return lambda: studio.preview(path), profile


def of_pandas(path: Path) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """(preview, profile) with pandas."""
    import pandas

    def profile() -> Any:
        table = pandas.read_csv(path)
        counts = table["text"].str.split().str.len()
        return (
            len(table),
            table.isna().sum(),
            table["label"].value_counts(),
            np.histogram(counts, 20),
            table["text"].duplicated().sum(),
        )

    return lambda: pandas.read_csv(path, nrows=20), profile


def of_polars(path: Path) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """(preview, profile) with polars."""
    import polars

    def profile() -> Any:
        table = polars.read_csv(path)
        counts = table["text"].str.split(" ").list.len()
        return (
            table.height,
            table.null_count(),
            table["label"].value_counts(),
            counts.hist(bin_count=20),
            table.height - table["text"].n_unique(),
        )

    return lambda: polars.read_csv(path, n_rows=20), profile


def of_duckdb(path: Path) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """(preview, profile) with DuckDB."""
    import duckdb

    source = f"read_csv('{path}')"

    def profile() -> Any:
        connection = duckdb.connect()
        connection.execute(f"create table rows as select * from {source}")
        words = "len(string_split(text, ' '))"
        return [
            connection.execute(query).fetchall()
            for query in (
                "select count(*), count(*) - count(text), count(*) - count(label) from rows",
                "select label, count(*) from rows group by label",
                f"select {words} // 5, count(*) from rows group by 1",
                "select count(*) - count(distinct text) from rows",
            )
        ]

    return lambda: duckdb.sql(f"select * from {source} limit 20").fetchall(), profile


TOOLS = {"workbench": of_workbench, "pandas": of_pandas, "polars": of_polars, "duckdb": of_duckdb}


def measured_here(tool: str, path: Path) -> Figures:
    """Figures of one tool in this process. The tool's own imports are made before."""
    process, highest, done = psutil.Process(), 0, threading.Event()
    preview, profile = TOOLS[tool](path)
    before = process.memory_info().rss

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.01):
            highest = max(highest, process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    began = time.perf_counter()
    preview()
    seen = time.perf_counter()
    profile()
    ended = time.perf_counter()
    done.set()
    watcher.join()
    return Figures(seen - began, ended - seen, (highest - before) / 1e6)


def measured(tool: str, path: Path) -> Figures:
    """Figures of one tool in a process of its own."""
    command = (sys.executable, "-m", "benchmarks.tables", "--only", tool, "--path", str(path))
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    return Figures(*map(float, said.split()))


def main() -> None:
    """Print a line for each tool: medians over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=tuple(TOOLS), help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(*measured_here(options.only, options.path))
        return
    there = [tool for tool in TOOLS if importlib.util.find_spec(tool) is not None]
    found: dict[str, list[Figures]] = {tool: [] for tool in there}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        write_rows(path, options.rows)
        print(f"{options.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
        for _ in range(options.rounds):
            for tool in there:
                found[tool].append(measured(tool, path))
    print(f"{'tool':10} {'preview':>9} {'profile':>9} {'memory':>9}")
    for tool, figures in found.items():
        preview, profile, megabytes = (statistics.median(part) for part in zip(*figures, strict=True))
        print(f"{tool:10} {preview:7.3f} s {profile:7.2f} s {megabytes:6.0f} MB")


if __name__ == "__main__":
    main()
