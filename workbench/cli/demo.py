"""`workbench demo`: what the window would show, in the terminal."""

from __future__ import annotations

import argparse

from workbench.cli.asking import show
from workbench.cli.charts import curves_png, terminal_curve
from workbench.cli.terminal import Terminal
from workbench.cli.training import carry_out, say_result
from workbench.core.language import language, tr
from workbench.studio import Studio


def demo(arguments: argparse.Namespace, studio: Studio, terminal: Terminal) -> int:
    """Train on the sample, judge its three sentences, draw the curves. Returns the exit status."""
    wanted = "zh" if language() == "zh_CN" else "en"
    sample = next(sample for sample in studio.samples() if sample.language == wanted)
    plan = studio.draft(sample.path)
    terminal.say(tr("Sample: {title} ({licence})", title=sample.title, licence=sample.licence))
    terminal.say(tr("Model: {model}", model=studio.card(plan.model).title))
    run = studio.start(plan)
    result = carry_out(run, terminal)
    say_result(run, plan, studio, result, terminal, aside=False)
    if not result.finished.best_step or result.interrupted:
        return result.status
    terminal.answer()
    predictor = studio.predictor(run.id)
    field = next(iter(predictor.fields))
    questions = [{field: text} for text in sample.try_out[:3]]
    for question, answer in zip(questions, predictor.predict(questions), strict=True):
        show(question, answer, terminal)
    curves = studio.curves(run.id)
    terminal.answer()
    terminal.answer(terminal_curve(curves, terminal.results.width))
    picture = run.folder / "curves.png"
    studio.write_file(picture, curves_png(curves, f"{sample.title}: {run.name}"))
    terminal.answer(tr("The curves as a picture: {path}", path=picture))
    return result.status
