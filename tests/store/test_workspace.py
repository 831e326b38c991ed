"""Where things lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.store.workspace import Workspace, default_settings_path, default_workspace


def test_that_the_environment_may_say_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    assert default_workspace() == tmp_path / "workspace"
    assert default_settings_path() == tmp_path / "settings.json"


def test_that_the_system_says_where_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_HOME", raising=False)
    assert default_workspace().is_absolute()
    assert default_workspace().name == "model-workbench"
    assert default_settings_path().name == "settings.json"


def test_that_a_workspace_explains_itself(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "a b" / "工作")
    workspace.create()
    workspace.create()
    text = (workspace.root / "README.txt").read_text("utf-8")
    assert all(path.is_dir() for path in (workspace.runs, workspace.bin, workspace.models))
    assert "runs/" in text
    assert "30 days" in text


def test_that_a_workspace_that_cannot_be_made_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file"):
        Workspace(tmp_path / "file" / "workspace").create()
