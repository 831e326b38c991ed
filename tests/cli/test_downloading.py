"""`--download`: from which address, and that a mirror is asked for one call only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Said, Workbench
from tests.engine.hub_server import Hub, files_of, serving
from tests.engine.tiny_models import write_tiny_bert
from workbench.studio import Studio

pytestmark = pytest.mark.loopback
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A mirror on this computer that holds the model owner/tiny."""
    with serving(Hub(files_of(write_tiny_bert(tmp_path / "tiny")))) as hub:
        yield hub


def _train(workbench: Workbench, reviews: Path, *flags: str) -> Said:
    return workbench("train", str(reviews), "--model", "owner/tiny", "--download", "--max-steps", "1", "--json", *flags)


def test_that_a_mirror_is_asked_for_this_call_only(
    workbench: Workbench, reviews: Path, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", NOWHERE)
    said = _train(workbench, reviews, "--hub-endpoint", hub.url)
    assert said.status == 0, said.err
    assert f"Downloading owner/tiny from {hub.url}" in said.err
    assert "model.safetensors" in hub.fetched()
    assert Studio(tmp_path / "workspace").settings.hub_endpoint == "https://huggingface.co"


def test_that_the_environment_names_the_mirror_where_the_settings_were_left_alone(
    workbench: Workbench, reviews: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    said = _train(workbench, reviews)
    assert said.status == 0, said.err
    assert hub.url in said.err
    assert "model.safetensors" in hub.fetched()


def test_that_the_settings_win_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    studio = Studio(tmp_path / "workspace", settings_path=tmp_path / "settings.json")
    assert studio.hub_endpoint == "https://huggingface.co"
    monkeypatch.setenv("HF_ENDPOINT", NOWHERE)
    assert studio.hub_endpoint == NOWHERE
    studio.save_settings(msgspec.structs.replace(studio.settings, hub_endpoint="https://hub.example"))
    assert studio.hub_endpoint == "https://hub.example"
