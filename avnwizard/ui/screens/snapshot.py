"""The snapshot: what is dumped, how much, where to, and what it proves. Off only by typing the stack's name."""

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain import words
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.errors import PostgresFirstError, WizardError
from avnwizard.flows.kubernetes.plan import KubePlan
from avnwizard.flows.safety.unprotected import not_held
from avnwizard.flows.snapshot.planning import volume_sizes
from avnwizard.ui import journey
from avnwizard.ui.deciding import planned
from avnwizard.ui.marks import NOTE, OK, STOP
from avnwizard.ui.screens.confirm_name import ConfirmName
from avnwizard.ui.screens.page import Page
from avnwizard.ui.screens.pick_volumes import PickVolumes
from avnwizard.ui.state import Upgrade
from avnwizard.ui.widgets.facts import Fact, Facts


class SnapshotPage(Page):
    """Decides whether a snapshot is taken."""

    CSS_PATH = "snapshot.tcss"
    AUTO_FOCUS = "VerticalScroll"
    STAGE = "Snapshot"
    EXPLAINED = (
        "Before anything is changed, every database is dumped, all as of one moment, and the roles with their "
        "passwords too. Each dump is read back to its end; where the database's disk has the room, it is also "
        "restored into a scratch database, compared, and dropped. A dump that fails this stops the upgrade.\n\n"
        "v chooses volumes that are archived too, such as MinIO's data. A service that runs meanwhile may be "
        "writing: its files are then not all of one moment. Stop it first where that matters.\n\n"
        "If the upgrade has to be rolled back after its migrations, the databases are restored from this "
        "snapshot alongside the live ones, compared, and then swapped in; nothing is deleted.\n\n"
        "Without a snapshot there is no way back once migrations ran. x leaves it out, after you typed the "
        "stack's name."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "volumes", "Volumes", id="volumes"),
        Binding("x", "without", "Without", id="without-snapshot"),
        Binding("p", "postgres", "Postgres first", id="postgres-first"),
    ]
    _first: PostgresFirstError | None = None

    def body(self) -> ComposeResult:
        """The state, the facts."""
        yield Static(id="state", classes="pane", markup=False)
        with VerticalScroll():
            yield Facts(id="facts", label_width=9)

    def on_mount(self) -> None:
        """Make the plan: it says what would be dumped."""
        super().on_mount()
        self._plan()

    def _plan(self) -> None:
        upgrade = self.choices.upgrade
        if upgrade.prepared or upgrade.release:
            self._planned(upgrade)
            return
        self.tell("Making the plan ...")
        self._first = None
        self.ask_host(lambda: planned(self.host, upgrade), self._planned, self._refused)

    def _refused(self, error: WizardError) -> None:
        """Say why there is no plan; where Postgres has to go first, lead there."""
        if not isinstance(error, PostgresFirstError):
            self.refuse(error)
            return
        self._first = error
        self.tell("")
        state = f"{STOP.sign} Postgres goes first: from {error.old} to {error.new}, in a run of its own."
        self.query_one("#state", Static).update(Content.styled(state, STOP.style))
        key = self.key_of("postgres-first")
        facts = [
            ("Why", Content(printable(error.message, limit=400))),
            ("Do", Content(f"{key} shows the ways there. Once it is done, begin this upgrade again.")),
            ("", Content(printable(error.hint, limit=400))),
        ]
        self.query_one(Facts).show(facts)
        self.show_keys()

    def _planned(self, upgrade: Upgrade) -> None:
        now = self.choices.upgrade  # what was decided meanwhile stays
        self.choices.upgrade = replace(now, prepared=upgrade.prepared, release=upgrade.release)
        self.tell("")
        self._show()

    def _show(self) -> None:
        plan = self._made()
        if not plan:
            return
        snapshot = plan.snapshot
        if snapshot.taken:
            state = Content.assemble(
                (f"{OK.sign} A snapshot will be taken", OK.style), " before anything is changed."
            )
            facts = _facts(plan, self.key_of("volumes"))
        else:
            state = Content.assemble((f"{STOP.sign} No snapshot will be taken.", STOP.style))
            facts = _without(snapshot, self.key_of("without-snapshot"), possible=self.host.has_database)
        self.query_one("#state", Static).update(state)
        self.query_one(Facts).show(facts)
        self.show_keys()

    def _made(self) -> Plan | KubePlan | None:
        """The plan, wherever the stack runs; None before it is made."""
        upgrade = self.choices.upgrade
        made = upgrade.prepared or upgrade.release
        return made.plan if made else None

    def words_for(self, binding: Binding) -> str:
        """The other way round where it is off; where there is no plan, Enter makes it again."""
        if binding.action == "go_on" and self._first is not None:
            return "Plan again"
        if binding.action == "without" and not self.choices.upgrade.snapshot:
            return "Take it after all"
        return super().words_for(binding)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a database there is nothing to leave out, without a snapshot no volume to choose."""
        if action == "postgres":
            return self._first is not None
        if action == "volumes":
            plan = self._made()
            return bool(plan and plan.snapshot.offered)
        return self.host.has_database and self._first is None if action == "without" else True

    def action_postgres(self) -> None:
        """The ways to the release's Postgres, with the release's own image."""
        from avnwizard.ui.screens.postgres import PostgresPage

        if (first := self._first) is not None:
            draft = self.choices.upgrade.draft
            self.app.push_screen(PostgresPage(first.old, ahead=first, of=draft.target.name if draft else ""))

    def action_volumes(self) -> None:
        """Choose what is archived alongside the databases."""
        if plan := self._made():
            snapshot = plan.snapshot
            dialog = PickVolumes(snapshot.offered, snapshot.volumes, dict(snapshot.volume_sizes))
            self.app.push_screen(dialog, self._picked)
            self.ask_host(lambda: volume_sizes(self.host), dialog.show_sizes, lambda _: dialog.show_sizes({}))

    def _picked(self, volumes: tuple[str, ...] | None) -> None:
        if volumes is not None:
            self.choices.upgrade = self.choices.upgrade.with_volumes(volumes)
            self._plan()

    def action_without(self) -> None:
        """Leave it out, once the stack's name was typed; or take it after all."""
        if not self.choices.upgrade.snapshot:
            self._set(True)
            return
        name = self.host.platform.name
        what = (
            "Without a snapshot there is no way back once the migrations have run: the old release cannot work on "
            "the new schema, and nothing could be restored."
        )
        self.app.push_screen(
            ConfirmName(what, name, "go without it"), lambda sure: self._set(False) if sure else None
        )

    def _set(self, wanted: bool) -> None:
        self.choices.upgrade = self.choices.upgrade.with_snapshot(wanted)
        self._plan()

    def action_go_on(self) -> None:
        """On to the review, once the plan is made."""
        if self._made():
            self.app.push_screen(journey.following(self, helm=self.host.compose is None))
        else:
            self._plan()


def _without(snapshot: SnapshotPlan, key: str, *, possible: bool) -> list[Fact]:
    """What it means that none is taken, and what can be done about it."""
    if possible:
        means = "Once migrations have run there is no way back to the release of now."
        return [("", Content(means)), ("", Content("")), ("", Content(f"{key} takes the snapshot after all."))]
    return [
        ("Why", Content(printable(snapshot.why_not, limit=300))),
        ("Means", Content("what a migration changes, avnwizard cannot undo")),
        ("Do", Content("take a backup of your own before you go on, and know how to restore it")),
        *(("Not in it", Content.assemble((f"{NOTE.sign} ", NOTE.style), not_held(n))) for n in snapshot.not_held),
    ]


def _facts(plan: Plan | KubePlan, volumes_key: str) -> list[Fact]:
    snapshot = plan.snapshot
    databases = snapshot.databases
    enough = snapshot.free_bytes >= snapshot.needed_bytes
    mark, told = (OK, "enough") if enough else (STOP, "too little: make room, or set AVNWIZARD_STATE_DIR")
    around = "" if isinstance(plan, KubePlan) else "env and compose files, your local edits, "
    facts: list[Fact] = [
        ("What", Content(f"roles and passwords, {around}and:")),
        *(("", Content(f"  {printable(name, limit=50):<24} {words.size(size):>8}")) for name, size in databases),
        ("", Content.assemble("  ", _volumes(snapshot, volumes_key))),
        *(("Not in it", Content.assemble((f"{NOTE.sign} ", NOTE.style), not_held(n))) for n in snapshot.not_held),
        (
            "Size",
            Content(f"at most {words.size(snapshot.needed_bytes)}; dumps are compressed and usually far smaller"),
        ),
        ("Time", Content(_time(plan))),
        ("Where", Content(printable(str(snapshot.folder)))),
        ("Free", Content.assemble(f"{words.size(snapshot.free_bytes)}  ", (f"{mark.sign} {told}", mark.style))),
        ("", Content("")),
        ("Proof", Content(_proof(snapshot))),
        ("Back", Content("restored alongside the live databases, compared, then swapped; nothing is deleted")),
    ]
    if not enough:
        facts.append(("", Content.assemble((f"{NOTE.sign} the run would stop at its first step", NOTE.style))))
    return facts


def _time(plan: Plan | KubePlan) -> str:
    if isinstance(plan, KubePlan):
        return "not known; everything serves meanwhile"
    seconds = next((step.seconds for step in plan.steps if step.name == "snapshot"), 0.0)
    told = (
        f"about {words.about(seconds)}, while everything serves"
        if seconds
        else "not known; everything serves meanwhile"
    )
    return f"{told}; {printable(plan.times_from, limit=100)}" if plan.times_from else told


def _volumes(snapshot: SnapshotPlan, key: str) -> Content:
    if not snapshot.volumes:
        return Content.assemble((f"no volume; {key} chooses from {len(snapshot.offered)}", "dim"))
    sizes = dict(snapshot.volume_sizes)
    told = [f"{name} ({words.size(sizes[name]) if name in sizes else 'size unknown'})" for name in snapshot.volumes]
    return Content(f"volumes: {printable(', '.join(told), limit=200)}")


def _proof(snapshot: SnapshotPlan) -> str:
    if snapshot.proof == "restored":
        return "restored: into a scratch database each, schema and rows compared; read back and checksummed"
    note = f"; {printable(snapshot.proof_note, limit=160)}" if snapshot.proof_note else ""
    return f"read back: each dump to its end, every file checksummed{note}"
