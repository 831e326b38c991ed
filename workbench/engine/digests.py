"""SHA-256 of model files, computed once per process for as long as a file keeps its size and time."""

from __future__ import annotations

import hashlib
from pathlib import Path

_CHUNK = 2**20

_known: dict[tuple[str, int, int], str] = {}


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal. Read in chunks, during which other threads may run."""
    status = path.stat()
    key = (str(path), status.st_size, status.st_mtime_ns)
    if key not in _known:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        _known[key] = digest.hexdigest()
    return _known[key]
