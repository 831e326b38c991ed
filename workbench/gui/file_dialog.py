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
