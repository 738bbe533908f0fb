"""What every step of a new Postgres major is given, and what several of them ask."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from avnwizard.domain.compose.errors import ComposeError
from avnwizard.domain.host import Container
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.compose_edit import moved
from avnwizard.domain.postgres.copy_commands import CopyOrder
from avnwizard.domain.postgres.following import FollowOrder, back_settings, load_settings
from avnwizard.domain.postgres.pooler import PAUSE
from avnwizard.domain.postgres.server_commands import FOR_THE_LOAD, ServerOrder
from avnwizard.engine.step import StepContext
from avnwizard.errors import HostError, RefusedError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.plan import MajorPlan
from avnwizard.flows.stack.run_folder import RunFolder

BEFORE, AFTER = "compose-before", "compose-after"
_LISTED, _POLL_S, _QUIET_S = 3, 0.05, 5.0


@dataclass(frozen=True)
class World:
    """The plan, the host, and the folder of the run."""

    plan: MajorPlan
    host: Host
    folder: RunFolder

    def container(self) -> Container | None:
        """The service's own container, running or not."""
        found = [one for one in self.host.stack.containers(self.plan.service) if not one.one_off]
        return max(found, key=lambda one: one.created_at, default=None)

    def is_old(self, container: Container) -> bool:
        """Whether a container is the old server's: its image, on its volume."""
        return container.image_id == self.plan.image_old_id and self._has(container, self.plan.volume_old)

    def is_new(self, container: Container) -> bool:
        """Whether a container is the new server's."""
        return container.image_id == self.plan.image_new_id and self._has(container, self.plan.volume_new)

    @staticmethod
    def _has(container: Container, volume: str) -> bool:
        return any(one.kind == "volume" and one.source == volume for one in container.mounts)

    def running_old(self) -> Container:
        """The old server's container.

        Raises:
            StepError: it does not run.
        """
        found = self.container()
        if found is None or not self.is_old(found) or found.state != "running":
            raise StepError(
                f"{printable(self.plan.service, limit=63)} does not run on its old volume.",
                f"Start it: docker compose up -d {printable(self.plan.service, limit=63)}. Then resume.",
            )
        return found

    def running_new(self) -> Container:
        """The new server's container.

        Raises:
            StepError: it does not run.
        """
        found = self.container()
        if found is None or not self.is_new(found) or found.state != "running":
            raise StepError(
                f"{printable(self.plan.service, limit=63)} does not run on its new volume.",
                f"Start it: docker compose up -d {printable(self.plan.service, limit=63)}. Then resume.",
            )
        return found

    def follower(self, new: Container) -> ServerOrder:
        """The old server on its old volume, alone, while it follows the new one."""
        plan = self.plan
        return ServerOrder(
            plan.follower, plan.project, plan.image_old_id, plan.volume_old, plan.mount_old, new.id,
            settings=back_settings(len(plan.databases), plan.major_old),
        )  # fmt: skip

    def return_order(self, new: Container) -> FollowOrder:
        """The old server that follows the new one."""
        return FollowOrder(new.id, self.plan.follower, tuple(name for name, _ in self.plan.databases))

    def order(self, old: Container) -> ServerOrder:
        """The new server, alone on its volume."""
        plan = self.plan
        return ServerOrder(
            plan.helper, plan.project, plan.image_new_id, plan.volume_new, plan.mount_new, old.id, plan.initdb,
            FOR_THE_LOAD + (load_settings(len(plan.databases), plan.major_new) if plan.way == "logical" else ()),
        )  # fmt: skip

    def follow_order(self, old: Container) -> FollowOrder:
        """The new server that follows the old one."""
        return FollowOrder(old.id, self.plan.helper, tuple(name for name, _ in self.plan.databases))

    def copy_order(self, old: Container) -> CopyOrder:
        """The live copy that becomes the new server."""
        plan = self.plan
        command = self.host.stack.resolve().raw.get("services", {}).get(plan.service, {}).get("command") or ()
        words = tuple(map(str, [command] if isinstance(command, str) else command))
        options = words[1:] if words[:1] == ("postgres",) else words
        return CopyOrder(
            self.order(old), plan.image_old_id, plan.volume_old, plan.data_old, plan.pgdata, plan.superuser,
            plan.checksums, options,
        )  # fmt: skip

    def end_server(self, old: Container) -> None:
        """Shut the new server down where it was made ready; a container made for pg_upgrade ends later."""
        clusters = self.host.clusters()
        if self.plan.way in {"copy", "cold"}:
            clusters.shut_copy(self.copy_order(old))
        else:
            clusters.end(self.plan.helper)

    def writes(self, old: Container) -> dict[str, str]:
        """Database -> what was written to it since the old server began to count, as a mark to compare."""
        database = self.host.clusters().database(old.id)
        found: dict[str, str] = {}
        for one in database.databases():
            counters = database.write_counters(one.name)
            counts = sorted((name, c.inserted, c.updated, c.deleted) for name, c in counters.tables.items())
            found[one.name] = hashlib.sha256(f"{counters.epoch} {counts}".encode()).hexdigest()
        return found

    def require_unwritten(self, proven: Mapping[str, str], server: Container, which: str = "old") -> None:
        """Refuse to switch when a server was written to, or crashed, after the proof.

        Raises:
            StepError: names a database.
        """
        now = self.writes(server)
        if changed := sorted(name for name in proven.keys() | now.keys() if proven.get(name) != now.get(name)):
            raise StepError(
                f"The {which} server may have been written to since the copy was proven, in "
                f"{printable(changed[0], limit=63)}. It was not touched.",
                "avnwizard rollback starts the services on it; then upgrade again."
                if which == "old"
                else "End what connects from outside the stack; then resume.",
            )

    def signal_poolers(self, what: str) -> tuple[str, ...] | None:
        """Signal every pooler that runs; which containers, None where one did not get it."""
        poolers = [one for service in self.plan.poolers for one in self.host.stack.containers(service)]
        running = tuple(one.id for one in poolers if one.state == "running" and not one.one_off)
        try:
            if running:
                self.host.clusters().clients.signal(self.plan.image_old_id, running, what)
        except HostError:
            return None
        return running

    def is_quiet(self, limit_s: float) -> bool:
        """Whether nobody is connected to the service's server, or nobody is within a time."""
        there, deadline = self.container(), self.host.clock.now() + limit_s
        while there is not None and there.state == "running" and self.host.clusters().strangers(there.id):
            if self.host.clock.now() >= deadline:
                return False
            self.host.clock.sleep(_POLL_S)
        return True

    def require_alone(self, old: Container, which: str = "old") -> None:
        """Refuse while anybody is connected to a server: what they write would be lost.

        A pooler that was started again since it was paused is paused again first.

        Raises:
            StepError: names who.
        """
        if self.plan.poolers and not self.is_quiet(0.0):
            self.signal_poolers(PAUSE)
            self.is_quiet(_QUIET_S)
        if others := self.host.clusters().strangers(old.id):
            listed = "; ".join(printable(one, limit=120) for one in others[:_LISTED])
            more = f" and {len(others) - _LISTED} more" if len(others) > _LISTED else ""
            raise StepError(
                f"The {which} server still has connections: {listed}{more}. It was not touched.",
                "End what connects from outside the stack, then resume.",
            )


def start_old(ctx: StepContext, world: World) -> None:
    """Start the old server, where it is the stack's and stopped, and wait until it serves.

    Raises:
        StepError: the service is not on its old volume, or does not serve.
    """
    host, service = world.host, printable(world.plan.service, limit=63)
    there = world.container()
    if there is None or not world.is_old(there):
        raise StepError(f"{service} is not on its old volume.", "avnwizard runs")
    if there.state != "running":
        with ctx.effect("start-old"):
            host.stack.start(there.id)
    deadline = host.clock.now() + world.plan.healthy_s
    while (found := world.container()) is not None and not found.is_serving:
        if host.clock.now() >= deadline:
            raise StepError(f"{service} does not serve on its old volume.", "docker compose logs; resume.")
        host.clock.sleep(_POLL_S)


def save_files(host: Host, folder: RunFolder, plan: MajorPlan) -> None:
    """Keep the compose file as it is, and as the run will write it.

    Raises:
        RefusedError: it no longer holds what the plan changes.
    """
    before = host.files.read(host.repo.directory / plan.compose_file)
    try:
        after = moved(before.decode("utf-8", "surrogateescape"), plan.move)
    except ComposeError as error:
        raise RefusedError(f"{plan.compose_file}: {error.message} Nothing was changed.", error.hint) from error
    folder.save_contents(BEFORE, {plan.compose_file: before})
    folder.save_contents(AFTER, {plan.compose_file: after.encode("utf-8", "surrogateescape")})
