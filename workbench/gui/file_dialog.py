"""The dialog for a file or a folder, in the language of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QTreeView, QWidget

from workbench.core.language import tr

_KIND = 2  # the column with Qt's own words for the kind of a file, which it says in English only


def ask_path(
    parent: QWidget, name: str, title: str, take: Callable[[str], object], *, near: Iterable[str] = ()
) -> QFileDialog:
    """A dialog that gives what is chosen to `take`; show it with `open`. It begins in the first folder of `near`."""
    dialog = QFileDialog(parent, title)
    dialog.setObjectName(name)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    for part, text in (  # Qt's own Chinese lacks these
        (QFileDialog.DialogLabel.LookIn, tr("Folder:")),
        (QFileDialog.DialogLabel.FileType, tr("Kind:")),
        (QFileDialog.DialogLabel.Reject, tr("Cancel")),
    ):
        dialog.setLabelText(part, text)
    for list_view in dialog.findChildren(QTreeView, "treeView"):
        list_view.setColumnHidden(_KIND, True)
    folder = next((one for one in near if one and Path(one).is_dir()), "")
    if folder:
        dialog.setDirectory(folder)
    dialog.fileSelected.connect(take)
    dialog.finished.connect(dialog.deleteLater)
    return dialog


def ask_folder(
    parent: QWidget, name: str, title: str, take: Callable[[str], object], *, near: Iterable[str] = ()
) -> QFileDialog:
    """As `ask_path`, for a folder; the files in it are shown, so that a person sees which folder it is."""
    dialog = ask_path(parent, name, title, take, near=near)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    return dialog


def data_filters() -> list[str]:
    """The kinds of data that a dialog offers, all together first."""
    kinds = {
        tr("Delimited text"): "*.csv *.tsv *.txt *.tab *.psv *.dat",
        "JSON": "*.jsonl *.ndjson *.json",
        tr("Workbooks"): "*.xlsx *.xlsm *.xlsb *.xls *.ods",
        "Parquet, Arrow": "*.parquet *.arrow *.feather",
        tr("Words with tags"): "*.conll *.conllu *.bio",
    }
    tables = " ".join(kinds.values())
    return [
        f"{tr('All tables')} ({tables})",
        *(f"{kind} ({names})" for kind, names in kinds.items()),
        tr("All files (*)"),
    ]
