"""Progress: told all the way, never backwards, and whoever raises in it stops the work."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data.samples import CLASSIFICATION, REGRESSION, sentences
from workbench.core.plan import DatasetSpec
from workbench.data import profile as profiling
from workbench.data.dataset import load
from workbench.data.files import sha256_of
from workbench.data.profile import profile
from workbench.data.readers import read_table
from workbench.data.split import shuffled
from workbench.data.table import Progress
from workbench.data.watching import UNWATCHED, Watch

Work = Callable[[Path, Progress], object]


class StopWorkError(Exception):
    """What a caller raises to stop."""


def _spec(path: Path, target: str) -> DatasetSpec:
    return DatasetSpec(path=str(path), columns={"text": "text", target: target}, validation_path="")


WORK: dict[str, Work] = {
    "read_table": lambda path, progress: read_table(path, progress=progress),
    "load of labels": lambda path, progress: load(_spec(path, "label"), CLASSIFICATION, seed=1, progress=progress),
    "load of numbers": lambda path, progress: load(_spec(path, "number"), REGRESSION, seed=1, progress=progress),
    "profile of labels": lambda path, progress: profile(_spec(path, "label"), CLASSIFICATION, progress=progress),
    "profile of numbers": lambda path, progress: profile(_spec(path, "number"), REGRESSION, progress=progress),
}


def write_rows(path: Path, rows: int) -> Path:
    texts, chance = sentences(1000), random.Random(0)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("text,label,number\n")
        stream.writelines(
            f"{texts[row % 1000]} {row},{'abc'[row % 3]},{1000 * chance.random():.2f}\n" for row in range(rows)
        )
    return path


@pytest.fixture(scope="module")
def some_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("progress") / "rows.csv", 30_000)


@pytest.mark.parametrize("name", WORK)
def test_that_progress_is_told_from_beginning_to_end(some_rows: Path, name: str) -> None:
    told: list[float] = []
    WORK[name](some_rows, told.append)
    assert told == sorted(told)
    assert told[0] <= 0.01
    assert 0.95 <= told[-1] <= 1.0


@pytest.mark.parametrize("name", WORK)
def test_that_whoever_raises_in_progress_stops_the_work_at_any_point(some_rows: Path, name: str) -> None:
    told: list[float] = []
    WORK[name](some_rows, told.append)
    for place in {int(len(told) * share) for share in (0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)}:
        heard = 0

        def progress(share: float, last: int = place) -> None:
            nonlocal heard
            heard += 1
            if heard > last // 2:  # fewer are told where the machine is quicker
                raise StopWorkError

        with pytest.raises(StopWorkError):
            WORK[name](some_rows, progress)
        assert heard == place // 2 + 1


@pytest.mark.parametrize("stage", ["hashing", "reading", "parsing", "splitting"])
def test_that_every_stage_of_loading_can_be_stopped(some_rows: Path, stage: str) -> None:
    begins = {"hashing": 0.0, "reading": 0.1, "parsing": 0.5, "splitting": 0.7}[stage]
    seen: list[float] = []

    def progress(share: float) -> None:
        seen.append(share)
        if share >= begins:
            raise StopWorkError

    with pytest.raises(StopWorkError):
        load(_spec(some_rows, "label"), CLASSIFICATION, seed=1, progress=progress)
    assert seen[-1] < begins + 0.45


def test_that_findings_can_be_stopped(some_rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []

    def finder(seen: profiling.Seen) -> list[profiling.Finding]:
        looked.append(sum(1 for _ in seen.watch.over(range(10))))
        return []

    monkeypatch.setattr(profiling, "_FINDERS", (finder,))

    def progress(share: float) -> None:
        if share >= 0.7 and looked:
            raise StopWorkError

    monkeypatch.setattr(profiling, "_FINDERS", (finder, finder))
    with pytest.raises(StopWorkError):
        profile(_spec(some_rows, "label"), CLASSIFICATION, progress=progress)
    assert looked == [10]


def test_that_hashing_tells_the_share_of_all_files(tmp_path: Path) -> None:
    paths = [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        path.write_bytes(bytes(3 << 20))
    told: list[float] = []
    assert sha256_of(paths, told.append) == hashlib.sha256(bytes(6 << 20)).hexdigest()
    assert told == pytest.approx([place / 6 for place in range(1, 7)])


def test_that_a_watched_sort_and_shuffle_are_those_of_python() -> None:
    chance = random.Random(3)
    values = [(chance.randrange(500), place) for place in range(50_000)]
    assert Watch(lambda share: None).ordered(values, key=lambda value: value[0]) == sorted(values, key=lambda v: v[0])
    expected = list(range(5000))
    random.Random(7).shuffle(expected)
    assert shuffled(5000, 7, UNWATCHED) == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", WORK)
def test_that_a_million_rows_can_be_left_at_once(tmp_path: Path, name: str) -> None:
    path = write_rows(tmp_path / "large.csv", 1_000_000)
    gaps: list[float] = []
    last = time.perf_counter()

    def progress(share: float) -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append(now - last)
        last = now

    WORK[name](path, progress)
    gaps.sort()
    assert gaps[-3] < 0.2
    assert gaps[int(0.99 * len(gaps))] < 0.1
