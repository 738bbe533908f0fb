"""Take the snapshot: everything that going back might need, proven before anything is changed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from avnwizard.domain import commands
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.domain.snapshot_plan import SnapshotPlan
from avnwizard.domain.words import size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.snapshot.taking import SnapshotWriter
from avnwizard.planned import PlannedStep, StepKind


def _title(plan: SnapshotPlan, choice: DatabaseChoice) -> str:
    """Which databases it holds: all there are, or those of some servers."""
    named = bool(plan.not_held or choice.labels or choice.outside)
    which = f" of {choice.named()}" if named else ""
    return f"Take a snapshot of every database{which}"


class TakeSnapshot(Step):
    """Globals, databases, volumes, files into one folder; nothing to undo: a snapshot stays.

    Args:
        plan: what is taken, how far it is proven, and where it goes.
        env: reads the env file as it was when the plan was made.
        model: the resolved compose model, where the caller has it.
    """

    name = "snapshot"
    kind = StepKind.SNAPSHOT
    undone_by = ()  # it stays

    def __init__(
        self, host: Host, plan: SnapshotPlan, env: Callable[[], bytes], model: ComposeModel | None = None
    ) -> None:
        self._host, self._plan, self._env, self._model = host, plan, env, model
        self.title = _title(plan, host.choice)

    def describe(self) -> PlannedStep:
        """Every command that dumps, reads back or restores, and where it all goes."""
        plan = self._plan
        names = [name for name, _ in plan.databases]
        dumps = [commands.pg_dump(name, compression="zstd:1", moment="MOMENT") for name in names]
        tools = [commands.pg_dumpall_globals(), *dumps, commands.pg_read_back()]
        proof = "each dump is read back whole and checksummed"
        if plan.proof == "restored":
            tools.append(commands.pg_restore("SCRATCH", scratch=True))
            proof += ", restored into a scratch database, compared, and that one dropped"
        elif plan.proof_note:
            proof += f"; not restored to prove it: {plan.proof_note}"
        sizes = dict(plan.volume_sizes)
        listed = [f"{name} ({size(sizes[name])})" if name in sizes else name for name in plan.volumes]
        volumes = f"; volumes: {', '.join(listed)}" if listed else ""
        return replace(
            super().describe(),
            commands=tuple(self._shown(tool) for tool in tools),
            note=f"Roles, passwords and {len(names)} databases ({size(plan.total_bytes)} on disk), of one moment, "
            f"into {plan.folder}{volumes}; {proof}.",
            going_back="nothing to undo; the snapshot stays",
        )

    def _shown(self, tool: commands.Argv) -> commands.Argv:
        """A tool as it runs: in the database's container, or against a server outside by its client tools."""
        choice, outside = self._host.choice, self._host.config.postgres.outside
        if choice.service and not choice.labels:
            return self._host.platform.database_command(choice.service, tool)
        if outside and not choice.labels:
            return commands.outside_tool(outside.client_image, tool, outside.ca_file)
        return tool  # on each of several servers

    def probe(self, ctx: StepContext) -> Probe:
        """Whole under its final name, or not at all."""
        try:
            snapshots.verify(self._host.files, self._plan.folder)
        except HostError:
            return Probe.NOT_DONE
        return Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Take it under a temporary name, then rename."""
        files, final = self._host.files, self._plan.folder
        partial = final.with_name(final.name + snapshots.PARTIAL)
        for left in files.list(final.parent):  # of a run that was killed: we hold the stack's lock
            if left.suffix == snapshots.PARTIAL:
                files.remove(left)
        try:
            # Compose is asked while we connect, not during the dumps: it takes more memory than a dump's docker CLI
            with ThreadPoolExecutor(1, thread_name_prefix="model") as alongside:
                model = alongside.submit(lambda: self._model or self._host.platform.model())
                taking = SnapshotWriter(self._host, self._plan, partial, ctx, model.result)
                taking.require_space()
                files.make(partial)
                ctx.note(folder=str(final))
                manifest = taking.fill(self._env())
        except HostError as error:
            files.remove(partial)
            raise HostError(
                f"The snapshot could not be taken: {error.message} Nothing was changed.", error.hint
            ) from error
        with ctx.effect("publish"):
            files.remove(final)
            files.publish(partial, final)
        many = f"{len(manifest.databases)} databases"
        ctx.note(sealed=True, proof=manifest.proof, proof_note=manifest.proof_note, bytes=manifest.size_bytes)
        ctx.say(f"snapshot of {many} in {final}: {size(manifest.size_bytes)}, {manifest.proof}")
