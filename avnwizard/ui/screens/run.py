"""The live run: steps, services, the edge, the last words; pause, abort, leave; and on failure what now."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from avnwizard.domain.going_back import BEGINS, sentence
from avnwizard.engine.records import Action, RunRecord
from avnwizard.errors import ExitCode, WizardError
from avnwizard.flows import holding
from avnwizard.flows.flow import Touched
from avnwizard.flows.run import going_back, launch
from avnwizard.flows.run.registry import flow_of
from avnwizard.ui import run_lines, run_stopped
from avnwizard.ui.bridge import Ending, RunSeen, RunWatch
from avnwizard.ui.run_view import RunView
from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.screens.log import LogPage
from avnwizard.ui.screens.page import Page
from avnwizard.ui.settling import Settling
from avnwizard.ui.taking_back import take_back
from avnwizard.ui.widgets.lines import Lines
from avnwizard.ui.widgets.price import Price
from avnwizard.ui.widgets.probe import ProbePlot
from avnwizard.ui.widgets.rows import Rows
from avnwizard.ui.widgets.stopped import StoppedPane
from avnwizard.ui.widgets.title_bar import TitleBar

_TICK_S = 1.0


class RunPage(Page):
    """Watches one run. Leaving it, or the terminal, never ends the run.

    Args:
        run: its id.
        process: the run's process where this one started it.
    """

    CSS_PATH = "run.tcss"
    AUTO_FOCUS = "#steps"
    STAGE = "Roll"
    EXPLAINED = run_lines.EXPLAINED
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Choose", key_display="Enter"),
        Binding("p", "pause", "Pause", id="pause"),
        Binding("a", "abort", "Abort", id="abort"),
        Binding("l", "log", "Log", id="log"),
        Binding("escape", "back", "Overview", key_display="Esc"),
    ]

    def __init__(self, run: str, process: Ending | None = None) -> None:
        super().__init__()
        self.run_id = run
        self.view: RunView | None = None
        self._touched: tuple[Touched, ...] | None = None
        self._process = process
        self._watch: RunWatch | None = None
        self._cost = ""
        self._stopped = False
        self._stands: tuple[str, bool, bool] | None = None

    def heading(self) -> str:
        """Which run."""
        return f"Run {self.run_id}"

    def body(self) -> ComposeResult:
        """Summary, steps alongside services, the edge, the log; the choices where it stopped."""
        yield Static(id="summary", classes="pane", markup=False)
        yield Price()
        with Horizontal(id="upper"):
            yield Lines(id="steps")
            yield Lines(id="services", can_focus=False)
        yield ProbePlot()
        yield Static(id="canary", classes="pane", markup=False)
        yield StoppedPane(id="stopped")
        yield Lines(id="log", can_focus=False)

    def on_mount(self) -> None:
        """Begin to watch."""
        super().on_mount()
        self.settling = Settling(self.wizard.moment)
        self._begin_watch()
        self.set_interval(_TICK_S, self._tick)

    def on_unmount(self) -> None:
        """Watch no more; the run goes on."""
        self.stop_watching()

    def stop_watching(self) -> None:
        """What is shown stays as it is."""
        if self._watch:
            self._watch.stop()

    def _begin_watch(self) -> None:
        self.stop_watching()
        self._watch = RunWatch(self.host, self.run_id, self, self._process)
        self._watch.start()

    def on_run_seen(self, event: RunSeen) -> None:
        """Show what is new."""
        record = event.news.record
        if self._touched is None:
            self._touched = self._read(record)
            title = self.query_one(TitleBar)
            title.heading, title.stage = record.title, self.STAGE if flow_of(record).staged else None
        self.view = (self.view or RunView(event.news.record)).told(event.news, settled=event.settled)
        self.show_view()

    def _read(self, record: RunRecord) -> tuple[Touched, ...]:
        """The services of the run; none where another version planned it."""
        try:
            return flow_of(record).touched(self.host.journal(), record)
        except WizardError as error:
            self.refuse(error)
            return ()

    def on_resize(self, event: events.Resize) -> None:
        """A narrow or low terminal shows less."""
        self.set_class(event.size.width < 76, "-narrow")  # noqa: PLR2004 - below it services have no room
        self.set_class(event.size.height < 22, "-low")  # noqa: PLR2004 - below it every row is needed

    def on_lines_refitted(self) -> None:
        """Columns and the log's length follow the room that there is, behind a question too."""
        if self.view:
            self.show_view()

    def _tick(self) -> None:
        """The clock moves on while the run is live; else nothing is drawn."""
        if self.view and self.view.live and not self.view.over:
            self._show_times()

    def _show_times(self) -> None:
        assert self.view is not None
        now = self.host.clock.now()
        summary = run_lines.summary(self.view, now, self.size.width - 2)
        self.query_one("#summary", Static).update(summary, layout=False)
        steps = self.query_one("#steps", Lines)
        steps.show(run_lines.step_lines(self.view, steps.scrollable_content_region.width, now))

    def show_view(self) -> None:
        """Draw the run as it is known."""
        view = self.view
        assert view is not None
        self._notice_change(view)
        if view.over:
            self._end(view)
            return
        self._show_times()
        self.query_one(Price).show(run_lines.cost(view))
        at = view.at
        if at:
            self.query_one("#steps", Lines).keep_in_sight(at.index)
        self._show_services(view, at.service if at else "")
        log = self.query_one("#log", Lines)
        log.show(run_lines.log_lines(view, log.size.height))
        self._show_stopped(view)
        canary = self.query_one("#canary", Static)
        canary.display = bool(view.canary)
        canary.update(run_lines.canary(view))
        self.query_one(ProbePlot).show(view.probe)  # it has less room on a run that stopped
        self.show_keys()

    def _show_services(self, view: RunView, at_work: str) -> None:
        """How each service is; the one at work is in sight."""
        touched, room = self._touched or (), run_lines.services_room(self.size.width)
        services, lines = self.query_one("#services", Lines), run_lines.service_lines(view, touched, room)
        services.styles.width = run_lines.services_width(lines, self.size.width)
        services.show(lines)
        for index, part in enumerate(touched):
            if part.service == at_work:
                services.keep_in_sight(index)

    def _notice_change(self, view: RunView) -> None:
        """Keys wait for a moment when the run begins, pauses or stops."""
        stands = (view.record.state, view.live, view.stopped)
        if self.settling and self._stands not in {None, stands}:
            self.settling.begin()
        self._stands = stands

    def _show_stopped(self, view: RunView) -> None:
        if view.stopped:
            at, narrow = "" if self._stopped else "log", self.has_class("-narrow")
            self.query_one(StoppedPane).show(view, self._cost, narrow=narrow, at=at)
        if view.stopped == self._stopped:
            return
        self._stopped = view.stopped
        self.set_class(view.stopped, "-stopped")
        if not view.stopped:
            self.wizard.outcome = ExitCode.DONE
            self.query_one("#steps", Lines).focus()
            return
        self.wizard.outcome = ExitCode.STEP_FAILED
        self.call_after_refresh(self.show_view)  # the panes have other heights now
        self.query_one(Rows).focus()
        if going_back.by_its_steps(view.record):
            self._costed("undoes the steps that were begun, the last one first")
        elif flow_of(view.record).can_roll_back:
            self.ask_host(self._cost_of_rollback, self._costed, lambda error: self._costed(error.message))

    def _cost_of_rollback(self) -> str:
        journal = self.host.journal()
        plan = going_back.plan_going_back(self.host, journal, journal.run(self.run_id))
        return sentence(plan.cost, self.host.clock.now()).removeprefix(BEGINS)

    def _costed(self, cost: str) -> None:
        self._cost = cost
        if self.view:  # else it was started again meanwhile
            self.show_view()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Pause and abort only for a live run, a choice only for a stopped one."""
        live = bool(self.view and self.view.live and not self.view.stopped)
        if action == "go_on":
            return self._stopped
        return live if action in {"pause", "abort"} else True

    def words_for(self, binding: Binding) -> str:
        """`p` lifts a pause; `q` says that the run goes on."""
        paused = bool(self.view and self.view.phase in {"paused", "pausing"})
        if binding.action == "pause" and paused:
            return "Go on"
        live = bool(self.view and self.view.live and not self.view.stopped)
        if binding.action == "leave" and live:
            return "Leave it running"
        return super().words_for(binding)

    def action_pause(self) -> None:
        """Pause after this step, or lift the pause."""
        if self.view and self.is_meant():
            self._post("resume" if self.view.phase in {"paused", "pausing"} else "pause")

    def action_abort(self) -> None:
        """Stop at the next safe place, if that is meant."""
        if not self.is_meant():
            return
        question = "Stop the run at the next safe place? What is done stays done; you can go on or roll back then."
        self.app.push_screen(Ask(question, yes="stop it", no="let it run"), self._abort)

    def _abort(self, sure: bool | None) -> None:
        if sure and self._stopped:
            self.warn("The run had stopped already. Choose what to do now.")
        elif sure:
            self._post("abort")

    def _post(self, action: Action) -> None:
        self.ask_host(lambda: holding.post(self.host, action, self.run_id), lambda _: None)

    def action_log(self) -> None:
        """Show all that was said."""
        if view := self.view:
            self.app.push_screen(LogPage(lambda: self.view or view))

    def action_go_on(self) -> None:
        """Do what was chosen."""
        if not self._stopped or not self.view or not self.is_meant():
            return
        self.tell("")
        match self.query_one(Rows).chosen:
            case "log":
                self.action_log()
            case "again":
                self.app.push_screen(
                    Ask(run_stopped.again(self.view), yes="try again", no="leave it stopped"), self._try_again
                )
            case "back":
                take_back(self, self.view.record)
            case _:
                self.wizard.leave()

    def _try_again(self, sure: bool | None) -> None:
        if sure and self._stopped:
            self.tell("Starting again ...")
            self.ask_host(lambda: launch.start(self.host, self.run_id), self._started)

    def _started(self, process: Ending) -> None:
        self.tell("")
        self._process = process
        self.view = None
        self._begin_watch()

    def on_screen_resume(self) -> None:
        """What ended while something was shown over it ends now."""
        if self.view and self.view.over:
            self._end(self.view)

    def _end(self, view: RunView) -> None:
        if not self.is_on_top:
            return  # the log is read, or a question is open
        from avnwizard.ui.screens.done import DonePage

        self.wizard.outcome = ExitCode.DONE
        self.stop_watching()
        self.app.switch_screen(DonePage(view))
