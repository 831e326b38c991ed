"""What every test stands on: an empty home, no network, no screen, and the shared data where they are."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Before anything of Qt, platformdirs or Hugging Face is imported. The name is awkward on purpose.
_HOME = Path(tempfile.mkdtemp(prefix="workbench-tests-")) / "home 家 🏠"
_HOME.mkdir()
for _variable in ("HOME", "USERPROFILE"):
    os.environ[_variable] = str(_HOME)
for _variable, _folder in {
    "XDG_DATA_HOME": ".local/share",
    "XDG_CONFIG_HOME": ".config",
    "XDG_CACHE_HOME": ".cache",
    "XDG_STATE_HOME": ".local/state",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "HF_HOME": ".cache/huggingface",
}.items():
    os.environ[_variable] = str(_HOME / _folder)
for _variable in ("WORKBENCH_HOME", "HF_TOKEN", "HF_ENDPOINT"):
    os.environ.pop(_variable, None)
os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    DO_NOT_TRACK="true",
    TRANSFORMERS_VERBOSITY="error",
    TOKENIZERS_PARALLELISM="false",
    OMP_WAIT_POLICY="PASSIVE",
    OMP_NUM_THREADS="1",  # the models of the tests are tiny, and other tests run beside them
)
# Tests that want a real window start a process of their own with another platform.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false")

SHARED_DATA = "WORKBENCH_SHARED_DATA"
_LOOPBACK = ("127.", "::1", "localhost")
_skipped_for_data: list[str] = []


@pytest.fixture(scope="session")
def home() -> Path:
    """The empty home folder of this test session."""
    return _HOME


@pytest.fixture
def shared_data(request: pytest.FixtureRequest) -> Path:
    """The folder of the shared data sets. Where it is not, the test is skipped, and the summary says so."""
    folder = os.environ.get(SHARED_DATA)
    if not folder or not Path(folder).is_dir():
        _skipped_for_data.append(request.node.nodeid)
        pytest.skip(f"needs the shared data sets: set {SHARED_DATA} to their folder")
    return Path(folder)


class NetworkUsedError(Exception):
    """A test reached for the network."""


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and look-up; `@pytest.mark.loopback` allows those to this machine."""
    loopback = request.node.get_closest_marker("loopback") is not None

    def guarded(name: str, host_of: Any) -> None:
        original = getattr(socket.socket, name)

        def call(self: socket.socket, *arguments: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _allowed(host_of(arguments), loopback):
                raise NetworkUsedError(f"{name}{arguments}")
            return original(self, *arguments)

        monkeypatch.setattr(socket.socket, name, call)

    guarded("connect", lambda arguments: arguments[0][0])
    guarded("connect_ex", lambda arguments: arguments[0][0])
    guarded("sendto", lambda arguments: arguments[-1][0])
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        if not _allowed(host, loopback):
            raise NetworkUsedError(f"getaddrinfo({host!r})")
        return resolve(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def _allowed(host: object, loopback: bool) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    return loopback and name.startswith(_LOOPBACK)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what the missing data kept from being tested."""
    if _skipped_for_data:
        terminalreporter.section(f"{len(_skipped_for_data)} tests had no data", sep="!", red=True, bold=True)
        terminalreporter.write_line(f"Set {SHARED_DATA} to the folder of the shared data sets to run them.")


def pytest_unconfigure() -> None:
    """Take the home folder away again."""
    shutil.rmtree(_HOME.parent, ignore_errors=True)


@pytest.fixture
def english() -> Iterator[None]:
    """Messages in English, whatever the machine speaks, and again so afterwards."""
    from workbench.core.language import set_language

    set_language("en")
    yield
    set_language("en")
