"""A far end that speaks the hub's protocol on the loopback: model info; files with HEAD, ETag, redirect and range."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the server holds and how it behaves; `requests` logs (method, path, headers)."""

    files: dict[str, bytes]
    hub_id: str = "owner/tiny"
    status: int = 200
    error_code: str = ""
    seconds_per_chunk: float = 0.0
    break_once_after: int = 0
    sizes_known: bool = True
    lie: bytes = b""
    url: str = ""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def fetched(self) -> set[str]:
        return {
            unquote(path).rsplit("/", 1)[1] for method, path, _ in self.requests if method == "GET" and "/cdn/" in path
        }


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = urlsplit(self.path).path
            hub.requests.append((self.command, self.path, dict(self.headers)))
            if hub.status != 200:
                self._send(hub.status, b"{}", {"X-Error-Code": hub.error_code} if hub.error_code else {})
            elif path == f"/api/models/{hub.hub_id}":
                self._send(200, json.dumps(self._info()).encode(), {"Content-Type": "application/json"})
            elif path.startswith(f"/{hub.hub_id}/resolve/{COMMIT}/"):
                self._resolve(unquote(path.rsplit("/", 1)[1]))
            elif path.startswith("/cdn/"):
                self._content(hub.files[unquote(path.rsplit("/", 1)[1])])
            else:
                self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

        def _info(self) -> dict[str, object]:
            siblings: list[dict[str, object]] = []
            for name, data in hub.files.items():
                sibling: dict[str, object] = {"rfilename": name}
                if hub.sizes_known:
                    sibling["size"] = len(data)
                    if name.endswith((".safetensors", ".bin")):
                        digest = hashlib.sha256(data).hexdigest()
                        sibling["lfs"] = {"size": len(data), "sha256": digest, "pointerSize": 100}
                siblings.append(sibling)
            return {"id": hub.hub_id, "modelId": hub.hub_id, "sha": COMMIT, "siblings": siblings}

        def _resolve(self, name: str) -> None:
            if name not in hub.files:
                self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
                return
            data = hub.files[name]
            headers = {
                "X-Repo-Commit": COMMIT,
                "ETag": f'"{hashlib.sha1(data).hexdigest()}"',
                "X-Linked-ETag": f'"{hashlib.sha256(data).hexdigest()}"',
                "X-Linked-Size": str(len(data)),
                # Another host name than the hub's, as the real storage is: the client follows redirects to the same
                # host at once and expects the hub's headers there.
                "Location": f"{hub.url.replace('127.0.0.1', 'localhost')}/cdn/{name}",
            }
            self._send(302, b"", headers)

        def _content(self, data: bytes) -> None:
            data = hub.lie + data[len(hub.lie) :] if hub.lie and len(data) > 10_000 else data
            start = 0
            wanted = self.headers.get("Range")
            if wanted:
                start = int(wanted.removeprefix("bytes=").split("-")[0])
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(data) - start))
            if wanted:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            if self.command == "HEAD":
                return
            for position in range(start, len(data), 16_384):
                if hub.break_once_after and position >= hub.break_once_after:
                    hub.break_once_after = 0
                    self.close_connection = True
                    self.connection.close()
                    return
                try:
                    self.wfile.write(data[position : position + 16_384])
                except OSError:
                    return
                if hub.seconds_per_chunk and len(data) > 10_000:
                    time.sleep(hub.seconds_per_chunk)

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler
