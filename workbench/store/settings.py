"""Settings: what the user chose once and for all. Damage costs the damaged entries, never the start of the app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from workbench.core.language import tr
from workbench.store import safe_io
from workbench.store.names import free_name

_LARGEST = 1 << 20
SETTINGS_VERSION = 1


class Settings(Struct, frozen=True, kw_only=True):
    """`language` "" and `theme` "system" follow the system; `workspace` "" means: choose for me.

    `recent` holds absolute paths of data files, the latest first; `geometry` and `layout` are the window's, in base64;
    `quiet_hints` are the codes of the coach's hints that the user does not want to see.
    """

    language: Literal["", "en", "zh_CN"] = ""
    theme: Literal["system", "light", "dark"] = "system"
    hub_endpoint: str = "https://huggingface.co"
    workspace: str = ""
    recent: tuple[str, ...] = ()
    geometry: str = ""
    layout: str = ""
    quiet_hints: tuple[str, ...] = ()
    version: int = SETTINGS_VERSION


def load_settings(path: str | Path, *, tell: Callable[[str], None] | None = None) -> Settings:
    """The settings in the file `path`; defaults for what is missing or damaged. Never raises.

    A damaged file is kept beside it as `settings.bad-N`; `tell` is called with a sentence for the user then.
    """
    file = Path(path)
    safe_io.sweep(file.parent)
    try:
        with open(file, "rb") as stream:
            data = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        _say(
            tell,
            tr("The settings could not be read; the defaults are used. {reason}", reason=safe_io.explain(error, file)),
        )
        return Settings()
    entries = _entries(data)
    known = {name: value for name, value in (entries or {}).items() if name in Settings.__struct_fields__}
    sound = {name: value for name, value in known.items() if _fits(name, value)}
    settings = msgspec.convert(sound, Settings)
    if entries is None or len(sound) < len(known):
        _keep_damaged(file, settings, tell)
    return settings


def save_settings(path: str | Path, settings: Settings) -> None:
    """Write `settings` to the file `path`, for its owner only. Entries of a newer version are kept. Raises OSError."""
    file = Path(path)
    try:
        with open(file, "rb") as stream:
            entries = _entries(stream.read(_LARGEST + 1)) or {}
    except OSError:
        entries = {}
    safe_io.make_folder(file.parent)
    safe_io.write_json(file, {**entries, **msgspec.to_builtins(settings)}, private=True)


def _entries(data: bytes) -> dict[str, object] | None:
    """The entries of a settings file, or None if it is damaged as a whole."""
    try:
        return msgspec.json.decode(data, type=dict[str, object]) if len(data) <= _LARGEST else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _fits(name: str, value: object) -> bool:
    try:
        msgspec.convert({name: value}, Settings)
    except msgspec.ValidationError:
        return False
    return True


def _keep_damaged(file: Path, settings: Settings, tell: Callable[[str], None] | None) -> None:
    kept = free_name(file.parent, file.stem + ".bad-")
    try:
        safe_io.copy_file(file, kept, private=True)
        safe_io.write_json(file, settings, private=True)
    except OSError:
        _say(tell, tr("The settings were damaged; defaults are used for the damaged ones."))
        return
    _say(tell, tr("The settings were damaged; defaults are used. The old file is kept as {name}.", name=kept.name))


def _say(tell: Callable[[str], None] | None, message: str) -> None:
    if tell is not None:
        tell(message)
