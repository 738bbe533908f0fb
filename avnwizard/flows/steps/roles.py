"""Put roles, their passwords (as hashes), settings and memberships back as the snapshot has them."""

from pathlib import Path

from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.snapshot.seal import require_own
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.planned import StepKind


class RepairRoles(Step):
    """Compare with the snapshot's globals and put back what changed; roles that are new are reported and left.

    Only where the databases go back too. The statements run as the server's superuser, so the file's checksum is
    compared immediately before each use, also in a run that is resumed, and its seal (`sealed`) where it has one.
    """

    name = "roles"
    title = "Compare the database roles with the snapshot's"
    kind = StepKind.ROLES
    undone_by = ()  # only in a rollback, which is not rolled back itself

    def __init__(self, scene: StepInputs, folder: Path, *, sealed: bool) -> None:
        self._scene, self._folder, self._sealed = scene, folder, sealed

    def probe(self, ctx: StepContext) -> Probe:
        """Comparing again is harmless."""
        changed = self._scene.host.database().globals_changes(self._verified()).repaired
        return Probe.HALF_DONE if changed else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Repair, and say what.

        Raises:
            HostError: the file of roles is damaged; no statement of it was run.
        """
        globals_ = self._verified()
        with ctx.effect("repair"):
            change = self._scene.host.database().repair_globals(globals_)
        for line in (*change.repaired, *change.left):
            ctx.say(line)
        if not (change.repaired or change.left):
            ctx.say("the roles are as they were")
        ctx.note(repaired=list(change.repaired), left=list(change.left))

    def _verified(self) -> Path:
        try:
            if self._sealed:
                require_own(self._scene.host, self._folder)
            return snapshots.verified_globals(self._scene.host.files, self._folder)
        except HostError as error:
            raise HostError(
                f"{error.message} No role was changed by it.",
                "Put an intact copy of the file there and resume; compare by hand with: pg_dumpall --globals-only",
            ) from error
