"""`--download`: the one word of the terminal that uses the network, and only for the model that it stands beside."""

from __future__ import annotations

import threading

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from workbench.cli.interrupts import gentle_interrupts
from workbench.cli.terminal import Terminal
from workbench.core.language import tr
from workbench.core.plan import ModelSpec
from workbench.studio import Studio


def download(spec: ModelSpec, studio: Studio, terminal: Terminal) -> None:
    """Fetch the hub model `spec` unless it is here already; Ctrl+C cancels. Raises WorkbenchError."""
    if spec.source != "hub" or studio.card(spec).available:
        return
    terminal.say(tr("Downloading {model} from {endpoint}", model=spec.location, endpoint=studio.settings.hub_endpoint))
    cancelled = threading.Event()
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=terminal.notes,
        transient=True,
        disable=not terminal.notes.is_terminal,
    )
    with gentle_interrupts(cancelled.set, lambda: None), bar:
        task = bar.add_task(spec.location, total=None)
        studio.download(
            spec.location,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            cancelled=cancelled.is_set,
        )
