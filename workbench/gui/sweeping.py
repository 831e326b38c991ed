"""Sweeps in the window: asked for, made one run after the other, compared, and the best one taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from workbench.core.events import RunFinished
from workbench.core.language import tr, trn
from workbench.core.plan import TrainingPlan
from workbench.core.wording import metric_title
from workbench.gui.sweep_dialog import SweepDialog
from workbench.gui.sweep_view import SweepView
from workbench.gui.training_session import Begun
from workbench.gui.trials import SweepJob, TrialBegun
from workbench.gui.wording import number_text
from workbench.studio import Sweep, SweepFinished, TrialFinished

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow


class Sweeping(QObject):
    """Connects sweeps with the training, the pages and the list of runs."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self.dialog: SweepDialog | None = None
        self.view: SweepView | None = None
        self._finished: SweepFinished | None = None
        self._heading = ""
        self._sweep: Sweep | None = None
        training = window.session.training
        training.trial_begun.connect(self._begin_trial)
        training.sweep_told.connect(self._take)
        training.ended.connect(self._end)
        window.runs.sweep_requested.connect(self.show)
        window.runs.changed.connect(self._refresh)

    def ask(self) -> None:
        """Ask what is to be tried."""
        self._session.about_to_train.emit()
        plan = self._session.draft.plan
        if plan is None or not self._session.training.ready or self._session.obstacle:
            reason = self._session.obstacle if self._session.training.ready else tr("One run at a time.")
            self._window.messages.notify(reason)
        elif self.dialog is None:
            forecast = self._window.start_bar.forecasting.forecast
            seconds = forecast.seconds if forecast is not None else 0.0
            self.dialog = SweepDialog(self._window.studio, plan, self._window, seconds=seconds)
            self.dialog.chosen.connect(self.start)
            self.dialog.finished.connect(lambda _code: self._forget_dialog())
            self.dialog.open()

    def start(self, sweep: Sweep) -> None:
        """Make the runs of `sweep`."""
        studio = self._window.studio
        self._finished, self._sweep = None, sweep
        started = self._session.training.start(
            lambda: Begun(SweepJob(studio.sweep(sweep), studio)), lambda begun: begun
        )
        if started:
            self._window.messages.clear("sweep")
            self._heading = sweep.heading

    def show(self, heading: str) -> None:
        """Show the runs under `heading` beside each other."""
        if self.view is not None:
            self.view.close()
        view = self.view = SweepView(self._window.studio, heading, self._window)
        view.wanted.connect(self.use)
        view.run_wanted.connect(self._show_in_list)
        view.failed.connect(self._window.messages.notify)
        view.destroyed.connect(lambda _view: self._forget_view(view))
        view.show()

    def use(self, plan: TrainingPlan) -> None:
        """Put the plan of a run into the settings, from where it can be undone."""
        self._session.draft.open(plan, tr("Use the settings of a run"))
        self._window.messages.notify(tr("The settings on the left are those of the run now."), self._session.draft.undo)

    # The life of a sweep.

    def _begin_trial(self, begun: TrialBegun) -> None:
        """The next run: the page and the strip begin anew, whatever page is looked at."""
        window, run = self._window, begun.run
        self._heading = begun.run.plan.group
        words = tr("{name}, {number} of {total}", name=run.name, number=begun.number, total=begun.total)
        past = begun.past
        window.training.begin(run._replace(name=words), past)
        window.progress.begin(words, step=past.steps if past else 0, steps=past.planned if past else 0)
        window.runs.refresh()

    def _take(self, event: TrialFinished | SweepFinished) -> None:
        if isinstance(event, SweepFinished):
            self._finished = event
        self._refresh()

    def _end(self, _last: RunFinished) -> None:
        finished, self._finished = self._finished, None
        if finished is None:
            return
        window, heading = self._window, self._heading
        best = finished.trials[0] if finished.best is not None else None
        actions = [(tr("Compare them"), lambda: self.show(heading))] if finished.trials else []
        if finished.stopped:
            actions.insert(0, (tr("Go on with it"), self._go_on))
        if best is not None and finished.best is not None:
            plan = finished.best
            actions.insert(0, (tr("Use the best"), lambda: self.use(plan)))
            text = trn(
                "“{heading}”: {number} run was made. The best is “{name}” with {metric} {value}.",
                "“{heading}”: {number} runs were made. The best is “{name}” with {metric} {value}.",
                len(finished.trials),
                heading=heading,
                name=best.name,
                metric=metric_title(best.headline),
                value=number_text(best.score),
            )
            window.messages.banner("sweep", text, "info", actions)
            window.inference.set_run(best.run)
        elif finished.stopped:
            text = tr("“{heading}” was stopped. It can go on later; what was made is kept.", heading=heading)
            window.messages.banner("sweep", text, "info", actions)
        else:
            reason = next((trial.message for trial in finished.trials if trial.message), "")
            text = tr("“{heading}”: no run came to a result. {reason}", heading=heading, reason=reason)
            window.messages.banner("sweep", text, "warning", actions)
        self._refresh()

    def _go_on(self) -> None:
        """Make what is missing of the sweep that was stopped."""
        if self._sweep is not None:
            self.start(self._sweep)

    def _refresh(self) -> None:
        if self.view is not None:
            self.view.refresh()

    def _show_in_list(self, run: str) -> None:
        self._window.tabs.setCurrentWidget(self._window.runs)
        self._window.runs.select_run(run)

    def _forget_dialog(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()

    def _forget_view(self, view: Any) -> None:
        if self.view is view:
            self.view = None
