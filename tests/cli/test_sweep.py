"""`workbench sweep`: several values of some settings, one run each, a table with the best first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Workbench

SHORT = (*TINY, "--batch-size", "16", "--epochs", "1")


def test_that_a_grid_is_made_and_told_the_best_first(workbench: Workbench, reviews: Path) -> None:
    said = workbench("sweep", str(reviews), *SHORT, "--over", "learning_rate=1e-7,1e-2", "--over", "epochs=1..2")
    assert said.status == 0
    lines = [line for line in said.out.splitlines() if "reviews-sweep-" in line]
    assert len([line for line in lines if "finished" in line]) == 4
    assert "0.01" in lines[0]
    assert "Learning rate" in said.out
    assert "Trial 4 of 4: learning_rate 0.01, epochs 2" in said.err
    assert "predict reviews-sweep-" in said.out


def test_that_json_is_one_object_and_a_second_call_makes_nothing_anew(workbench: Workbench, reviews: Path) -> None:
    words = ("sweep", str(reviews), *SHORT, "--over", "learning-rate=1e-3,1e-2", "--name", "tries", "--json")
    first, second = workbench(*words).json, workbench(*words).json
    assert first["heading"] == "tries"
    assert first["stopped"] is False
    assert [trial["repeated"] for trial in first["trials"]] == [False, False]
    assert [trial["repeated"] for trial in second["trials"]] == [True, True]
    assert [trial["score"] for trial in first["trials"]] == [trial["score"] for trial in second["trials"]]
    assert first["best"] == first["trials"][0]["values"]
    runs = workbench("runs", "--json").json
    assert sorted(run["name"] for run in runs) == ["tries-1", "tries-2"]


def test_that_random_makes_as_many_as_were_asked_for(workbench: Workbench, reviews: Path) -> None:
    over = ("--over", "learning_rate=1e-5..1e-1", "--method", "random", "--trials", "3", "--json")
    trials = workbench("sweep", str(reviews), *SHORT, *over).json["trials"]
    rates = [trial["values"]["learning_rate"] for trial in trials]
    assert len(set(rates)) == 3
    assert all(1e-5 <= rate <= 1e-1 for rate in rates)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--over", "learnig_rate=1e-5"), "learning_rate"),
        (("--over", "learning_rate"), "--over learning_rate=1e-5,1e-4"),
        (("--over", "epochs=one..two"), "epochs=1..3"),
        (("--over", "epochs=0,1"), "1 … 1000"),
        (("--over", "epochs=1,2", "--trials", "none"), "whole numbers"),
        (("--over", "learning_rate=1e-5..1e-3"), "random"),
        (("--over", "optimizer=adamm"), "adamw"),
    ],
)
def test_that_a_mistake_is_told_with_what_is_possible(
    workbench: Workbench, reviews: Path, words: tuple[str, ...], told: str
) -> None:
    said = workbench("sweep", str(reviews), *SHORT, *words)
    assert said.status == 2
    assert told in said.err
    assert workbench("runs", "--json").json == []
