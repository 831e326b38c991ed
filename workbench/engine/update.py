"""One step: gradients of one or more micro-batches, clipping, the optimizer, the schedule."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.plan import TrainingPlan
from workbench.engine.optimizers import OPTIMIZERS, parameter_groups
from workbench.engine.quick import Learning
from workbench.engine.schedules import SCHEDULES
from workbench.engine.task import Output

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Stepped:
    """What one step did: mean loss over its units, gradient norm before clipping, the rate it used."""

    loss: float
    grad_norm: float
    learning_rate: float


class Updater:
    """Turns losses into new weights: backward, average, clip, step.

    `steps` is the length of the schedule, of which `done` were made before.
    """

    def __init__(self, plan: TrainingPlan, learning: Learning, steps: int, done: int = 0) -> None:
        optimizer, schedule = OPTIMIZERS[plan.optimizer.name], SCHEDULES[plan.schedule.name]
        self.optimizer: torch.optim.Optimizer = optimizer.function(
            parameter_groups(learning.parameters), plan.learning_rate, **optimizer.values(plan.optimizer)
        )
        self._learning, self._parameters = learning, learning.parameters
        self._plan, self._steps, self._step = plan, steps, done
        self._has_stepped = False
        self._factor: Callable[..., float] = schedule.function
        self._factor_values: dict[str, Any] = schedule.values(plan.schedule)

    def __call__(self, outputs: Iterable[Output]) -> Stepped:
        """One update from the micro-batches' `outputs`, an iterator that runs forward as it is read.

        Means are weighted by the units of each output, so that accumulated and whole batches give the same gradient.
        """
        loss = self._backward(outputs)
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        norm = self._clipped(gradients)
        rate = self._plan.learning_rate * self._factor(self._step, self._steps, **self._factor_values)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if math.isfinite(norm):  # the last good weights stay as they are
            self.optimizer.step()
            self._has_stepped = True
            self._learning.publish()
        self.optimizer.zero_grad(set_to_none=True)
        self._step += 1
        return Stepped(loss=loss, grad_norm=norm, learning_rate=rate)

    @property
    def trainable_bytes(self) -> int:
        """The size of the weights that learn."""
        return sum(parameter.nbytes for parameter in self._parameters)

    def forget(self) -> None:
        """Drop the gradients of a step that could not be finished, and moments that the first one was making."""
        self._learning.forget()
        if not self._has_stepped:
            self.optimizer.state.clear()

    def moments(self) -> dict[str, torch.Tensor]:
        """What the optimizer remembers, {"NUMBER.NAME": tensor}: NUMBER counts the trainable weights in their order."""
        return {
            f"{number}.{name}": value
            for number, parameter in enumerate(self._parameters)
            for name, value in self.optimizer.state.get(parameter, {}).items()
            if value is not None
        }

    def load_moments(self, moments: dict[str, torch.Tensor]) -> None:
        """Take up what `moments` gave."""
        self._has_stepped = bool(moments)
        for key, value in moments.items():
            number, _, name = key.partition(".")
            parameter = self._parameters[int(number)]
            self.optimizer.state[parameter][name] = value.to(parameter.device, copy=True)

    def _backward(self, outputs: Iterable[Output]) -> float:
        """Fill the gradients with those of the mean loss over all units, and return that loss.

        A single output is the usual case and costs no pass over the gradients.
        """
        import torch

        weights, losses, accumulated = 0.0, 0.0, False
        for number, output in enumerate(outputs):
            assert output.loss is not None
            if number == 1:
                torch._foreach_mul_([p.grad for p in self._parameters if p.grad is not None], weights)
            torch.autograd.backward(output.loss if number == 0 else output.loss * output.weight)
            self._learning.collect(number)
            weights += output.weight
            losses += float(output.loss.detach()) * output.weight
            accumulated = number > 0
        if accumulated:
            torch._foreach_div_([p.grad for p in self._parameters if p.grad is not None], weights)
        return losses / weights

    def _clipped(self, gradients: list[torch.Tensor]) -> float:
        """The norm of `gradients`, which are then no longer than the plan allows (Pascanu et al. 2013)."""
        import torch

        norm = _total_norm(gradients)
        if 0 < self._plan.clip_norm < norm and math.isfinite(norm):
            torch._foreach_mul_(gradients, self._plan.clip_norm / (norm + 1e-6))
        return norm


def _total_norm(gradients: list[torch.Tensor]) -> float:
    """The length of all `gradients` as one vector; infinite or NaN if one of them is."""
    import torch

    if any(gradient.device.type != "cpu" for gradient in gradients):
        return float(torch.nn.utils.get_total_norm(gradients))
    # A processor's own norm takes more than twice as long as a product of the vector with itself.
    flat = [gradient.reshape(-1) for gradient in gradients]
    return math.sqrt(math.fsum(float(torch.dot(each, each)) for each in flat))
