"""Promises of docs/privacy.md that no room can keep alone: what a run leaves on disk, and who may read it."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from workbench.core.events import RunFinished
from workbench.core.plan import ModelSpec
from workbench.studio import Studio

ROOT = Path(__file__).parents[1]
CANARY = "zanzibarite"
TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 200})


def test_that_a_run_keeps_no_text_outside_its_model(tmp_path: Path) -> None:
    data = tmp_path / "reviews.csv"
    rows = [f"{CANARY} room number {n},{('good', 'bad')[n % 2]}" for n in range(40)]
    data.write_text("\n".join(["review,mood", *rows, f"{CANARY} without a label,"]) + "\n", encoding="utf-8")
    studio = Studio(tmp_path / "workspace", settings_path=tmp_path / "settings.json")
    plan = studio.draft(data, model=TINY)
    run = studio.start(msgspec.structs.replace(plan, epochs=1, batch_size=8))
    *_, end = run.events()
    assert isinstance(end, RunFinished)
    assert end.best_step > 0
    studio.predictor(run.id).predict([{"text": f"what a {CANARY} place"}])
    studio.history.close()
    stored = {path for path in (tmp_path / "workspace").rglob("*") if path.is_file()}
    assert {"history.sqlite", "events.jsonl", "plan.json", "facts.json"} <= {path.name for path in stored}
    assert b"good" in (run.folder / "facts.json").read_bytes()
    telling = [path for path in stored if CANARY.encode() in path.read_bytes()]
    # The tokenizer holds pieces of words; a checkpoint holds the model, and the rows as numbers.
    strange = [path for path in telling if "model" not in path.relative_to(run.folder).parts]
    assert {path.name for path in strange} <= {"tokenizer.json", "vocab.txt"}
    assert {path.relative_to(run.folder).parts[0] for path in strange} <= {"checkpoints"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_that_the_workspace_and_the_settings_are_for_their_owner_alone(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "a" / "workspace", settings_path=tmp_path / "b" / "settings.json")
    studio.save_settings(msgspec.structs.replace(studio.settings, theme="dark"))
    assert stat.S_IMODE(studio.workspace.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "b" / "settings.json").stat().st_mode) == 0o600


def test_that_the_libraries_are_told_to_stay_offline_before_they_are_imported(tmp_path: Path) -> None:
    program = """
import os, sys
from workbench.studio import Studio
early = {"huggingface_hub", "transformers", "torch"} & set(sys.modules)
assert not early, early
Studio(sys.argv[1], settings_path=sys.argv[2])
wanted = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "true"}
assert {name: os.environ.get(name) for name in wanted} == wanted
"""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "DO_NOT"))}
    command = [sys.executable, "-c", program, str(tmp_path / "workspace"), str(tmp_path / "settings.json")]
    result = subprocess.run(command, env=kept, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr


def test_that_every_test_that_the_page_names_is_there() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/*]+\.py)(?:::(\w+))?`", page)
    assert len(named) >= 8
    for path, test in named:
        sources = [file.read_text(encoding="utf-8") for file in ROOT.glob(path)]
        assert sources, path
        assert any(f"def {test}(" in source for source in sources) or not test, test
