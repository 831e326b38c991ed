"""Take the pictures of the README from the real window: `python scripts/screenshots.py [en] [zh_CN]`.

The sample is trained, then the window opens on it and is photographed with the curves of that run. Where there is no
display, a virtual one is started (xvfb-run); Chinese needs a font with Chinese glyphs, such as fonts-noto-cjk. Takes
some minutes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = {"en": "window-en.png", "zh_CN": "window-zh.png"}
SIZE = (1440, 900)


def photograph(language: str) -> None:
    """Train the sample, open the window in `language` on it, save the picture. Needs a display."""
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QPushButton

    from workbench.core.language import set_language
    from workbench.gui.app import make_app, make_window
    from workbench.studio import Studio

    set_language(language)
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder) / "workspace", settings_path=Path(folder) / "settings.json")
        run = studio.start(studio.draft(studio.first_sample().path))
        for _ in run.events():
            pass
        app = make_app([])
        window = make_window(app, studio, language)
        window.resize(*SIZE)
        window.show()
        window.first_look(studio.first_sample().path)
        button = window.findChild(QPushButton, "trainButton")
        while not button.isEnabled():
            QTest.qWait(100)
        window.show_run(run.id)
        QTest.qWait(2000)
        target = ROOT / "docs" / "images" / PICTURES[language]
        target.parent.mkdir(parents=True, exist_ok=True)
        if not window.grab().save(str(target)):
            raise SystemExit(f"{target} could not be written")
        print(target)
        window.close()
        window.rest()
        QTest.qWait(200)


def main(languages: list[str]) -> int:
    """One process for each language: a QApplication lives once."""
    if len(languages) == 1 and (os.environ.get("DISPLAY") or sys.platform != "linux"):
        photograph(languages[0])
        return 0
    screen = ["xvfb-run", "-a", "-s", f"-screen 0 {SIZE[0]}x{SIZE[1]}x24"]
    if not os.environ.get("DISPLAY") and sys.platform == "linux" and shutil.which("xvfb-run") is None:
        print("There is no display. Type: sudo apt-get install xvfb fonts-noto-cjk", file=sys.stderr)
        return 2
    prefix = [] if os.environ.get("DISPLAY") or sys.platform != "linux" else screen
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    for language in languages or list(PICTURES):
        subprocess.run([*prefix, sys.executable, __file__, language], check=True, env=environment, cwd=ROOT)
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main(sys.argv[1:]))
