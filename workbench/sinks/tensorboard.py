"""TensorBoard event files: one folder for each run, one curve for each number.

Written with tensorboard's own writer, which needs neither torch nor TensorFlow. Numbers there have 32 bits.
"""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from typing import Any

from workbench.core.events import Evaluated, Event, RunFinished, RunStarted, StepDone
from workbench.core.plan import TrainingPlan
from workbench.sinks._told import folder_name, plan_text

_FLUSH_SECONDS = 5


class TensorBoard:
    """The sink. See `workbench.sinks.Sink`."""

    id = "tensorboard"
    title = "TensorBoard"
    extra = "tensorboard"

    def available(self) -> bool:
        """Whether the package tensorboard is installed."""
        return importlib.util.find_spec("tensorboard") is not None

    def open(self, run: str, plan: TrainingPlan, target: str) -> _EventFile:
        """A new event file in `target/NAME-RUN`. Raises OSError."""
        return _EventFile(Path(target) / folder_name(run, plan), plan)


SINK = TensorBoard()


class _EventFile:
    def __init__(self, folder: Path, plan: TrainingPlan) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._writer: Any = EventFileWriter(str(folder), flush_secs=_FLUSH_SECONDS)
        self._plan = plan

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._start(event)
            case StepDone():
                self._scalars(
                    event.step,
                    {
                        "train/loss": event.loss,
                        "train/learning_rate": event.learning_rate,
                        "train/grad_norm": event.grad_norm,
                    },
                )
            case Evaluated():
                numbers = {"loss": event.loss, **event.measures.metrics}
                self._scalars(event.step, {f"{event.part}/{name}": number for name, number in numbers.items()})
                self._writer.flush()
            case RunFinished():
                self._writer.flush()

    def close(self) -> None:
        self._writer.close()

    def _start(self, event: RunStarted) -> None:
        from tensorboard.compat.proto import event_pb2

        if event.first_step:
            # The steps after the checkpoint are made again: TensorBoard forgets what it had of them.
            start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
            self._write(event.first_step + 1, session_log=start)
        self._write(event.first_step, summary=_text("plan", f"```json\n{plan_text(self._plan)}\n```"))
        self._writer.flush()

    def _scalars(self, step: int, numbers: dict[str, float]) -> None:
        from tensorboard.compat.proto import summary_pb2

        values = [summary_pb2.Summary.Value(tag=tag, simple_value=number) for tag, number in numbers.items()]
        self._write(step, summary=summary_pb2.Summary(value=values))

    def _write(self, step: int, **contents: Any) -> None:
        from tensorboard.compat.proto import event_pb2

        self._writer.add_event(event_pb2.Event(wall_time=time.time(), step=step, **contents))


def _text(tag: str, text: str) -> Any:
    """A summary for TensorBoard's page of texts, which reads Markdown."""
    from tensorboard.compat.proto import summary_pb2, tensor_pb2, types_pb2

    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="text")
    metadata = summary_pb2.SummaryMetadata(plugin_data=plugin)
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[text.encode()])
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])
