"""The ways to the next Postgres major, side by side: interruption, disk, risk and way back of each; and the start."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.major import WAYS, Way
from avnwizard.errors import PostgresFirstError
from avnwizard.flows.postgres import majors
from avnwizard.flows.postgres.flow import steps_of
from avnwizard.flows.postgres.plan import MajorPlan, WayOffer
from avnwizard.flows.postgres.planning import plan_major, with_database
from avnwizard.flows.run import launch
from avnwizard.flows.run.orders import order_major
from avnwizard.planned import PlannedStep
from avnwizard.ui.bridge import Ending
from avnwizard.ui.marks import NOTE, OK, STOP
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.page import Page
from avnwizard.ui.widgets.facts import Fact, Facts
from avnwizard.ui.widgets.rows import Column, Row, Rows
from avnwizard.ui.widgets.title_bar import TitleBar


class PostgresPage(Page):
    """Compares the ways, shows all of the chosen one, and starts it.

    Args:
        now: the major that serves.
        ahead: what of an upgrade has to go first; None where the operator came by himself.
        of: the release of that upgrade.
    """

    CSS_PATH = "postgres.tcss"
    EXPLAINED = (
        "PostgreSQL cannot read the files of another major version. Each row is a way to take your databases to the "
        "next one. They differ in how long the stack is away, how much disk they take meanwhile, and what they ask "
        "of the database. The old volume is kept in every way, so going back takes seconds until users have "
        "written to the new server.\n\n"
        "Move through the rows to see a way's steps, its risk and what stands in its way. ✓ can be taken now; ✗ "
        "cannot, and says why. * is recommended. Enter asks you to type the name of the stack, and starts.\n\n"
        "n looks at another major version. avnwizard help postgres explains each way."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("n", "next_major", "Other version", id="next-major")]

    def __init__(self, now: int, *, ahead: PostgresFirstError | None = None, of: str = "") -> None:
        super().__init__()
        self._targets = (ahead.new,) if ahead else majors.newer(now)
        self._to = self._targets[0]
        self._ahead, self._of = ahead, of
        self._plans: dict[Way, MajorPlan] = {}
        self._now = now

    def heading(self) -> str:
        """From what to what."""
        return f"Postgres {self._now} to {self._to}{self._of and f', ahead of {printable(self._of, limit=30)}'}"

    def body(self) -> ComposeResult:
        """The ways, and all of the chosen one."""
        yield Rows([Column(width=1), Column(width=9), Column(width=11), Column(width=9), Column()])
        with VerticalScroll():
            yield Facts(id="facts", label_width=11)
        yield Static(id="verdict", classes="pane", markup=False)

    def on_mount(self) -> None:
        """Plan."""
        super().on_mount()
        self._plan()

    def _plan(self) -> None:
        self._plans = {}
        self.tell(f"Looking what PostgreSQL {self._to} takes; its image is pulled where it is not here ...")
        self.ask_host(self._made, self._show)

    def _made(self, way: Way | None = None) -> MajorPlan:
        """The plan of a way; asks the stack."""
        if (ahead := self._ahead) is None:
            return plan_major(self.host, self._to, way=way)
        host = self.host if ahead.service == self.host.postgres_service else with_database(self.host, ahead.service)
        return plan_major(host, self._to, image=ahead.image, way=way)

    def _show(self, found: MajorPlan) -> None:
        self.tell("")
        self._plans[found.way] = found
        self.query_one(Rows).show([_row(one, chosen=one.way == found.way) for one in found.ways], at=found.way)
        self._show_chosen()

    @property
    def _way(self) -> Way | None:
        chosen = self.query_one(Rows).chosen
        return next((way for way in WAYS if way == chosen), None)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show all of a way; each has a plan of its own."""
        event.stop()
        self._show_chosen()

    def _show_chosen(self) -> None:
        way = self._way
        if way is None:
            return
        plan = self._plans.get(way)
        if plan is None:
            self.tell(f"Looking what the way {way} takes ...")
            self.ask_host(lambda: self._made(way), self._planned)
            return
        self.query_one(Facts).show(list(_facts(plan, list(self.host.planned(steps_of(self.host, plan, "plan"))))))
        self.query_one("#verdict", Static).update(_verdict(plan))
        self.show_keys()

    def _planned(self, found: MajorPlan) -> None:
        self.tell("")
        self._plans[found.way] = found
        self._show_chosen()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be started."""
        if action == "go_on":
            return (plan := self._chosen()) is not None and not plan.stops
        if action == "next_major":
            return len(self._targets) > 1
        return True

    def _chosen(self) -> MajorPlan | None:
        way = self._way if self.is_mounted else None
        return self._plans.get(way) if way else None

    def words_for(self, binding: Binding) -> str:
        """Which way Enter starts."""
        plan = self._chosen()
        return f"Start {plan.way}" if binding.action == "go_on" and plan else super().words_for(binding)

    def action_next_major(self) -> None:
        """Look at the next of the newer versions."""
        at = (self._targets.index(self._to) + 1) % len(self._targets)
        self._to = self._targets[at]
        self.query_one(TitleBar).heading = self.heading()
        self._plan()

    def action_go_on(self) -> None:
        """Have the stack's name typed."""
        plan = self._chosen()
        if plan is None or plan.stops:
            return
        offer = next(one for one in plan.ways if one.way == plan.way)
        what = f"PostgreSQL {plan.version_old} to {plan.major_new}, by the way {plan.way}: away for {_away(offer)}."
        self.app.push_screen(
            ConfirmName(what, plan.project, "start"), lambda sure: self._start(plan) if sure else None
        )

    def _start(self, plan: MajorPlan) -> None:
        self.tell("Starting ...")

        def begin() -> tuple[str, Ending]:
            run = order_major(self.host, plan)
            return run, launch.start(self.host, run)

        self.ask_host(begin, self._begun)

    def _begun(self, begun: tuple[str, Ending]) -> None:
        from avnwizard.ui.screens.run import RunPage

        self.wizard.open_alone(RunPage(*begun))


def _row(offer: WayOffer, *, chosen: bool) -> Row:
    mark = STOP if offer.why_not else OK
    name = Content.assemble(offer.way, (" *" if chosen else "", "bold"))
    said = printable(offer.why_not or offer.risk or offer.title, limit=200)
    away = Content(_away(offer) if not offer.why_not else "")
    disk = Content(words.size(offer.needed_bytes) if not offer.why_not else "")
    return Row(offer.way, (Content.styled(mark.sign, mark.style), name, away, disk, Content.styled(said, "dim")))


def _away(offer: WayOffer) -> str:
    return f"about {words.about(offer.interruption_s)}"


def _verdict(plan: MajorPlan) -> Content:
    if not plan.stops:
        free = f"; {words.size(plan.free_bytes)} is free" if plan.free_bytes is not None else ""
        return Content.assemble((f"{OK.sign} ", OK.style), f"This can begin: nothing stands in its way{free}.")
    lines = [
        Content.assemble(
            (f"{STOP.sign} {printable(what, limit=400)}\n", STOP.style), ("  " + printable(remedy, limit=400), "dim")
        )
        for what, remedy in plan.stops
    ]
    return Content("\n").join(lines)


def _facts(plan: MajorPlan, steps: list[PlannedStep]) -> Iterator[Fact]:
    offer = next(one for one in plan.ways if one.way == plan.way)
    yield "How", Content(printable(offer.title, limit=300))
    how = "paused" if plan.pauses else "stopped"
    yield "Away", Content(f"{_away(offer)}; {how} meanwhile: {', '.join(map(printable, plan.stop))}")
    if plan.held:
        yield "", Content(f"{', '.join(map(printable, plan.held))} wait in PgBouncer meanwhile")
    yield "Disk", Content(f"{words.size(offer.needed_bytes)} alongside the old volume, which is kept")
    if offer.risk:
        yield "Risk", Content(printable(offer.risk, limit=400))
    yield "Going back", Content(offer.back)
    yield "Image", Content(printable(f"{plan.image_old} to {plan.image_new}"))
    yield "File", Content(printable(f"{plan.compose_file}: image, mount {plan.mount_new}, volume {plan.volume_new}"))
    for number, note in enumerate(plan.notes):
        line = Content.assemble((f"{NOTE.sign} ", NOTE.style), printable(note, limit=600))
        yield ("Know" if not number else ""), line
    for number, step in enumerate(steps):
        yield ("Steps" if not number else ""), Content(f"{number + 1}. {printable(step.title, limit=120)}")
