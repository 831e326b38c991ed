"""Rows cut into tokens per second, beside `datasets.map`, interleaved, on the same rows with the same tokenizer.

    python -m benchmarks.tokenizing [--rows N] [--rounds N]

Four ways: counting, as the dataset panel does it (`studio.token_lengths` after the file is read); encoding, as a run
does it (`tasks/_tokens.py`); `datasets.map` with its defaults, one row a call; and `datasets.map(batched=True)`. The
last two are left out where the library `datasets` is not installed. The texts have a long tail of lengths (median about
25 words), and are cut at 128 tokens. The order of the ways changes from round to round; medians and ratios count,
absolute figures belong to one machine.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from benchmarks.training_speed import long_tailed
from workbench.core.fields import Example
from workbench.core.plan import ModelSpec
from workbench.engine.task import Learner
from workbench.engine.token_view import count_tokens, pretrained_tokenizer
from workbench.studio import Studio
from workbench.tasks._tokens import encode_texts

LONGEST = 128
COUNT, ENCODE = "counting", "encoding of a run"
MAP, BATCHED = "datasets.map", "datasets.map(batched=True)"


def ways(texts: list[str]) -> dict[str, Callable[[], int]]:
    """{name: what cuts all `texts` and says how many it cut}."""
    loaded = pretrained_tokenizer(ModelSpec(source="offline"), Path())
    rows = [(text,) for text in texts]
    examples = [Example({"text": text}) for text in texts]
    learner = Learner(cast(Any, None), loaded.tokenizer, None, LONGEST)
    found: dict[str, Callable[[], int]] = {
        COUNT: lambda: len(count_tokens(loaded, rows).lengths),
        ENCODE: lambda: sum(1 for _ in encode_texts(learner, examples)),
    }
    if importlib.util.find_spec("datasets") is None:
        print("The library `datasets` is not installed: nothing to compare with.")
        return found
    import datasets

    datasets.disable_progress_bars()
    # Fingerprints are given, so that the library spends no time on hashing the rows, the function and the tokenizer.
    rows_of_the_peer = datasets.table.InMemoryTable.from_pydict({"text": texts})
    table, tokenizer = datasets.Dataset(rows_of_the_peer, fingerprint="rows"), loaded.tokenizer

    def cut(row: dict[str, Any]) -> Any:
        return tokenizer(row["text"], truncation=True, max_length=LONGEST)

    found[MAP] = lambda: len(table.map(cut, new_fingerprint="one", load_from_cache_file=False))
    found[BATCHED] = lambda: len(table.map(cut, batched=True, new_fingerprint="many", load_from_cache_file=False))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(folder, settings_path=Path(folder) / "settings.json")
        sample = studio.read_table(studio.samples()[0].path)
        texts = long_tailed(list(sample.column("message")), arguments.rows)
    tried = ways(texts)
    speeds: dict[str, list[float]] = {name: [] for name in tried}
    names = list(tried)
    for work in tried.values():  # a first time, so that nobody pays for what is set up once
        work()
    for number in range(arguments.rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            began = time.perf_counter()
            assert tried[name]() == len(texts)
            speeds[name].append(len(texts) / (time.perf_counter() - began))
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    for name, speed in medians.items():
        low, high = min(speeds[name]), max(speeds[name])
        print(f"{name:<28} {speed:>10,.0f} rows per second   ({low:,.0f} to {high:,.0f})")
    for ours in (COUNT, ENCODE):
        for other in (MAP, BATCHED):
            if other in medians:
                print(f"{ours} : {other} = {medians[ours] / medians[other]:.2f}")


if __name__ == "__main__":
    main()
