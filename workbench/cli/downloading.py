"""`--download`: the one word of the terminal that uses the network, and only for the model that it stands beside."""

from __future__ import annotations

import threading

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from workbench.cli.interrupts import gentle_interrupts
from workbench.cli.terminal import Terminal
from workbench.core.language import tr
from workbench.core.plan import ModelSpec
from workbench.studio import Studio


def download(spec: ModelSpec, studio: Studio, terminal: Terminal, endpoint: str = "") -> None:
    """Fetch the hub model `spec` unless it is here already; Ctrl+C cancels. Raises WorkbenchError.

    `endpoint` is the address of the hub, for this call; "" takes the one that the settings or HF_ENDPOINT say.
    """
    if spec.source != "hub" or studio.card(spec).available:
        return
    address = endpoint or studio.hub_endpoint
    terminal.say(tr("Downloading {model} from {endpoint}", model=spec.location, endpoint=address))
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
            endpoint=address,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            cancelled=cancelled.is_set,
        )
