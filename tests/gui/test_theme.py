"""The look as numbers: contrast, distinct series for every eye, and no colour outside the theme."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.stylesheet import font_sizes, style_sheet

GUI = Path(theme.__file__).parent
BOTH = pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])


def linear(colour: str) -> np.ndarray:
    """The colour in linear light (sRGB, IEC 61966-2-1)."""
    value = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: (lighter + 0.05) / (darker + 0.05) of the relative luminances."""
    dark, light = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


@BOTH
@pytest.mark.parametrize("ground", ["window", "surface", "raised", "selection"])
@pytest.mark.parametrize("ink", ["text", "muted"])
def test_that_text_can_be_read(colours: theme.Tokens, ground: str, ink: str) -> None:
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@BOTH
def test_that_coloured_text_can_be_read_where_it_stands(colours: theme.Tokens) -> None:
    for ink, ground in (
        ("accent_text", "accent"),
        ("accent_text", "accent_hover"),
        ("accent", "surface"),
        ("accent", "window"),
        ("danger", "surface"),
        ("danger", "window"),
        ("danger", "danger_surface"),
        ("warning", "surface"),
        ("warning", "window"),
        ("warning", "warning_surface"),
        ("success", "surface"),
        ("text", "danger_surface"),
        ("text", "warning_surface"),
        ("text", "success_surface"),
        ("accent", "danger_surface"),
        ("accent", "warning_surface"),
        ("window", "text"),
    ):
        assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5, (ink, ground)


@BOTH
def test_that_controls_and_lines_can_be_seen(colours: theme.Tokens) -> None:
    for part in (colours.border, colours.focus, colours.accent, *colours.series):
        assert contrast(part, colours.surface) >= 3, part
    for part in (colours.border, colours.focus):
        assert contrast(part, colours.window) >= 3, part
    for ground in (colours.window, colours.surface, colours.raised):
        assert contrast(colours.disabled, ground) >= 3


# Machado, Oliveira and Fernandes 2009, severity 1.0: deuteranopia, protanopia, tritanopia.
EYES = {
    "plain": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.119192, 0.9503041]]
)


def lab(light: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour in linear light."""
    xyz = TO_XYZ @ np.clip(light, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: np.ndarray, other: np.ndarray) -> float:
    """Colour difference after Sharma, Wu and Dalal 2005."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(c**7 / (c**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = h2 - h1
    turn = 0.0 if c1 * c2 == 0 else turn - 360 if turn > 180 else turn + 360 if turn < -180 else turn
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    lm, cm, total = (l1 + l2) / 2, (c1 + c2) / 2, h1 + h2
    if c1 * c2 == 0:
        hm = total
    elif abs(h1 - h2) <= 180:
        hm = total / 2
    else:
        hm = (total + 360) / 2 if total < 360 else (total - 360) / 2
    t = (
        1
        - 0.17 * np.cos(np.radians(hm - 30))
        + 0.24 * np.cos(np.radians(2 * hm))
        + 0.32 * np.cos(np.radians(3 * hm + 6))
        - 0.20 * np.cos(np.radians(4 * hm - 63))
    )
    sl, sc, sh = 1 + 0.015 * (lm - 50) ** 2 / np.sqrt(20 + (lm - 50) ** 2), 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rt = -2 * np.sqrt(cm**7 / (cm**7 + 25**7)) * np.sin(np.radians(60 * np.exp(-(((hm - 275) / 25) ** 2))))
    return float(np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * dc / sc * dh / sh))


def test_that_the_difference_is_computed_as_published() -> None:
    published = ciede2000(np.array([50, 2.6772, -79.7751]), np.array([50, 0, -82.7485]))
    assert published == pytest.approx(2.0425, abs=1e-4)  # Sharma et al. 2005, pair 1


@BOTH
@pytest.mark.parametrize("eye", sorted(EYES))
def test_that_series_are_told_apart_by_every_eye(colours: theme.Tokens, eye: str) -> None:
    seen = [lab(EYES[eye] @ linear(colour)) for colour in colours.series]
    assert len(seen) >= 6
    assert min(ciede2000(*pair) for pair in combinations(seen, 2)) >= 15


def test_that_no_colour_stands_outside_the_theme() -> None:
    pattern = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b|Qt\.GlobalColor\.(?!transparent)|QColor\(\s*\d")
    for path in sorted(GUI.rglob("*.py")):
        if path.name != "theme.py":
            assert not pattern.search(path.read_text(encoding="utf-8")), path


def test_that_the_sheet_is_filled_and_uses_four_sizes() -> None:
    sheet = style_sheet(theme.LIGHT, 10)
    assert "@" not in sheet
    assert set(re.findall(r"font-size: ([\d.]+pt)", sheet)) <= {f"{size:g}pt" for size in font_sizes(10).values()}
    assert len(font_sizes(10)) <= 4


@BOTH
def test_that_every_role_of_the_palette_is_ours(colours: theme.Tokens) -> None:
    made = theme.palette(colours)
    ours = {QColor(value).rgb() for value in vars(colours).values() if isinstance(value, str)}
    for role in QPalette.ColorRole:
        if role not in (QPalette.ColorRole.NColorRoles, QPalette.ColorRole.NoRole):
            assert made.color(QPalette.ColorGroup.Active, role).rgb() in ours, role


def test_that_the_theme_is_switched_while_windows_are_open(qtbot: Any, qapp: QApplication) -> None:
    told = []
    theme.notifier.changed.connect(lambda: told.append(theme.tokens().dark))
    theme.apply(qapp, "dark")
    assert qapp.palette().window().color() == QColor(theme.DARK.window)
    theme.apply(qapp, "light")
    assert qapp.palette().window().color() == QColor(theme.LIGHT.window)
    assert told == [True, False]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(
    ("kind", "role"),
    [(QPushButton, ""), (QPushButton, "primary"), (QPushButton, "quiet"), (QLineEdit, ""), (QComboBox, "")],
)
def test_that_the_focus_is_seen(qtbot: Any, qapp: QApplication, mode: Any, kind: Any, role: str) -> None:
    theme.apply(qapp, mode)
    page = QWidget()
    qtbot.addWidget(page)
    one, other = kind(), QPushButton()
    one.setProperty("role", role)
    column = QVBoxLayout(page)
    column.addWidget(one)
    column.addWidget(other)
    page.show()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    before = one.grab().toImage()
    one.setFocus()
    qtbot.waitUntil(one.hasFocus)
    after = one.grab().toImage()
    row = before.height() // 2
    pixels = [(before.pixelColor(x, row).name(), after.pixelColor(x, row).name()) for x in range(8)]
    strong = [pair for pair in pixels if contrast(*pair) >= 3]
    assert len(strong) >= (2 if role else 1)  # a framed control has one pixel of the ring's two already
    assert all(contrast(new, theme.tokens().window) >= 3 for _old, new in strong) or role == "primary"
