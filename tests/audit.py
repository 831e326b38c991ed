"""Run as a program: `python -m tests.audit LOG MODULE [ARGUMENT ...]` runs MODULE and logs every use of the network.

An audit hook cannot be taken out again by what it watches: it hears every socket of Python's, ours and the libraries'.
"""

from __future__ import annotations

import runpy
import sys

WATCHED = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib")


def watch(log: str) -> None:
    """Write a line to the file `log` for every event of `WATCHED` from now on."""
    sink = open(log, "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open until the process ends

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(WATCHED) and getattr(arguments[0], "family", 2) != 1:  # 1: a socket within this machine
            sink.write(f"{event} {arguments[1:]!r}\n")

    sys.addaudithook(hook)


if __name__ == "__main__":
    watch(sys.argv[1])
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
