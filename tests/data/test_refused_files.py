"""Files that are no tables are refused at once, with the reason, and never run or waited for."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from tests.data.conftest import Writer
from workbench.core.errors import WorkbenchError
from workbench.data.preview import preview


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "text,label\na,b\n")
    return content.getvalue()


FOREIGN: dict[str, tuple[bytes, str]] = {
    "zip": (zipped("table.csv"), "ZIP"),
    "xlsx": (zipped("[Content_Types].xml", "xl/workbook.xml"), "XLSX"),
    "docx": (zipped("[Content_Types].xml", "word/document.xml"), "DOCX"),
    "gzip": (gzip.compress(b"text,label\na,b\n" * 1000), "gzip"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "XLS"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100), "JPEG"),
    "wav": (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(100), "WAV"),
    "elf": (b"\x7fELF\x02\x01\x01" + bytes(100), "ELF"),
    "exe": (b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200), "EXE"),
    "script": (b"#!/bin/sh\nrm -rf $HOME\n", "script"),
    "html": (b"\xef\xbb\xbf\n<!DOCTYPE html><html><body>Not found</body></html>", "web page"),
    "xml": (b"<?xml version='1.0'?><rows/>", "XML"),
    "sqlite": (b"SQLite format 3\x00" + bytes(100), "SQLite"),
    "parquet": (b"PAR1\x15\x04\x15\x00" + bytes(100), "Parquet"),
    "pickle": (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}.", "pickle"),
    "tar": (b"table.csv".ljust(257, b"\x00") + b"ustar\x0000" + bytes(500), "tar"),
    "random bytes": (bytes((place * 7919 + place**3) % 256 for place in range(4000)), "no readable text"),
    "zeros": (bytes(4000), "readable text"),
    "nothing": (b"", "empty"),
    "blanks": (b"\n \n\t\n", "blanks"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_that_a_foreign_file_is_refused_with_its_kind(write: Writer, english: None, kind: str) -> None:
    content, reason = FOREIGN[kind]
    path = write(content)  # the name says .csv: only the content counts
    with pytest.raises(WorkbenchError) as refused:
        preview(path)
    (problem,) = refused.value.problems
    assert reason in problem.what
    assert problem.remedy
    assert problem.where == "table.csv"
    assert path.read_bytes() == content


def test_that_a_table_whose_cells_look_foreign_is_read(write: Writer) -> None:
    rows = 'text,label\n<html>,a\n%PDF-,b\n{"a": 1},c\nPK,a\n#!/bin/sh,b\n'
    assert preview(write(rows)).total_rows == 5
    assert preview(write("[laughs] hello,a\n[cries] bye,b\n")).total_rows == 2


def test_that_folders_missing_files_and_odd_paths_are_refused(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (tmp_path, tmp_path / "absent.csv", loop, Path("nul\0byte"), Path("x" * 5000)):
        with pytest.raises(WorkbenchError):
            preview(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_that_pipes_and_devices_are_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    refused: list[object] = []

    def try_all() -> None:
        for path in (pipe, Path("/dev/zero"), Path("/dev/stdin")):
            try:
                preview(path)
            except WorkbenchError as error:
                refused.append(error)

    thread = threading.Thread(target=try_all, daemon=True)
    thread.start()
    thread.join(10)
    assert len(refused) >= 2
    assert not thread.is_alive()


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_that_a_file_without_permission_is_refused(write: Writer) -> None:
    path = write("text,label\na,b\n")
    path.chmod(0)
    with pytest.raises(WorkbenchError):
        preview(path)


def test_that_names_of_files_cannot_deceive(write: Writer) -> None:
    path = write(b"", name="evil\u202evsc.exe\n.csv")
    with pytest.raises(WorkbenchError) as refused:
        preview(path)
    assert "\u202e" not in refused.value.problems[0].where
    assert "\n" not in refused.value.problems[0].where
