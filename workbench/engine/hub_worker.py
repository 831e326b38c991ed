"""The process that downloads: real huggingface_hub code, one JSON line on standard output per fact.

It is started by `hub.download` with {"hub_id", "endpoint", "folder"} as its argument, and ends when its standard input
closes, so that it cannot outlive the workbench. Lines: {"fact": "files", ...}, {"fact": "bytes", ...},
{"fact": "done"}, or {"fact": "failed", "kind": ..., "detail": ...}.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from typing import Any

ADMITTED = re.compile(
    r"config\.json|generation_config\.json|tokenizer\.json|tokenizer_config\.json|vocab\.txt|vocab\.json|merges\.txt"
    r"|special_tokens_map\.json|added_tokens\.json|README\.md|LICENSE(\.txt|\.md)?"
)
_SINGLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_CHUNK_BYTES = 256 * 1024


def wanted_files(names: list[str]) -> list[str]:
    """The files of a repository that are fetched, small ones first; no weights among them if it has no safetensors."""
    small = sorted(name for name in names if ADMITTED.fullmatch(name))
    if _SINGLE in names:
        return [*small, _SINGLE]
    shards = sorted(name for name in names if _SHARD.fullmatch(name))
    return [*small, _INDEX, *shards] if _INDEX in names and shards else small


def _say(fact: str, **values: Any) -> None:
    sys.stdout.write(json.dumps({"fact": fact, **values}) + "\n")
    sys.stdout.flush()


def _fetch(hub_id: str, endpoint: str, folder: str) -> None:
    from huggingface_hub import HfApi, constants, hf_hub_download

    # The library's 10 MiB would move the progress bar every few seconds only.
    constants.DOWNLOAD_CHUNK_SIZE = _CHUNK_BYTES
    info = HfApi(endpoint=endpoint, token=False).model_info(hub_id, files_metadata=True, timeout=20)
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or []}
    wanted = wanted_files(list(siblings))
    if not any(name.endswith(".safetensors") for name in wanted):
        _say("failed", kind="no_safetensors", detail=", ".join(sorted(siblings)[:20]))
        return
    if info.sha is None:
        _say("failed", kind="other", detail="the answer names no version")
        return
    files = {
        name: {"size": siblings[name].size, "sha256": lfs.sha256 if (lfs := siblings[name].lfs) else None}
        for name in wanted
    }
    _say("files", commit=info.sha, files=files)
    for name in wanted:
        hf_hub_download(
            hub_id,
            name,
            revision=info.sha,
            endpoint=endpoint,
            local_dir=folder,
            token=False,
            tqdm_class=_progress_class(),
        )
    _say("done")


def _progress_class() -> Any:
    import tqdm  # type: ignore[import-untyped]

    bar: Any = tqdm.tqdm

    class Lines(bar):  # type: ignore[misc]
        """Says how many bytes came, at most ten times a second, instead of drawing a bar."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "disable": True})
            self._unsaid, self._said = int(options.get("initial") or 0), 0.0

        def update(self, n: float | None = 1) -> bool | None:
            self._unsaid += int(n or 0)
            if time.monotonic() - self._said > 0.1:
                self._flush()
            return None

        def _flush(self) -> None:
            _say("bytes", count=self._unsaid)
            self._unsaid, self._said = 0, time.monotonic()

        def __exit__(self, *error: Any) -> Any:
            self._flush()
            return super().__exit__(*error)

    return Lines


def _kind(error: BaseException) -> str:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError | errors.DisabledRepoError):
        return "gated"
    if isinstance(error, errors.RepositoryNotFoundError | errors.HFValidationError):
        return "not_found"
    if isinstance(error, errors.HfHubHTTPError):
        status = getattr(error.response, "status_code", 0)
        return {401: "gated", 403: "gated", 404: "not_found"}.get(status, "network")
    if isinstance(error, OSError) and error.errno in (28, 122):
        return "disk"
    modules = {entry.__module__.split(".")[0] for entry in type(error).__mro__}
    return (
        "network" if modules & {"httpx", "httpx2", "httpcore", "httpcore2"} or isinstance(error, OSError) else "other"
    )


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(3)


def main(argument: str) -> int:
    order = json.loads(argument)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _fetch(order["hub_id"], order["endpoint"], order["folder"])
    except Exception as error:
        _say("failed", kind=_kind(error), detail=f"{type(error).__name__}: {error}"[:500])
    # Without waiting for the thread that reads standard input.
    os._exit(0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
