"""The data of a service that no database holds: copied before the upgrade, and put back or emptied in a rollback."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from avnwizard.domain import commands, volume_commands
from avnwizard.domain.data_way import DataReturn, HeldVolume, VolumeSpec, copy_name, in_all, is_folder
from avnwizard.domain.host import Container
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.words import size
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.roll import identity, rolling
from avnwizard.flows.safety.data_volumes import held_sizes
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.roll import OLD
from avnwizard.planned import PlannedStep, StepKind

_STOP_GRACE_S = 30.0
_BYTES_PER_S = 100e6
"""Copied by the engine, cautiously, from disk to disk."""
_ALIVE = frozenset({"running", "restarting", "paused"})


class CopyData(Step):
    """Stop a service and copy its volumes; its roll, which comes next, starts the newer version."""

    kind = StepKind.SAVE

    def __init__(self, scene: StepInputs, part: ServicePlan) -> None:
        self._scene, self._part, self.service = scene, part, part.service
        self.name = f"copy:{part.service}"
        self.title = f"Copy the data of {part.service}"
        self.guess_s = 5.0 + sum(max(one.size_bytes, 0) for one in part.held) / _BYTES_PER_S

    def describe(self) -> PlannedStep:
        """Stopped, then each volume as a tar into the run's folder."""
        part = self._part
        copies = tuple(volume_commands.copy(OLD, one.path) for one in part.held)
        return replace(
            super().describe(),
            commands=(commands.docker_stop([OLD], part.grace_s), *copies),
            note=f"{in_all(part.held)} into the run's folder, while {part.service} is stopped.",
            going_back="it is started again on its data",
            interrupts=f"{part.service} is stopped from here until it is rolled",
        )

    def probe(self, ctx: StepContext) -> Probe:
        """Done when every volume was copied whole."""
        return Probe.DONE if "copied" in ctx.recall() else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Stop, see that there is room, copy; where that fails, the service is started again.

        Raises:
            HostError: there is no room, or a volume cannot be read.
        """
        host, containers = self._scene.host, rolling.of_service(self._scene.host, self.service)
        if not containers:
            raise StepError(f"{self.service} has no container to copy its data from.", "Start it, then resume.")
        running = [one.id for one in containers if one.state in _ALIVE]
        ctx.note(running=sorted({*ctx.recall().get("running", []), *running}))
        with ctx.effect("stop"):
            host.stack.stop(*running, grace_s=self._part.grace_s)
        try:
            copied = [self._copied(ctx, containers[0], number, one) for number, one in enumerate(self._part.held)]
        except HostError:
            self._start(ctx)
            raise
        ctx.note(copied=copied)
        ctx.say(f"copied {size(sum(one['bytes'] for one in copied))} of {self.service}")

    def _copied(self, ctx: StepContext, container: Container, number: int, held: HeldVolume) -> dict[str, Any]:
        host, to = self._scene.host, self._scene.folder.path / copy_name(self.service, number)
        spec = host.stack.volumes.find(held.name)
        if spec is None:
            raise HostError(f"The volume {held.name} of {self.service} is gone.", "Look at: docker volume ls")
        host.files.remove(to)  # of a run that was killed
        needed = held_sizes(host, [held.name]).get(held.name, 0)
        if needed > (free := host.files.free_bytes(to.parent)):
            raise HostError(
                f"The copy of {held.name} needs {size(needed)}, and {size(free)} is free.", "Make room, then resume."
            )
        with ctx.effect(f"copy-{number}"):
            written = host.stack.volumes.copy(
                container.id, held.path, to, lambda done, _: ctx.progress(done, needed or None, "bytes")
            )
        return {"spec": asdict(spec), "bytes": written.size_bytes, "sha256": written.sha256}

    def _start(self, ctx: StepContext) -> None:
        there = {one.id for one in rolling.of_service(self._scene.host, self.service)}
        for container_id in ctx.recall(self.name).get("running", []):
            if container_id in there:
                with ctx.effect("start"):
                    self._scene.host.stack.start(container_id)

    def undo(self, ctx: StepContext) -> None:
        """Start what was stopped, unless the newer version may have started on its data since."""
        if identity.before(ctx, f"roll:{self.service}") is None:
            self._start(ctx)

    def undone(self, ctx: StepContext) -> Probe:
        """Starting it again is harmless."""
        return Probe.HALF_DONE


class ReturnData(Step):
    """Put the copy of a service's volumes back, or empty them, its containers removed; its roll comes next."""

    kind = StepKind.DATA
    undone_by = ()  # only in a rollback, which is not rolled back itself

    def __init__(self, scene: StepInputs, what: DataReturn) -> None:
        self._scene, self._what, self.service = scene, what, what.service
        self.name = f"data:{what.service}"
        self.title = f"{'Empty' if what.way == 'drop' else 'Put back'} the data of {what.service}"

    def probe(self, ctx: StepContext) -> Probe:
        """Done when all of it was exchanged."""
        return Probe.DONE if ctx.recall().get("exchanged") else Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Stop, set aside what is there, remove the containers, exchange.

        Raises:
            StepError: the copy is damaged or gone; nothing was changed then.
        """
        host, what = self._scene.host, self._what
        copied = ctx.recall(f"copy:{self.service}").get("copied", []) if what.way == "copy" else []
        if what.way == "copy":
            self._require_whole(host, copied)
        containers = rolling.of_service(host, self.service)
        with ctx.effect("stop"):
            host.stack.stop(*(one.id for one in containers if one.state in _ALIVE), grace_s=_STOP_GRACE_S)
        if what.way == "copy":
            self._set_aside(ctx, containers)
        specs = self._specs(ctx, copied)
        for one in containers:
            with ctx.effect("remove"):
                host.stack.remove(one.id)
        for number, (held, spec) in enumerate(zip(what.held, specs, strict=True)):
            with ctx.effect(f"renew-{number}"):
                kept = host.stack.volumes.renew(spec)
            if kept:
                ctx.say(f"{held.name} as it was until now is kept as {kept}")
            if what.way == "copy":
                with ctx.effect(f"fill-{number}"):
                    host.stack.volumes.fill(
                        held.name,
                        self._file(number),
                        held.path,
                        what.image_id,
                        lambda done, total: ctx.progress(done, total, "bytes"),
                    )
        ctx.note(exchanged=True)
        ctx.say(f"{self.service}: {'emptied' if what.way == 'drop' else 'as copied before the upgrade'}")

    def _file(self, number: int) -> Path:
        return self._scene.folder.path / copy_name(self.service, number)

    def _require_whole(self, host: Host, copied: Sequence[dict[str, Any]]) -> None:
        whole = len(copied) == len(self._what.held) and all(
            host.files.exists(self._file(number)) and host.files.measure(self._file(number)).sha256 == one["sha256"]
            for number, one in enumerate(copied)
        )
        if not whole:
            raise StepError(
                f"The copy of the data of {self.service} is damaged or gone. Its data was not changed.",
                f"Bring it back into {self._scene.folder.path}, then resume.",
            )

    def _set_aside(self, ctx: StepContext, containers: Sequence[Container]) -> None:
        """What the newer version wrote; nothing is exchanged where it cannot be kept."""
        host, aside = self._scene.host, self._scene.host.state.folder / "kept-volumes"
        if not containers or ctx.recall().get("aside"):
            return
        host.files.make(aside)
        for number, held in enumerate(self._what.held):
            if is_folder(held.name):
                continue  # renamed, not emptied
            to = aside / f"{ctx.run}-{copy_name(self.service, number)}"
            host.files.remove(to)
            with ctx.effect(f"aside-{number}"):
                host.stack.volumes.copy(
                    containers[0].id, held.path, to, lambda done, _: ctx.progress(done, None, "bytes")
                )
            ctx.say(f"{held.name} as it was until now is in {to}")
        ctx.note(aside=True)

    def _specs(self, ctx: StepContext, copied: Sequence[dict[str, Any]]) -> list[VolumeSpec]:
        """How to make the volumes again: as noted when they were copied, or now, before the first is removed."""
        noted = [one["spec"] for one in copied] or ctx.recall().get("specs", [])
        if not noted:
            found = [self._scene.host.stack.volumes.find(one.name) for one in self._what.held]
            noted = [asdict(one) for one in found if one is not None]
            if len(noted) != len(found):
                raise StepError(f"A volume of {self.service} is gone.", "Look at: docker volume ls")
            ctx.note(specs=noted)
        return [_spec(one) for one in noted]


def _spec(noted: dict[str, Any]) -> VolumeSpec:
    labels, options = (tuple((str(key), str(value)) for key, value in noted[name]) for name in ("labels", "options"))
    return VolumeSpec(str(noted["name"]), str(noted["driver"]), labels, options)
