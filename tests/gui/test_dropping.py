"""Any kind of data can be dropped, pasted and opened, and gives what the same rows in a CSV give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from tests.gui.driving import CSV, drag_away, drag_over, drop, make_studio, mime, wait_for, window_on
from workbench.gui.dropping import Verdict, judge
from workbench.gui.file_dialog import ask_folder, data_filters

ROWS = [dict(zip(("text", "label"), line.split(","), strict=True)) for line in CSV.splitlines()[1:]]


def judged(path: Path) -> Verdict:
    return judge([QUrl.fromLocalFile(str(path))])


def as_lines(folder: Path) -> Path:
    path = folder / "days.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def as_array(folder: Path) -> Path:
    path = folder / "days.json"
    path.write_text(json.dumps(ROWS, indent=2))
    return path


def as_folder(folder: Path) -> Path:
    for place, row in enumerate(ROWS):
        path = folder / "days" / "train" / row["label"] / f"{place}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(row["text"])
    return folder / "days"


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Any:
    with window_on(qtbot, make_studio(tmp_path)) as one:
        yield one


@pytest.mark.parametrize("made", [as_lines, as_array, as_folder])
def test_that_every_format_can_be_dropped(qtbot: Any, window: Any, tmp_path: Path, made: Any) -> None:
    path = made(tmp_path)
    assert drag_over(window, mime(path))
    assert window.drops.cover.property("role") == "drop"
    drag_away(window)
    assert drop(window, mime(path))
    wait_for(qtbot, lambda: window.session.draft.plan.dataset.path == str(path))
    wait_for(qtbot, lambda: window.session.profile is not None)
    assert window.session.draft.plan.dataset.columns == {"text": "text", "label": "label"}
    assert window.session.profile.classes == (("bad", 20), ("good", 20))
    assert window.session.profile.rows == 40
    assert window.studio.settings.recent == (str(path),)


def test_that_the_path_of_a_folder_can_be_pasted(qtbot: Any, window: Any, tmp_path: Path) -> None:
    path = as_folder(tmp_path)
    QGuiApplication.clipboard().setText(str(path))
    window.actions_.by_name["paste"].trigger()
    wait_for(qtbot, lambda: window.session.draft.plan.dataset.path == str(path))
    wait_for(qtbot, lambda: window.session.profile is not None)
    assert window.session.profile.read == 40


def test_that_a_folder_is_told_apart_by_what_is_in_it(tmp_path: Path) -> None:
    texts, model, table, empty = (tmp_path / name for name in ("texts", "model", "table", "empty"))
    for folder in (texts / "good", model, table, empty / ".hidden"):
        folder.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    (table / "reviews.csv").write_text(CSV)
    (table / "readme.txt").write_text("about")
    assert judged(texts) == Verdict("data", str(texts))
    assert judged(model) == Verdict("model", str(model))
    assert "reviews.csv" in judged(table).reason
    assert not judged(empty).accepted


def test_that_packed_tables_are_taken_by_their_first_bytes(tmp_path: Path) -> None:
    for name, content, taken in (
        ("a.parquet", b"PAR1\x15\x04\0\0", True),
        ("a.xlsx", b"PK\x03\x04\x14\0\0\0", True),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", True),
        ("a.arrow", b"ARROW1\0\0", True),
        ("a.docx", b"PK\x03\x04\x14\0\0\0", False),
        ("a.zip", b"PK\x03\x04\x14\0\0\0", False),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", False),
        ("a.json", b"{}", False),
        ("a.conll", b"a\tO\n\nb\tO\n", True),
        ("a.log", b'{"text": "a"}\n', True),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert judged(path).accepted is taken, name
        assert taken or judged(path).reason


def test_that_the_dialog_names_every_format(qtbot: Any) -> None:
    together, *kinds = data_filters()
    for suffix in ("csv", "tsv", "jsonl", "json", "xlsx", "xls", "ods", "parquet", "conll", "bio"):
        assert f"*.{suffix}" in together
        assert sum(f"*.{suffix} " in f"{kind[:-1]} " for kind in kinds) == 1
    assert kinds[-1].endswith("(*)")


def test_that_a_folder_can_be_chosen(qtbot: Any, window: Any, tmp_path: Path) -> None:
    chosen: list[str] = []
    dialog = ask_folder(window, "folderOfTexts", "Open a folder", chosen.append, near=[str(tmp_path)])
    assert dialog.fileMode() is QFileDialog.FileMode.Directory
    dialog.open()
    dialog.fileSelected.emit(str(tmp_path))
    dialog.reject()
    assert chosen == [str(tmp_path)]
