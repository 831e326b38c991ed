"""Downloads from the Hugging Face hub: explicit, cancellable, in a process of their own, and checked before named.

A downloaded model lies in `models_folder/model--OWNER--NAME` with a `workbench-model.json` that records where it came
from and the SHA-256 of each file. A folder under that name is always whole: downloads happen beside it.
"""

from __future__ import annotations

import json
import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.engine.child import child_command, child_environment
from workbench.engine.digests import sha256_of
from workbench.engine.intake import check_folder
from workbench.engine.staging import clear, stage

ENDPOINT = "https://huggingface.co"
MANIFEST = "workbench-model.json"
_HUB_ID = re.compile(r"(?:[A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_POLL_SECONDS = 0.1


class Manifest(Struct, frozen=True, kw_only=True):
    """Where a downloaded model came from; `files` is {name: SHA-256}."""

    hub_id: str
    endpoint: str
    commit: str
    files: dict[str, str]


class DownloadStoppedError(WorkbenchError):
    """The user stopped the download; nothing of it was kept."""


def downloaded_folder(hub_id: str, models_folder: Path) -> Path | None:
    """The folder of a model that was downloaded earlier and is whole, else None."""
    if not _is_hub_id(hub_id):
        return None
    folder = models_folder / _folder_name(hub_id)
    return folder if (folder / MANIFEST).is_file() else None


def verify_download(folder: Path) -> None:
    """Raise WorkbenchError (M14) if a file of a downloaded model is not the one that was downloaded."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        changed = [name for name, digest in manifest.files.items() if sha256_of(folder / name) != digest]
    except (OSError, msgspec.MsgspecError) as error:
        raise _changed(folder, MANIFEST) from error
    if changed:
        raise _changed(folder, ", ".join(changed[:3]))


def download(
    hub_id: str,
    models_folder: Path,
    *,
    staged: Callable[[Path], AbstractContextManager[Path]],
    endpoint: str = "",
    progress: Callable[[int, int | None], None],
    cancelled: Callable[[], bool],
) -> Path:
    """Download the model `hub_id` and give back its folder. No token is ever sent.

    `staged(folder)` gives an empty folder that becomes `folder`, whole, when its block ends well, and else goes away.
    `progress(bytes so far, bytes in all or None)` and `cancelled()` are called in this thread, ten times a second.
    Raises DownloadStoppedError within a second of `cancelled()`, WorkbenchError (H..) in words, or OSError (`staged`);
    all leave nothing behind, and an earlier download of the same model as it was.
    """
    address = _checked_endpoint(endpoint)
    if not _is_hub_id(hub_id):
        what = tr("{id} is not a model's name on the hub.", id=hub_id[:100])
        raise _problem("H01", hub_id[:100], what, tr("Names look like google-bert/bert-base-uncased."))
    final = models_folder / _folder_name(hub_id)
    with staged(final) as partial:
        commit, digests = _fetch(hub_id, address, partial, progress, cancelled)
        _check(hub_id, partial, digests)
        manifest = Manifest(hub_id=hub_id, endpoint=address, commit=commit, files=_digests(partial))
        stage(partial, {MANIFEST: msgspec.json.format(msgspec.json.encode(manifest))}, {})
    return final


def _fetch(
    hub_id: str, endpoint: str, folder: Path, progress: Callable[[int, int | None], None], cancelled: Callable[[], bool]
) -> tuple[str, dict[str, str]]:
    """Let the worker fill `folder`; gives the commit and the SHA-256 that the hub promises, where it does."""
    order = json.dumps({"hub_id": hub_id, "endpoint": endpoint, "folder": str(folder)})
    worker = subprocess.Popen(
        child_command("workbench.engine.hub_worker", order),
        env=_environment(endpoint, folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    lines: queue.Queue[bytes] = queue.Queue()
    reader = threading.Thread(target=_read_lines, args=(worker, lines), daemon=True)
    reader.start()
    commit, total, promised, done, came = "", None, {}, False, 0
    try:
        for fact in _facts(lines, cancelled):
            if fact["fact"] == "files":
                commit = fact["commit"]
                total = _total(fact["files"], folder)
                promised = {name: file["sha256"] for name, file in fact["files"].items() if file["sha256"]}
            elif fact["fact"] == "bytes":
                came += fact["count"]
            elif fact["fact"] == "failed":
                raise _failure(fact, hub_id, endpoint)
            done = done or fact["fact"] == "done"
            progress(came if total is None else min(came, total), total)
    finally:
        worker.kill()
        worker.wait()
        reader.join()
        for pipe in (worker.stdin, worker.stdout):
            if pipe:
                pipe.close()
    if not done:
        raise _failure({"kind": "other", "detail": tr("the download ended early")}, hub_id, endpoint)
    return commit, promised


def _read_lines(worker: subprocess.Popen[bytes], lines: queue.Queue[bytes]) -> None:
    for line in worker.stdout or ():
        lines.put(line)
    lines.put(b"")


def _facts(lines: queue.Queue[bytes], cancelled: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    """The worker's facts as they come. Raises DownloadStoppedError as soon as `cancelled()` says so."""
    while True:
        if cancelled():
            raise DownloadStoppedError(
                Problem(
                    code="H02",
                    what=tr("The download was stopped. Nothing of it was kept."),
                    severity="warning",
                    field="model",
                )
            )
        try:
            line = lines.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
        if not line:
            return
        yield json.loads(line)


def _environment(endpoint: str, folder: Path) -> dict[str, str]:
    return child_environment(
        {
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(folder / ".cache" / "home"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
            # Xet fetches from other hosts than the endpoint that the user chose.
            "HF_HUB_DISABLE_XET": "1",
            "DO_NOT_TRACK": "1",
        }
    )


def _check(hub_id: str, folder: Path, promised: dict[str, str]) -> None:
    """Take the library's notes away, compare with what the hub promised, and let intake look at the rest."""
    clear(folder / ".cache")
    wrong = [name for name, digest in promised.items() if sha256_of(folder / name) != digest]
    if wrong:
        what = tr("{names} arrived damaged.", names=", ".join(wrong[:3]))
        raise _problem("H06", hub_id, what, tr("Nothing was kept. Try again."))
    check_folder(folder)


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.is_file()}


def _total(files: dict[str, Any], folder: Path) -> int | None:
    sizes: list[int | None] = [file["size"] for file in files.values()]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return None
    total, free = sum(known), shutil.disk_usage(folder).free
    if total * 1.1 > free:
        what = tr(
            "The disk is full: {needed} MB are needed, {free} MB are free.", needed=total // 10**6, free=free // 10**6
        )
        raise _problem("H05", str(folder.parent), what, tr("Nothing was downloaded. Free some space, then try again."))
    return total


def _checked_endpoint(endpoint: str) -> str:
    address = (endpoint or ENDPOINT).strip().rstrip("/")
    if not _is_web_address(address):
        what = tr("The hub's address must begin with https:// or http:// and hold no password.")
        raise _problem("H03", tr("Hub address"), what, tr("Example: {example}.", example=ENDPOINT))
    return address


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that never close
        return False
    plain = parts.scheme in ("http", "https") and bool(parts.hostname)
    return plain and "@" not in parts.netloc and not parts.query and not parts.fragment


def _is_hub_id(text: str) -> bool:
    return bool(_HUB_ID.fullmatch(text)) and ".." not in text and "--" not in text


def _folder_name(hub_id: str) -> str:
    return "model--" + hub_id.replace("/", "--")


def _failure(fact: dict[str, Any], hub_id: str, endpoint: str) -> WorkbenchError:
    host = urlsplit(endpoint).netloc
    if fact["kind"] == "not_found":
        what = tr("{host} has no model of that name, or keeps it private.", host=host)
        return _problem("H01", hub_id, what, tr("Check the name, or choose a model from the list."))
    if fact["kind"] == "gated":
        what = tr("{host} gives this model only to accounts that were granted access.", host=host)
        return _problem("H04", hub_id, what, tr("Download it in your browser, then open its folder here."))
    if fact["kind"] == "no_safetensors":
        what = tr("This model stores its weights in a format that can run programs.")
        return _problem("M05", hub_id, what, tr("Nothing was downloaded. Ask for a .safetensors version of it."))
    if fact["kind"] == "disk":
        return _problem(
            "H05", hub_id, tr("The disk is full."), tr("Nothing was kept. Free some space, then try again.")
        )
    what = tr(
        "The download from {host} broke off: {detail}", host=host, detail=str(fact["detail"]).splitlines()[0][:200]
    )
    return _problem(
        "H07", hub_id, what, tr("Nothing was kept. Check the connection or the hub's address, then try again.")
    )


def _changed(folder: Path, names: str) -> WorkbenchError:
    what = tr("The downloaded model changed on disk: {names}.", names=names)
    return _problem("M14", folder.name, what, tr("Nothing was loaded. Download it again."))


def _problem(code: str, where: str, what: str, remedy: str) -> WorkbenchError:
    return WorkbenchError(Problem(code=code, where=where, what=what, remedy=remedy, field="model"))
