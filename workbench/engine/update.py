"""One step: gradients of one or more micro-batches, clipping, the optimizer, the schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.plan import TrainingPlan
from workbench.engine.optimizers import OPTIMIZERS, parameter_groups
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
    """Turns losses into new weights: backward, average, clip, step. `steps` is the length of the schedule."""

    def __init__(self, plan: TrainingPlan, net: torch.nn.Module, steps: int) -> None:
        optimizer, schedule = OPTIMIZERS[plan.optimizer.name], SCHEDULES[plan.schedule.name]
        self.optimizer: torch.optim.Optimizer = optimizer.function(
            parameter_groups(net), plan.learning_rate, **optimizer.values(plan.optimizer)
        )
        self._parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        self._plan, self._steps, self._step = plan, steps, 0
        self._factor: Callable[..., float] = schedule.function
        self._factor_values: dict[str, Any] = schedule.values(plan.schedule)

    def __call__(self, outputs: Iterable[Output]) -> Stepped:
        """One update from the micro-batches' `outputs`, an iterator that runs forward as it is read.

        Means are weighted by the units of each output, so that accumulated and whole batches give the same gradient.
        """
        import torch

        weights, losses = 0, 0.0
        for output in outputs:
            assert output.loss is not None
            torch.autograd.backward(output.loss * output.weight)
            weights += output.weight
            losses += float(output.loss.detach()) * output.weight
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        torch._foreach_div_(gradients, float(weights))
        norm = torch.nn.utils.get_total_norm(gradients)
        if self._plan.clip_norm:
            torch.nn.utils.clip_grads_with_norm_(self._parameters, self._plan.clip_norm, norm)
        rate = self._plan.learning_rate * self._factor(self._step, self._steps, **self._factor_values)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        stepped = Stepped(loss=losses / weights, grad_norm=float(norm), learning_rate=rate)
        if torch.isfinite(norm):  # the last good weights stay as they are
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._step += 1
        return stepped
