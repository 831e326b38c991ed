"""The words of the terminal: help, mistakes, languages, the window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Workbench
from workbench import __version__
from workbench.cli.flags import declared_groups


def test_that_the_version_is_told(workbench: Workbench) -> None:
    said = workbench("--version")
    assert (said.status, said.out) == (0, f"workbench {__version__}\n")


@pytest.mark.parametrize("command", ["train", "predict", "runs", "check", "demo"])
def test_that_every_command_has_help_in_both_languages(workbench: Workbench, command: str) -> None:
    english, chinese = workbench(command, "--help"), workbench("--language", "zh_CN", command, "--help")
    assert english.status == chinese.status == 0
    assert "show this help and end" in english.out
    assert "show this help" not in chinese.out


def test_that_every_declared_knob_is_a_flag_with_its_help(workbench: Workbench) -> None:
    text = workbench("train", "--help").out
    options = [option for _, group in declared_groups() for option in group]
    assert len(options) > 15
    assert [option.flag for option in options if option.flag not in text] == []


def test_that_looking_at_the_help_makes_no_workspace(workbench: Workbench, tmp_path: Path) -> None:
    workbench("train", "--help")
    assert not (tmp_path / "workspace").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("learn",), "Possible: "),
        (("train",), "these are missing: DATA"),
        (("train", "x.csv", "--speed", "9"), "not known here: --speed 9"),
        (("train", "x.csv", "--epochs"), "a value is missing"),
        (("train", "x.csv", "--epoch", "3"), "not known here: --epoch 3"),
    ],
)
def test_that_a_wrong_word_is_answered_with_status_2(
    workbench: Workbench, arguments: tuple[str, ...], said: str
) -> None:
    result = workbench(*arguments)
    assert result.status == 2
    assert said in result.err
    assert "--help" in result.err
    assert result.out == ""
    assert "invalid" not in result.err


def test_that_argparse_speaks_chinese(workbench: Workbench) -> None:
    result = workbench("--language", "zh_CN", "train")
    assert result.status == 2
    assert "这些" in result.err or "缺少" in result.err
    assert "required" not in result.err


def test_that_the_window_opens_where_there_is_a_display(
    workbench: Workbench, windows: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert workbench().status == 0
    assert len(windows) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_that_without_a_display_it_says_what_to_do(
    workbench: Workbench, windows: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    said = workbench()
    assert said.status == 2
    assert windows == []
    assert "no display" in said.err
    assert "workbench demo" in said.err


def _as_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if name not in ("LC_ALL", "LANG", "PYTHONUTF8")}
    return subprocess.run(
        [sys.executable, "-m", "workbench", *arguments],
        env={**kept, **environment},
        capture_output=True,
        timeout=120,
    )


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_that_stdout_is_utf8_whatever_the_locale(tmp_path: Path, locale: str) -> None:
    data = tmp_path / "评论.csv"
    data.write_text("评论,情感\n" + "很好吃,好\n太难吃,差\n" * 20, encoding="utf-8")
    arguments = ("check", str(data), "--text", "评论", "--label", "情感", "--json", "--workspace", str(tmp_path / "w"))
    result = _as_process(*arguments, LC_ALL=locale, PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr.decode("utf-8", "replace")
    assert "评论" in result.stdout.decode("utf-8")


def test_that_the_terminal_loads_neither_qt_nor_torch_to_list_runs(tmp_path: Path) -> None:
    program = (
        "import sys; from workbench.__main__ import main\n"
        f"status = main(['runs', '--workspace', {str(tmp_path / 'w')!r}])\n"
        "assert status == 0 and not {'PySide6', 'torch', 'transformers', 'matplotlib'} & set(sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr


def test_that_a_reader_that_goes_away_is_no_mistake(tmp_path: Path, trained: Path) -> None:
    command = f'"{sys.executable}" -m workbench runs --json --workspace "{trained}" | true'
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in result.stderr
