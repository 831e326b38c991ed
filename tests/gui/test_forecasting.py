"""What a run will take is said before it begins; where it is dear, cheaper choices are one click away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.gui.driving import CSV, child, click, make_studio, wait_for, window_on, write
from workbench.core.forecasts import Forecast
from workbench.core.plan import ModelSpec
from workbench.gui.estimate import memory_text, size_text, spoken, time_text
from workbench.studio.forecasting import Forecaster

TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 300})


def forecast(**changes: Any) -> Forecast:
    values: dict[str, Any] = {
        "steps": 130,
        "seconds": 100.0,
        "start_seconds": 6.0,
        "step_seconds": 90.0,
        "other_seconds": 4.0,
        "peak_bytes": 11 << 27,
        "available_bytes": 16 << 30,
        "parts": (),
        "verdict": "fits",
    }
    return Forecast(**(values | changes))


def test_that_time_and_memory_are_said_in_round_numbers() -> None:
    assert spoken(100.0, 1240) == "1240 steps, about 2 min"
    assert spoken(7300.0, 1) == "1 step, about 2.0 h"
    assert memory_text(forecast()) == "1.4 of 16.0 GB of memory: fits"
    assert memory_text(forecast(available_bytes=0)) == "1.4 GB of memory"
    assert "too big" in memory_text(forecast(verdict="too_big"))
    assert (size_text(0), size_text(1), size_text(300 << 20), size_text(3 << 29)) == (
        "0 MB",
        "1 MB",
        "300 MB",
        "1.5 GB",
    )
    assert (time_text(0.0), time_text(0.2), time_text(99.0), time_text(100.0)) == ("0 s", "1 s", "99 s", "2 min")


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Any:
    with window_on(qtbot, make_studio(tmp_path)) as one:
        wait_for(qtbot, lambda: one.start_bar.forecasting.forecast is not None)
        yield one


def known(qtbot: Any, window: Any, available: int) -> Forecast:
    """The forecast for a computer with so much memory to spare."""
    studio, forecasting = window.studio, window.start_bar.forecasting
    forecasting.forecaster = Forecaster(studio.workspace / "models", studio.catalog, available=lambda: available)
    forecasting.look()
    wait_for(qtbot, lambda: forecasting.forecast is not None and forecasting.forecast.available_bytes == available)
    return forecasting.forecast


def test_that_the_line_follows_the_settings(qtbot: Any, window: Any) -> None:
    line = child(window, "estimate")
    assert line.text().startswith(f"{window.start_bar.forecasting.forecast.steps} steps")
    before = window.start_bar.forecasting.forecast.steps
    write(child(window, "option-epochs"), str(2 * window.session.draft.plan.epochs))
    wait_for(qtbot, lambda: line.text().startswith(f"{2 * before} steps"))
    assert "GB of memory" in child(window, "estimateMemory").text()


def test_that_what_fits_is_left_alone(qtbot: Any, window: Any) -> None:
    assert known(qtbot, window, 64 << 30).verdict == "fits"
    assert not window.start_bar._estimate.choices.isVisible()
    assert child(window, "trainButton").text() == "Train"


def test_that_what_is_too_big_comes_with_choices_and_can_be_trained_anyway(qtbot: Any, window: Any) -> None:
    found = known(qtbot, window, 1 << 29)
    assert found.verdict == "too_big"
    button = child(window, "trainButton")
    assert (button.text(), button.isEnabled()) == ("Train anyway", True)
    choices = window.start_bar._estimate.choices
    assert 3 <= len(choices.buttons) <= 4
    assert [one.accessibleName() for one in choices.buttons] == [one.title for one in found.cheaper]
    before = window.session.draft.plan
    click(choices.buttons[0])
    wait_for(qtbot, lambda: window.session.draft.plan != before)
    wanted = msgspec.structs.replace(found.cheaper[0].plan, name=before.name)
    assert window.session.draft.plan == wanted
    assert "batch_size" in window.session.draft.touched
    window.session.draft.undo()
    assert window.session.draft.plan == before


def test_that_the_details_name_every_part(qtbot: Any, window: Any) -> None:
    click(child(window, "estimateDetails"))
    dialog = window.start_bar.details
    assert not dialog.isModal()
    found = window.start_bar.forecasting.forecast
    rows = [row[0].text for row in dialog.parts.content.rows]
    assert rows[: len(found.parts)] == [part.title for part in found.parts]
    assert rows[-3:] == ["Getting ready", "Training steps", "Evaluating and saving"]
    dialog.close()


def test_that_real_steps_are_measured_on_demand_and_no_run_begins_meanwhile(qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text(CSV, encoding="utf-8")
    with window_on(qtbot, make_studio(tmp_path), sample=False) as window:
        window.commands.open_path(str(path))
        wait_for(qtbot, lambda: window.session.profile is not None)
        window.session.set_model(TINY)
        wait_for(qtbot, lambda: window.start_bar.forecasting.forecast is not None)
        click(child(window, "estimateDetails"))
        dialog = window.start_bar.details
        assert "Reckoned" in child(dialog, "forecastSource").text()
        click(child(dialog, "forecastMeasure"))
        assert not child(window, "trainButton").isEnabled()
        assert not window.session.train()
        wait_for(qtbot, lambda: window.start_bar.forecasting.forecast.measured, timeout=60000)
        assert "timed on this computer" in child(dialog, "forecastSource").text()
        wait_for(qtbot, lambda: child(window, "trainButton").isEnabled())
        assert window.studio.runs() == []
