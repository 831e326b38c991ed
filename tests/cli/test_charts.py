"""Curves in characters and as a picture."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.cli.conftest import Workbench
from workbench.cli.charts import curves_png, smoothed, terminal_curve
from workbench.core.language import set_language
from workbench.studio import Curves, Studio


@pytest.fixture
def curves(trained: Path) -> Curves:
    studio = Studio(trained)
    return studio.curves(studio.run("reviews-1").id)


def test_that_the_terminal_curve_fits_and_has_no_colours(curves: Curves) -> None:
    lines = terminal_curve(curves, 72).splitlines()
    assert 10 < len(lines) <= 16
    assert max(len(line) for line in lines) <= 72
    assert "\x1b" not in "".join(lines)
    assert "*" in "".join(lines[1:])


def test_that_no_steps_make_no_curve() -> None:
    assert terminal_curve(Curves(), 72) == ""


def test_that_a_run_that_never_had_a_finite_loss_is_drawn_all_the_same() -> None:
    broken = Curves(steps=[1, 2], losses=[math.nan, math.nan], epochs=[0.5, 1.0], learning_rates=[1.0, 1.0])
    assert curves_png(broken, "broken").startswith(b"\x89PNG")
    assert isinstance(terminal_curve(broken, 72), str)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_that_the_picture_is_a_png_of_full_size(curves: Curves, language: str) -> None:
    set_language(language)
    data = curves_png(curves, "reviews-1")
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")) == (1440, 900)


def test_that_smoothing_starts_at_the_first_loss_and_passes_over_gaps() -> None:
    losses = [2.0, math.nan, 1.0, 1.0]
    assert smoothed(losses)[0] == pytest.approx(2.0)
    assert all(math.isfinite(loss) for loss in smoothed(losses))
    assert smoothed([3.0] * 50) == pytest.approx([3.0] * 50)
    assert smoothed([]) == []


@pytest.mark.offline_model
def test_that_the_demo_trains_classifies_and_draws(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    draft = Studio.draft

    def shorter(self: Studio, *arguments: object, **named: object) -> object:
        plan = draft(self, *arguments, **named)  # type: ignore[arg-type]
        return msgspec.structs.replace(plan, max_steps=4, max_length=16)

    monkeypatch.setattr(Studio, "draft", shorter)
    said = workbench("demo")
    assert said.status == 0, said.err
    assert said.out.count("%  ") >= 3
    picture = Path(said.out.strip().splitlines()[-1].split(": ", 1)[1])
    assert picture.read_bytes().startswith(b"\x89PNG")
