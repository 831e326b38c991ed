"""Runs are kept, listed, named, deleted and restored."""

from __future__ import annotations

import math
import os
import threading
import time
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.events import Evaluated, Measures, Notice, PhaseChanged, RunFinished, StepDone
from workbench.core.language import set_language
from workbench.store import recorder
from workbench.store.history import History
from workbench.store.run_folder import RunFolder


def test_that_every_event_passes_unchanged_and_in_order(history: History, story, plan) -> None:
    history.open_run("run-1", "reviews-1", history.workspace.runs / "reviews-1", plan)
    assert list(history.record("run-1", story())) == list(story())


def test_that_the_record_tells_how_the_run_went(history: History, add_run) -> None:
    add_run(history)
    (run,) = history.runs()
    assert (run.name, run.state, run.steps, run.total_steps) == ("reviews-1", "completed", 20, 20)
    assert (run.best_step, run.headline, run.score) == (10, "accuracy", 0.9)
    assert (run.task, run.model, run.seconds) == ("text-classification", "offline", 0.2)
    assert Path(run.folder) == history.workspace.runs / "reviews-1"


def test_that_curves_hold_the_exact_numbers(history: History, story, plan) -> None:
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    losses = {3: math.nan, 4: math.inf, 5: 0.1 + 0.2}
    told = list(history.record("run-1", story(losses=lambda step: losses.get(step, 1 / step))))
    steps = [event for event in told if isinstance(event, StepDone)]
    curves = history.curves("run-1")
    assert curves.steps == [step.step for step in steps]
    assert curves.epochs == [step.epoch for step in steps]
    assert curves.learning_rates == [step.learning_rate for step in steps]
    assert curves.grad_norms == [step.grad_norm for step in steps]
    assert math.isnan(curves.losses[2])
    assert curves.losses[3] == math.inf
    assert curves.losses[4:] == [step.loss for step in steps[4:]]
    assert [point.step for point in curves.validation] == [10, 20]
    assert curves.validation[0] == (10, 1.0, 0.5, {"accuracy": 0.9})
    assert curves.baseline == {"accuracy": 0.5}
    assert curves.best_step == 10


def test_that_the_events_file_gives_the_same_curves(history: History, add_run) -> None:
    add_run(history)
    before, events = history.curves("run-1"), history.events("run-1")
    history.close()
    for path in history.workspace.root.glob("history.sqlite*"):
        path.unlink()
    with History(history.workspace.root) as again:
        assert again.curves("run-1") == before
        assert again.events("run-1") == events
        assert [run.name for run in again.runs()] == ["reviews-1"]


def test_that_the_evaluation_shown_is_that_of_the_kept_model(history: History, add_run) -> None:
    add_run(history)
    evaluations = history.evaluations("run-1")
    assert set(evaluations) == {"validation"}
    assert evaluations["validation"].step == 10
    assert evaluations["validation"].best


def test_that_steps_are_batched_and_written_within_a_second(history: History, story, plan, monkeypatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(recorder.time, "monotonic", lambda: clock[0])
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    written = []
    for event in history.record("run-1", story(steps=1000)):
        if isinstance(event, StepDone):
            clock[0] += 0.01
            written.append(len(history.curves("run-1").steps))
            assert event.step - written[-1] <= 101
    assert len(set(written)) < 20


def test_that_the_progress_of_a_phase_is_not_kept(history: History, plan) -> None:
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    phases = [PhaseChanged(phase="tokenizing", fraction=number / 100) for number in range(100)]
    assert list(history.record("run-1", iter(phases))) == phases
    assert len(history.events("run-1")) == 1


def test_that_a_consumer_who_goes_away_stops_the_run(history: History, story, plan) -> None:
    closed = []

    def source():
        try:
            yield from story()
        finally:
            closed.append(True)

    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    stream = history.record("run-1", source())
    for event in stream:
        if isinstance(event, StepDone) and event.step == 7:
            stream.close()
            break
    assert closed == [True]
    assert history.run("run-1").state == "stopped"
    assert history.curves("run-1").steps == list(range(1, 8))


def test_that_a_source_that_raises_leaves_a_failed_run(history: History, plan) -> None:
    def source():
        yield PhaseChanged(phase="importing")
        raise RuntimeError("a bug")

    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    with pytest.raises(RuntimeError, match="a bug"):
        list(history.record("run-1", source()))
    assert history.run("run-1").state == "failed"


def test_that_an_interrupt_from_the_keyboard_leaves_a_stopped_run(history: History, plan) -> None:
    def source():
        yield PhaseChanged(phase="importing")
        raise KeyboardInterrupt

    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    with pytest.raises(KeyboardInterrupt):
        list(history.record("run-1", source()))
    assert history.run("run-1").state == "stopped"


def test_that_a_stream_that_just_ends_leaves_an_interrupted_run(history: History, plan) -> None:
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    list(history.record("run-1", iter([PhaseChanged(phase="importing")])))
    assert history.run("run-1").state == "interrupted"


def test_that_details_of_a_failure_stay_in_the_run_folder(history: History, plan) -> None:
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    end = RunFinished(outcome="failed", steps=0, seconds=0, message="sorry", details="ValueError: canary-4711")
    assert list(history.record("run-1", iter([end]))) == [end]
    history.close()
    stored = b"".join(path.read_bytes() for path in history.workspace.root.glob("history.sqlite*"))
    assert b"canary-4711" not in stored
    assert b"sorry" in stored
    assert b"canary-4711" in RunFolder(history.workspace.runs / "a").events_path.read_bytes()


def test_that_a_running_run_of_this_process_stays_running_for_others(history: History, story, plan) -> None:
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    stream = history.record("run-1", story())
    next(stream)
    with History(history.workspace.root) as other:
        assert other.run("run-1").state == "running"
        with pytest.raises(WorkbenchError, match="still going"):
            other.delete("run-1")
        other.rename("run-1", "renamed meanwhile")
    list(stream)
    run = history.run("run-1")
    assert (run.state, run.name) == ("completed", "renamed meanwhile")
    assert RunFolder(run.folder).info().name == "renamed meanwhile"


def test_that_a_run_that_was_never_recorded_is_interrupted_at_the_next_start(history: History, plan) -> None:
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    history.close()
    with History(history.workspace.root) as again:
        assert again.run("run-1").state == "interrupted"


def test_that_names_are_readable_and_unique(history: History, add_run) -> None:
    assert [add_run(history, f"run-{number}") for number in range(3)] == ["reviews-1", "reviews-2", "reviews-3"]
    history.delete("run-2")
    assert history.unique_name("reviews") == "reviews-4"
    assert history.unique_name("REVIEWS") == "REVIEWS-4"
    (history.workspace.runs / "reviews-9").mkdir()
    assert history.unique_name("reviews") == "reviews-10"


@pytest.mark.parametrize("stem", ["", "..", "a/b\\c", "CON", "评论" * 100, "x" * 500, "a\nb\u202e", "\ud800", " . "])
def test_that_any_stem_gives_a_name_that_is_a_folder(history: History, add_run, stem: str) -> None:
    name = add_run(history, stem=stem)
    assert (history.workspace.runs / name).is_dir()
    assert history.find(name).name == name


def test_that_a_name_that_was_taken_meanwhile_is_numbered(history: History, plan) -> None:
    history.open_run("run-1", "a-1", history.workspace.runs / "x", plan)
    assert history.open_run("run-2", "a-1", history.workspace.runs / "y", plan).name == "a-2"


def test_that_a_run_is_found_by_name_or_id(history: History, add_run) -> None:
    add_run(history, "0123456789")
    for wanted in ("reviews-1", "REVIEWS-1", "0123456789", "01234", " reviews-1 "):
        assert history.find(wanted).id == "0123456789"


def test_that_a_run_that_is_not_there_is_answered_with_near_names(history: History, add_run) -> None:
    with pytest.raises(WorkbenchError, match="no runs yet"):
        history.find("anything")
    add_run(history)
    with pytest.raises(WorkbenchError, match="reviews-1"):
        history.find("review1")
    with pytest.raises(WorkbenchError, match="no run"):
        history.run("nothing like it")


def test_that_two_runs_cannot_be_called_the_same(history: History, add_run) -> None:
    add_run(history, "run-1")
    add_run(history, "run-2")
    with pytest.raises(WorkbenchError, match="Another run"):
        history.rename("run-2", "Reviews-1")
    assert history.rename("run-2", "  Mine \n own ").name == "Mine own"
    assert history.rename("run-2", "mine OWN").name == "mine OWN"


@pytest.mark.parametrize("name", ["", " \n", "x" * 121])
def test_that_a_name_nobody_could_read_is_refused(history: History, add_run, name: str) -> None:
    add_run(history)
    with pytest.raises(WorkbenchError, match="characters"):
        history.rename("run-1", name)


def test_that_deleting_can_be_undone(history: History, add_run) -> None:
    add_run(history)
    gone = history.delete("run-1")
    assert history.runs() == []
    assert [run.id for run in history.runs(deleted=True)] == ["run-1"]
    assert Path(gone.folder) == history.workspace.bin / "reviews-1"
    assert Path(gone.folder, "plan.json").exists()
    back = history.restore("run-1")
    assert Path(back.folder, "plan.json").exists()
    assert history.runs() == [back]
    assert history.curves("run-1").steps == list(range(1, 21))


def test_that_a_taken_place_in_the_bin_is_stepped_around(history: History, add_run) -> None:
    add_run(history)
    (history.workspace.bin / "reviews-1").mkdir()
    assert Path(history.delete("run-1").folder).name == "reviews-1-1"


def test_that_purging_removes_what_is_old_and_nothing_else(history: History, add_run) -> None:
    add_run(history, "run-1")
    add_run(history, "run-2")
    folder = Path(history.delete("run-1").folder)
    assert history.purge() == 0
    assert folder.exists()
    assert history.purge(0) == 1
    assert not folder.exists()
    assert [run.id for run in history.runs()] == ["run-2"]
    assert history.runs(deleted=True) == []


def test_that_a_deleted_name_is_gone_from_the_files(history: History, add_run) -> None:
    add_run(history)
    history.rename("run-1", "canary-0815")
    history.delete("run-1")
    history.purge(0)
    stored = b"".join(path.read_bytes() for path in history.workspace.root.rglob("*") if path.is_file())
    assert b"canary-0815" not in stored


def test_that_purging_takes_away_old_temps_of_killed_processes(history: History, add_run) -> None:
    add_run(history)
    old, fresh = (Path(history.run("run-1").folder) / name for name in (".old.part", ".new.part"))
    for path in (old, fresh):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    history.purge()
    assert not old.exists()
    assert fresh.exists()


@pytest.mark.parametrize("jump", [10 * 365 * 86400, -10 * 365 * 86400])
def test_that_a_clock_that_jumps_purges_nothing(history: History, add_run, monkeypatch, jump: float) -> None:
    add_run(history)
    history.delete("run-1")
    history.purge()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    assert history.purge() == 0
    monkeypatch.setattr(time, "time", real)
    assert history.purge() == 0
    assert len(history.runs(deleted=True)) == 1


def test_that_thirty_days_of_use_purge(history: History, add_run, monkeypatch) -> None:
    add_run(history)
    history.delete("run-1")
    history.purge()
    now = time.time()
    removed = []
    for day in range(1, 32):
        monkeypatch.setattr(time, "time", lambda day=day: now + day * 86400 + 1)
        removed.append(history.purge())
    assert removed.index(1) == 29


def test_that_runs_are_ordered_by_sequence_not_by_clock(history: History, plan, monkeypatch) -> None:
    for number, now in enumerate((5e9, 0.0, 1e9)):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        history.open_run(f"run-{number}", f"a-{number}", history.workspace.runs / f"a-{number}", plan)
    assert [run.id for run in history.runs()] == ["run-2", "run-1", "run-0"]
    history.close()
    for path in history.workspace.root.glob("history.sqlite*"):
        path.unlink()
    with History(history.workspace.root) as again:
        assert [run.id for run in again.runs()] == ["run-2", "run-1", "run-0"]


def test_that_a_folder_elsewhere_or_in_use_is_refused(history: History, tmp_path: Path, plan) -> None:
    with pytest.raises(ValueError, match="lies in"):
        history.open_run("run-1", "a", tmp_path / "elsewhere", plan)
    used = history.workspace.runs / "used"
    used.mkdir()
    (used / "thesis.doc").write_text("mine")
    with pytest.raises(FileExistsError):
        history.open_run("run-1", "a", used, plan)
    assert (used / "thesis.doc").read_text() == "mine"
    assert history.runs() == []


def test_that_a_run_folder_explains_itself(history: History, add_run) -> None:
    add_run(history)
    folder = RunFolder(history.run("run-1").folder)
    text = folder.readme_path.read_text("utf-8")
    for word in ("model/", "facts.json", "plan.json", "run.json", "events.jsonl", "reviews-1", "complete", "0.9"):
        assert word in text
    assert folder.plan().dataset.path == "/data/reviews.csv"
    assert not folder.lock_path.exists()


def test_that_a_model_score_that_is_not_finite_is_no_score(history: History, story, plan) -> None:
    def source():
        for event in story():
            if isinstance(event, Evaluated):
                yield Evaluated(
                    step=event.step,
                    epoch=event.epoch,
                    part="validation",
                    loss=math.nan,
                    measures=Measures(metrics={"accuracy": math.nan}, baseline={}),
                    best=True,
                )
            else:
                yield event

    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    list(history.record("run-1", source()))
    assert history.run("run-1").score is None
    assert math.isnan(history.curves("run-1").validation[0].loss)


def test_that_several_threads_record_and_read_at_once(history: History, story, plan) -> None:
    problems: list[BaseException] = []

    def work(number: int) -> None:
        try:
            run = f"run-{number}"
            history.open_run(run, f"a-{number}", history.workspace.runs / f"a-{number}", plan)
            for _ in history.record(run, story(run, 200)):
                history.runs()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert sorted(run.state for run in history.runs()) == ["completed"] * 4
    assert all(history.curves(f"run-{number}").steps == list(range(1, 201)) for number in range(4))


def test_that_500_runs_are_listed_within_200_ms(history: History) -> None:
    def fill(connection):
        connection.executemany(
            "INSERT INTO runs (id, name, folder, task, model, state, started) "
            "VALUES (?, ?, ?, 't', 'm', 'completed', 1)",
            [(f"id-{number}", f"name-{number}", f"folder-{number}") for number in range(500)],
        )

    history._database.write(fill)
    start = time.perf_counter()
    assert len(history.runs()) == 500
    assert time.perf_counter() - start < 0.2


def test_that_a_million_steps_are_read_within_two_seconds(history: History, plan) -> None:
    from workbench.store.curves import add_steps

    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    step = StepDone(step=1, epoch=0.1, loss=0.5, learning_rate=0.1, grad_norm=1.0, rows=1, seconds=1.0)

    def fill(connection):
        for _ in range(2000):
            add_steps(connection, 1, [step] * 500)

    history._database.write(fill, durable=False)
    start = time.perf_counter()
    curves = history.curves("run-1")
    assert time.perf_counter() - start < 2
    assert len(curves.losses) == 1_000_000


def test_that_what_the_user_reads_follows_the_language(history: History, plan) -> None:
    set_language("en")
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    assert "This folder holds" in RunFolder(history.workspace.runs / "a").readme_path.read_text("utf-8")


def test_that_a_full_disk_adds_one_notice_and_loses_nothing(history: History, story, plan, faulty, sound) -> None:
    sound()
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    faulty(1, 28, ("fsync", "write"))
    told = list(history.record("run-1", story()))
    notices = [event for event in told if isinstance(event, Notice)]
    assert [notice.code for notice in notices] == ["S09"]
    assert [event for event in told if not isinstance(event, Notice)] == list(story())
    assert history.run("run-1").state == "completed"
    assert history.curves("run-1").steps == list(range(1, 21))
