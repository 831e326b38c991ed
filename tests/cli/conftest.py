"""The terminal as people use it: `workbench ...` in this process, with what it says caught."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.main import main
from workbench.core.language import set_language

WORDS = {
    "good": ("a lovely quiet room", "great food and kind people", "we will come back", "wonderful view, fair price"),
    "bad": ("a dirty noisy room", "cold food and rude people", "never again", "terrible view, far too dear"),
}
# Small enough for a second of training, large enough to learn something.
TINY = ("--model", "scratch", "--layers", "1", "--hidden-size", "16", "--heads", "2", "--vocabulary", "200")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout as one JSON value."""
        return json.loads(self.out)


Workbench = Callable[..., Said]


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "120")
    yield
    set_language("en")


@pytest.fixture
def windows() -> list[object]:
    """What was handed to the window, once for each time that it was opened."""
    return []


@pytest.fixture
def workbench(capsys: pytest.CaptureFixture[str], tmp_path: Path, windows: list[object]) -> Workbench:
    """Call `workbench ARGUMENTS` with a workspace of its own."""

    def call(*arguments: str, workspace: Path | None = None) -> Said:
        def open_window(parsed: object) -> int:
            windows.append(parsed)
            return 0

        place = str(workspace or tmp_path / "workspace")
        capsys.readouterr()
        try:
            status = main(["--workspace", place, *arguments], open_window=open_window)
        except SystemExit as end:  # argparse ends so after --help and wrong words
            status = int(end.code or 0)
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return call


def write_reviews(path: Path, *, repeats: int = 10, header: str = "review,mood") -> Path:
    """A table of `repeats` x 8 different reviews with two moods."""
    rows = [
        f'"{text}, {number}",{mood}' for number in range(repeats) for mood, texts in WORDS.items() for text in texts
    ]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """A CSV file of 80 reviews: columns review and mood (good, bad)."""
    return write_reviews(tmp_path / "reviews.csv")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one kept run, `reviews-1`."""
    folder = tmp_path_factory.mktemp("trained")
    data = write_reviews(folder / "reviews.csv")
    workspace = folder / "workspace"
    command = ["--workspace", str(workspace), "train", str(data), *TINY, "--epochs", "2", "--learning-rate", "0.01"]
    assert main(command, open_window=lambda parsed: 1) == 0
    return workspace
