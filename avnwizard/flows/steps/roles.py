"""Put roles, their passwords (as hashes), settings and memberships back as the snapshot has them."""

from pathlib import Path

from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.flows import snapshots
from avnwizard.flows.steps.scene import Scene


class RepairRoles(Step):
    """Compare with the snapshot's globals and put back what changed; roles that are new are told and left."""

    name = "roles"
    title = "Compare the database roles with the snapshot's"

    def __init__(self, scene: Scene, folder: Path) -> None:
        self._scene, self._file = scene, folder / snapshots.GLOBALS

    def probe(self, ctx: StepContext) -> Probe:
        """Comparing again is harmless."""
        changed = self._scene.host.database().globals_changes(self._file).repaired
        return Probe.HALF_DONE if changed else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Repair, and say what."""
        with ctx.effect("repair"):
            change = self._scene.host.database().repair_globals(self._file)
        for line in (*change.repaired, *change.left):
            ctx.say(line)
        if not (change.repaired or change.left):
            ctx.say("the roles are as they were")
        ctx.note(repaired=list(change.repaired), left=list(change.left))
