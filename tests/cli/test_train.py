"""`workbench train`: plans, results, events, mistakes and interrupts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Said, Workbench, write_reviews
from workbench.core.events import RunFinished, RunStarted, StepDone, decode_event


def test_that_train_prints_one_object_and_keeps_the_model(workbench: Workbench, reviews: Path) -> None:
    said = workbench("train", str(reviews), *TINY, "--epochs", "1", "--json")
    assert said.status == 0, said.err
    result = said.json
    assert list(result) == [
        "run",
        "outcome",
        "folder",
        "steps",
        "seconds",
        "validation",
        "test",
        "rows_per_second",
        "peak_memory_bytes",
    ]
    assert result["rows_per_second"] > 0
    assert result["peak_memory_bytes"] > 50e6
    assert (result["run"], result["outcome"], result["test"]) == ("reviews-1", "completed", None)
    assert {"accuracy", "macro_f1"} <= result["validation"].keys()
    assert Path(result["folder"], "model", "model.safetensors").is_file()
    assert result["steps"] > 0


def test_that_guesses_are_said_aloud_on_stderr(workbench: Workbench, reviews: Path) -> None:
    said = workbench("train", str(reviews), *TINY, "--max-steps", "1", "--json")
    assert "Column “review” is read as: Text" in said.err
    assert "Column “mood” is read as: Label" in said.err


def test_that_every_flag_reaches_the_plan(workbench: Workbench, reviews: Path, tmp_path: Path) -> None:
    write_reviews(tmp_path / "test.csv", repeats=2)
    flags = (
        *("--text", "review", "--label", "mood", "--task", "text-classification", "--name", "mine"),
        *("--optimizer", "sgd-momentum", "--momentum", "0.5", "--schedule", "cosine", "--warmup-share", "0.2"),
        *("--batch-size", "8", "--learning-rate", "3e-3", "--max-length", "32", "--max-steps", "2", "--seed", "7"),
        *("--accumulation", "2", "--patience", "3", "--class-weights", "balanced", "--label-smoothing", "0.1"),
        *("--validation", "25%", "--test", str(tmp_path / "test.csv")),
    )
    said = workbench("train", str(reviews), *TINY, *flags, "--json")
    assert said.status == 0, said.err
    plan = json.loads(Path(said.json["folder"], "plan.json").read_text(encoding="utf-8"))
    assert plan["optimizer"] == {"name": "sgd-momentum", "options": {"momentum": 0.5}}
    assert plan["schedule"] == {"name": "cosine", "options": {"warmup_share": 0.2}}
    assert plan["task"]["options"] == {"class_weights": "balanced"}
    assert plan["loss"]["options"] == {"label_smoothing": 0.1}
    assert plan["dataset"]["validation_share"] == 0.25
    assert [plan[name] for name in ("batch_size", "learning_rate", "max_length", "seed")] == [8, 3e-3, 32, 7]
    assert plan["model"]["options"]["layers"] == 1
    assert said.json["test"].keys() == said.json["validation"].keys()
    assert said.json["run"].startswith("mine")


def test_that_a_number_is_learned_with_the_regression_task(workbench: Workbench, tmp_path: Path) -> None:
    data = tmp_path / "stars.csv"
    rows = "".join(f"text number {n} about a room,{n % 7 / 2}\n" for n in range(60))
    data.write_text("review,stars\n" + rows, encoding="utf-8")
    flags = ("--task", "text-regression", "--text", "review", "--label", "stars", "--loss", "huber", "--delta", "0.5")
    said = workbench("train", str(data), *TINY, *flags, "--max-steps", "2", "--json")
    assert said.status == 0, said.err
    assert {"rmse", "mae"} <= said.json["validation"].keys()


def test_that_events_are_lines_of_json_that_end_with_one_end(workbench: Workbench, reviews: Path) -> None:
    said = workbench("train", str(reviews), *TINY, "--max-steps", "3", "--events", "-")
    events = [decode_event(line) for line in said.out.splitlines()]
    assert [type(event) for event in events].count(RunStarted) == 1
    assert [event.step for event in events if isinstance(event, StepDone)] == [1, 2, 3]
    assert isinstance(events[-1], RunFinished)
    assert sum(isinstance(event, RunFinished) for event in events) == 1


def test_that_findings_are_told_before_training_and_json_stays_clean(workbench: Workbench, tmp_path: Path) -> None:
    data = tmp_path / "rare.csv"
    rows = [f"a text about a room {n},{'rare' if n == 3 else 'common'}" for n in range(80)]
    data.write_text("\n".join(["review,mood", *rows]) + "\n", encoding="utf-8")
    flags = ("--text", "review", "--label", "mood", "--max-steps", "1", "--json")
    said = workbench("train", str(data), *TINY, *flags)
    report = workbench("check", str(data), "--text", "review", "--label", "mood", "--json").json
    serious = [finding["message"] for finding in report["findings"] if finding["severity"] != "info"]
    assert serious
    assert [message for message in serious if message not in said.err] == []
    assert said.err.index(serious[0]) < said.err.index("steps")
    assert said.json["outcome"] == "completed"


def test_that_a_sound_table_is_trained_without_remarks(workbench: Workbench, reviews: Path) -> None:
    said = workbench("train", str(reviews), *TINY, "--max-steps", "1")
    assert "Look:" not in said.err
    assert "Problem:" not in said.err


def _refused(said: Said) -> str:
    assert said.status == 2, said.err
    assert said.out == ""
    assert "Traceback" not in said.err
    return said.err


def test_that_an_unsure_guess_is_refused_with_the_choices(workbench: Workbench, tmp_path: Path) -> None:
    data = tmp_path / "unclear.csv"
    rows = "".join(f"alpha {n} one two,beta {n} three four,gamma {n} five six\n" for n in range(40))
    data.write_text("p,q,r\n" + rows, encoding="utf-8")
    text = _refused(workbench("train", str(data), *TINY))
    assert "p, q, r" in text
    assert "--label" in text


def test_that_all_mistakes_are_told_at_once(workbench: Workbench, reviews: Path) -> None:
    flags = ("--epochs", "many", "--batch-size", "-3", "--optimizer", "adamx", "--text", "revew", "--label", "mood")
    text = _refused(workbench("train", str(reviews), *TINY, *flags))
    assert "--epochs" in text
    assert "--batch-size" in text
    assert "adamx" in text
    assert "adamw" in text
    assert "revew" in text
    assert "review" in text


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--momentum", "0.9"), "--momentum"),
        (("--task", "poetry"), "text-classification"),
        (("--model", "./nowhere"), "nowhere"),
        (("--model", "someone/model"), "not on this computer"),
        (("--validation", "1.5"), "--validation"),
        (("--validation", "no.csv"), "no.csv"),
        (("--test", "no.csv"), "no.csv"),
        (("--events", "file"), "--events"),
        (("--hub-endpoint", "https://hub.example"), "--download"),
        (("--model", "owner/tiny", "--download", "--hub-endpoint", "ftp://hub.example"), "https://"),
        (("--heads", "3"), "16"),
        (("--encoding", "klingon"), "klingon"),
    ],
)
def test_that_a_mistake_is_told_with_what_is_possible(
    workbench: Workbench, reviews: Path, flags: tuple[str, ...], told: str
) -> None:
    said = workbench("train", str(reviews), *TINY, *flags)
    assert said.status == 2, said.err
    assert told in said.err
    assert "Traceback" not in said.err


def test_that_the_user_file_is_never_touched(workbench: Workbench, reviews: Path) -> None:
    before = reviews.read_bytes(), reviews.stat().st_mtime_ns
    workbench("train", str(reviews), *TINY, "--max-steps", "1")
    assert (reviews.read_bytes(), reviews.stat().st_mtime_ns) == before


def test_that_a_mistake_of_ours_ends_with_status_1(
    workbench: Workbench, reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, *arguments: object, **named: object) -> None:
        raise RuntimeError("the moon is in the way")

    monkeypatch.setattr("workbench.studio.Studio.preview", broken)
    said = workbench("train", str(reviews))
    assert said.status == 1
    assert "the moon is in the way" in said.err


@pytest.fixture
def long_run(tmp_path: Path) -> subprocess.Popen[str]:
    """A run that would go on for long, in a process of its own; its events come on stdout."""
    data = write_reviews(tmp_path / "reviews.csv")
    arguments = ["train", str(data), *TINY, "--epochs", "1000", "--evaluate-every", "20", "--events", "-"]
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", *arguments, "--workspace", str(tmp_path / "workspace")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )


def _read_until(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return
    raise AssertionError(process.stderr.read() if process.stderr else "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to whole consoles only")
def test_that_the_first_interrupt_keeps_the_model(long_run: subprocess.Popen[str], tmp_path: Path) -> None:
    _read_until(long_run, "ModelSaved")
    long_run.send_signal(signal.SIGINT)
    out, err = long_run.communicate(timeout=60)
    finished = decode_event(out.splitlines()[-1])
    assert isinstance(finished, RunFinished)
    assert finished.outcome == "stopped"
    assert finished.best_step > 0
    assert long_run.returncode == 130
    assert "the model is kept" in err
    assert list((tmp_path / "workspace" / "runs").glob("*/model/model.safetensors"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl+C to whole consoles only")
def test_that_an_interrupt_while_the_engine_starts_is_heard(long_run: subprocess.Popen[str]) -> None:
    _read_until(long_run, "importing")
    long_run.send_signal(signal.SIGINT)
    out, _ = long_run.communicate(timeout=60)
    assert long_run.returncode == 130
    assert isinstance(decode_event(out.splitlines()[-1]), RunFinished)


def test_that_the_second_interrupt_ends_at_once() -> None:
    from workbench.cli.interrupts import gentle_interrupts

    asked: list[str] = []
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with gentle_interrupts(lambda: asked.append("stop"), lambda: asked.append("pause")) as interrupts:
        signal.raise_signal(signal.SIGINT)
        assert interrupts.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert asked == ["stop"]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_that_the_systems_wish_to_end_pauses() -> None:
    from workbench.cli.interrupts import gentle_interrupts

    asked: list[str] = []
    with gentle_interrupts(lambda: asked.append("stop"), lambda: asked.append("pause")) as interrupts:
        signal.raise_signal(signal.SIGTERM)
    assert asked == ["pause"]
    assert interrupts.asked


def test_that_a_hub_model_that_is_not_here_names_the_word_that_fetches_it(workbench: Workbench, reviews: Path) -> None:
    result = workbench("train", str(reviews), "--model", "owner/name")
    assert result.status == 2
    assert "--download" in result.err
