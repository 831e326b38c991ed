"""`workbench predict`: texts go to the model of a run, answers with every logit come back."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.progress import track

from workbench.cli.readings import reading_with
from workbench.cli.terminal import DONE, Terminal, clean, piped_text
from workbench.cli.words import number_words
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.predictions import Prediction, Scores
from workbench.studio import Predictor, Studio

_CHUNK = 256
_CLOSE = 0.1
_SHOWN_LABELS = 5

Question = dict[str, str]
Row = dict[str, object]


def predict(arguments: argparse.Namespace, studio: Studio, terminal: Terminal) -> int:
    """Carry out `workbench predict`. Returns the exit status."""
    run = studio.run(arguments.run)
    if arguments.out:
        _refuse_overwriting(arguments)
    predictor = studio.predictor(run.id)
    cells: list[Row] = []
    if arguments.data:
        questions, cells = _questions_of_table(arguments.data, predictor, studio)
    else:
        questions = _questions_of_texts(arguments.texts or _piped_texts(terminal), predictor)
    answers = list(_answers(questions, predictor, terminal))
    _tell_unanswered(answers, terminal)
    if arguments.out:
        asked: Sequence[Mapping[str, object]] = cells or questions
        rows = [{**row, **_flat(answer)} for row, answer in zip(asked, answers, strict=True)]
        studio.export_predictions(Path(arguments.out).expanduser().absolute(), rows)
        terminal.say(tr("Written: {path}", path=arguments.out))
    if arguments.json:
        pairs = zip(questions, answers, strict=True)
        terminal.answer_json([_as_json(question, answer, predictor) for question, answer in pairs])
    elif not arguments.out:
        for question, answer in zip(questions, answers, strict=True):
            show(question, answer, terminal)
    return DONE


def _refuse_overwriting(arguments: argparse.Namespace) -> None:
    out = Path(arguments.out).expanduser()
    if arguments.data and out.exists() and out.samefile(arguments.data):
        raise WorkbenchError(
            Problem(
                code="C02",
                where="--out",
                what=tr("This is the file that is read; it stays as it is."),
                remedy=tr("Choose another file for the answers."),
            )
        )


def _piped_texts(terminal: Terminal) -> list[str]:
    """The lines of the standard input. Raises WorkbenchError if a person sits there."""
    text = piped_text(terminal)
    if text is None:
        raise _nothing_to_judge()
    return [line.rstrip("\n") for line in io.StringIO(text, newline=None) if line.strip()]


def _nothing_to_judge() -> WorkbenchError:
    return WorkbenchError(
        Problem(
            code="C03",
            where="workbench predict",
            what=tr("There is no text to judge."),
            remedy=tr("Give texts in quotes, a table with --data, or lines through a pipe."),
        )
    )


def _questions_of_texts(texts: Sequence[str], predictor: Predictor) -> list[Question]:
    fields = list(predictor.fields)
    if not any(text.strip() for text in texts):
        raise _nothing_to_judge()
    if len(texts) % len(fields):
        raise WorkbenchError(
            Problem(
                code="C04",
                where="TEXT",
                what=tr("This run reads {number} texts together, and one is missing.", number=len(fields)),
                remedy=tr("Give the texts in the order: {fields}.", fields=", ".join(fields)),
            )
        )
    cleaned = [clean(text) for text in texts]
    size = len(fields)
    return [dict(zip(fields, cleaned[at : at + size], strict=True)) for at in range(0, len(cleaned), size)]


def _questions_of_table(path: str, predictor: Predictor, studio: Studio) -> tuple[list[Question], list[Row]]:
    """The questions in the table at `path`, and its rows as they are. Raises WorkbenchError."""
    columns = {field: predictor.plan.dataset.columns[field] for field in predictor.fields}
    said = predictor.plan.dataset.reading
    table = studio.read_table(path, reading_with(tuple(columns.values()), path, said, studio))
    missing = [column for column in columns.values() if column not in table.columns]
    if missing and len(columns) == len(table.columns) == 1:
        columns, missing = {next(iter(columns)): table.columns[0]}, []
    if missing:
        raise WorkbenchError(
            Problem(
                code="D31",
                where=Path(path).name,
                what=tr("The file has no column “{column}”.", column="”, “".join(missing)),
                remedy=tr("Possible: {possible}.", possible=", ".join(table.columns)),
            )
        )
    every = [table.column(name) for name in table.columns]
    rows: list[Row] = [dict(zip(table.columns, row, strict=True)) for row in zip(*every, strict=True)]
    questions = [{field: str(row[column]) for field, column in columns.items()} for row in rows]
    return questions, rows


def _answers(questions: list[Question], predictor: Predictor, terminal: Terminal) -> Iterator[Prediction | None]:
    """One answer for each question, in order; None where there is no text to read."""
    starts = range(0, len(questions), _CHUNK)
    quiet = len(starts) < 2 or not terminal.notes.is_terminal
    for start in track(starts, description=tr("Judging"), console=terminal.notes, transient=True, disable=quiet):
        chunk = questions[start : start + _CHUNK]
        readable = [question for question in chunk if predictor.reads(question)]
        answered = iter(predictor.predict(readable) if readable else ())
        for question in chunk:
            yield next(answered) if predictor.reads(question) else None


def _tell_unanswered(answers: list[Prediction | None], terminal: Terminal) -> None:
    number = answers.count(None)
    if number:
        terminal.say(
            trn("{number} row has no text and got no answer.", "{number} rows have no text and got no answer.", number)
        )


def _as_json(question: Question, answer: Prediction | None, predictor: Predictor) -> Row:
    """{"text", "label", "logits", "probabilities"}, or {"text", "value"} for a number; null where no answer came."""
    if answer is None and not predictor.labels:
        return {**question, "value": None}
    if answer is None:
        return {**question, "label": None, "logits": {}, "probabilities": {}}
    if isinstance(answer, Scores):
        return {
            **question,
            "label": answer.label,
            "logits": dict(zip(answer.labels, answer.logits, strict=True)),
            "probabilities": dict(zip(answer.labels, answer.probabilities, strict=True)),
        }
    return {**question, "value": answer.value}


def _flat(answer: Prediction | None) -> Row:
    """The columns that an answer adds to a table."""
    if answer is None:
        return {"prediction": ""}
    if not isinstance(answer, Scores):
        return {"prediction": answer.value}
    flat: Row = {"prediction": answer.label, "confidence": max(answer.probabilities)}
    for label, logit, probability in zip(answer.labels, answer.logits, answer.probabilities, strict=True):
        flat[f"logit {label}"] = logit
        flat[f"probability {label}"] = probability
    return flat


def show(question: Question, answer: Prediction | None, terminal: Terminal) -> None:
    """One question and its answer, for people."""
    terminal.answer(" | ".join(question.values()))
    if answer is None:
        terminal.answer("  -")
        return
    if not isinstance(answer, Scores):
        terminal.answer("  " + number_words(answer.value))
        return
    ranked = answer.ranked()
    for label, logit, probability in ranked[:_SHOWN_LABELS]:
        bar = "█" * round(probability * 20)
        terminal.answer(f"  {probability:6.1%}  {logit:+8.3f}  {label}  {bar}")
    if len(ranked) > _SHOWN_LABELS:
        terminal.answer("  " + tr("… and {number} more labels", number=len(ranked) - _SHOWN_LABELS))
    if len(ranked) > 1 and ranked[0][2] - ranked[1][2] < _CLOSE:
        terminal.answer("  " + tr("Unsure between “{first}” and “{second}”.", first=ranked[0][0], second=ranked[1][0]))
