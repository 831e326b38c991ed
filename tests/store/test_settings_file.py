"""Damage of the settings costs the damaged entries, never the start."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.store.settings import Settings, load_settings, save_settings

CHOSEN = Settings(language="zh_CN", theme="dark", recent=("/数据/a.csv", "/b.csv"), workspace="/w")


def test_that_settings_come_back(tmp_path: Path) -> None:
    save_settings(tmp_path / "new" / "settings.json", CHOSEN)
    assert load_settings(tmp_path / "new" / "settings.json") == CHOSEN


def test_that_no_file_means_defaults_without_a_word(tmp_path: Path) -> None:
    told: list[str] = []
    assert load_settings(tmp_path / "settings.json", tell=told.append) == Settings()
    assert told == []


def test_that_a_damaged_file_is_kept_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    for number in (1, 2):
        (tmp_path / "settings.json").write_bytes(b"{ not json %d" % number)
        assert load_settings(tmp_path / "settings.json", tell=told.append) == Settings()
        assert (tmp_path / f"settings.bad-{number}").read_bytes() == b"{ not json %d" % number
        assert f"settings.bad-{number}" in told[-1]
    assert load_settings(tmp_path / "settings.json", tell=told.append) == Settings()
    assert len(told) == 2


def test_that_sound_entries_survive_a_damaged_one(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "drak", "workspace": "/w", "language": "en"}')
    assert load_settings(tmp_path / "settings.json") == Settings(workspace="/w", language="en")
    assert (tmp_path / "settings.bad-1").exists()
    assert load_settings(tmp_path / "settings.json") == Settings(workspace="/w", language="en")
    assert not (tmp_path / "settings.bad-2").exists()


def test_that_entries_of_a_newer_version_are_kept(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "dark", "future": [1, 2]}')
    save_settings(tmp_path / "settings.json", load_settings(tmp_path / "settings.json"))
    entries = json.loads((tmp_path / "settings.json").read_text())
    assert entries["future"] == [1, 2]
    assert entries["theme"] == "dark"


def test_that_any_flipped_byte_leaves_a_start(tmp_path: Path) -> None:
    save_settings(tmp_path / "good.json", CHOSEN)
    data = (tmp_path / "good.json").read_bytes()
    dice = random.Random(1)
    for number in range(300):
        damaged = bytearray(data)
        damaged[dice.randrange(len(data))] ^= dice.randrange(1, 256)
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "settings.json").write_bytes(bytes(damaged))
        loaded = load_settings(folder / "settings.json")
        save_settings(folder / "settings.json", loaded)
        assert load_settings(folder / "settings.json") == loaded


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300) | st.text(max_size=100).map(lambda text: json.dumps({"theme": text}).encode()))
def test_that_any_contents_leave_a_start(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_bytes(data)
    assert isinstance(load_settings(path), Settings)


@pytest.mark.parametrize("data", [b"", b"[" * 200_000, b" " * 2_000_000, b"\xff\xfe", b"null", b"[]"])
def test_that_hostile_contents_mean_defaults(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "settings.json").write_bytes(data)
    assert load_settings(tmp_path / "settings.json") == Settings()


def test_that_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.json").mkdir()
    told: list[str] = []
    assert load_settings(tmp_path / "settings.json", tell=told.append) == Settings()
    assert len(told) == 1


def test_that_a_disk_that_refuses_the_copy_does_not_hinder_the_start(tmp_path: Path, faulty) -> None:
    (tmp_path / "settings.json").write_bytes(b"{")
    faulty(1, 28)
    told: list[str] = []
    assert load_settings(tmp_path / "settings.json", tell=told.append) == Settings()
    assert len(told) == 1
    assert (tmp_path / "settings.json").read_bytes() == b"{"
