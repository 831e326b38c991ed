"""Which system libraries Qt needs and this machine lacks: `system_libraries.py offscreen|window packages|explain`.

`packages` prints the Debian packages that are missing, `explain` the command to type on this machine. Linux only:
Qt's wheels for macOS and Windows need nothing from outside. Runs with any Python 3; imports no Qt.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys

# Shared library -> package on Debian and Ubuntu, Fedora, Arch. From `readelf -d` on the wheel's libraries.
OFFSCREEN = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl", "libglvnd"),
    "libGL.so.1": ("libgl1", "libglvnd-glx", "libglvnd"),
    "libX11.so.6": ("libx11-6", "libX11", "libx11"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig", "fontconfig"),
    "libfreetype.so.6": ("libfreetype6", "freetype", "freetype2"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs", "dbus"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2", "glib2"),
    "libzstd.so.1": ("libzstd1", "libzstd", "zstd"),
    "libbrotlidec.so.1": ("libbrotli1", "libbrotli", "brotli"),
    "libgssapi_krb5.so.2": ("libgssapi-krb5-2", "krb5-libs", "krb5"),
}
WINDOW = {
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image", "xcb-util-image"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    "libwayland-cursor.so.0": ("libwayland-cursor0", "libwayland-cursor", "wayland"),
    "libwayland-egl.so.1": ("libwayland-egl1", "libwayland-egl", "wayland"),
}
TOOLS = (
    ("apt-get", "apt-get install", 0),
    ("dnf", "dnf install", 1),
    ("pacman", "pacman -S --needed", 2),
)


def missing(libraries: dict[str, tuple[str, str, str]]) -> list[str]:
    """The names in `libraries` that the loader of this machine does not find."""
    found_none = []
    for name in libraries:
        try:
            ctypes.CDLL(name)
        except OSError:
            found_none.append(name)
    return found_none


def packages(names: list[str], column: int) -> str:
    """The packages that hold the libraries `names`, each once."""
    every = {**OFFSCREEN, **WINDOW}
    return " ".join(dict.fromkeys(every[name][column] for name in names))


def explain(names: list[str]) -> str:
    """What to type, in the user's language."""
    chinese = (os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "").startswith(
        "zh"
    )
    says = "窗口缺少这些系统库：{}" if chinese else "The window lacks these system libraries: {}"
    remedy = "请输入：" if chinese else "Type:"
    sudo = "" if os.geteuid() == 0 else "sudo "
    commands = [f"  {sudo}{command} {packages(names, column)}" for tool, command, column in TOOLS if shutil.which(tool)]
    fallback = f"  Debian, Ubuntu: {packages(names, 0)}\n  Fedora: {packages(names, 1)}\n  Arch: {packages(names, 2)}"
    return "\n".join([says.format(", ".join(names)), remedy, commands[0] if commands else fallback])


def main() -> int:
    if sys.platform != "linux":
        return 0
    wanted, verb = sys.argv[1:3]
    names = missing({**OFFSCREEN, **WINDOW} if wanted == "window" else OFFSCREEN)
    if names:
        print(packages(names, 0) if verb == "packages" else explain(names))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
