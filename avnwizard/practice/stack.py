"""The practice host behind the port `Stack`: Compose's semantics over simulated containers."""

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from avnwizard.domain.host import ComposeModel, ComposeProject, Container, EngineFacts, Image, Service
from avnwizard.domain.origin import Origin
from avnwizard.domain.postgres.server import Evidence
from avnwizard.domain.probing import Standing
from avnwizard.domain.room import Room
from avnwizard.errors import HostError
from avnwizard.practice import model, programs
from avnwizard.practice.config_hash import config_hash, label_hash
from avnwizard.practice.container_store import new_id
from avnwizard.practice.containers import KILLED, Record
from avnwizard.practice.convergence import Action, converge, replaced
from avnwizard.practice.database import Cluster
from avnwizard.practice.images import ImageStore
from avnwizard.practice.naming import PracticeNaming
from avnwizard.practice.observation import POSTGRES, Observer
from avnwizard.practice.one_offs import PracticeOneOffs, apart
from avnwizard.practice.pace import STOP_S, pace
from avnwizard.practice.postgres_major import incompatibility
from avnwizard.practice.stack_volumes import StackVolumes
from avnwizard.practice.state import State
from avnwizard.practice.volumes import PracticeVolumes, VolumeStore

_ENGINE_VERSION = "28.3.0"
_COMPOSE_VERSION = "2.38.1"
"""What the practice host says of itself: versions whose behaviour it follows."""


@dataclass(frozen=True)
class _Wanted:
    """One service as `up` is to bring it about; `label` is the hash that its containers get."""

    service: Service
    image: Image
    config: dict[str, Any]
    grace_s: float
    label: str


class PracticeStack(StackVolumes):
    """`ports.Stack` on the practice host. Every process may have its own; they see the same containers."""

    def __init__(self, project: ComposeProject, state: State, cluster: Cluster) -> None:
        self._project = project
        self._state = state
        self._cluster = cluster
        super().__init__(ImageStore(state), Observer(project, state, cluster))
        self._volumes = VolumeStore(cluster.home / "volumes")
        self.volumes = PracticeVolumes(self._volumes, self._kept, project.name)
        self.naming = PracticeNaming(self._store, self._start_aside)
        self.one_offs = PracticeOneOffs(self._store, self._start_apart)

    @property
    def project(self) -> ComposeProject:
        """The practice checkout's project."""
        return self._project

    @property
    def observer(self) -> Observer:
        """What looks at this host, for those who share it."""
        return self._observer

    def engine(self) -> EngineFacts:
        """The simulated engine, with the real free space of the disk that it is on."""
        return EngineFacts(
            _ENGINE_VERSION,
            _COMPOSE_VERSION,
            str(self._cluster.home),
            shutil.disk_usage(self._cluster.home).free,
        )

    def containers(self, service: str = "") -> tuple[Container, ...]:
        """Every container of the project, or of one service, stopped ones too."""
        return self._observer.containers(service)

    def standing(self) -> tuple[Standing, ...]:
        """The running containers, as of the last look at them."""
        return self._observer.standing()

    def server_evidence(self) -> list[Evidence]:
        """What the containers show of being a PostgreSQL server: here the cluster runs for one service."""
        running = {one.id for one in self.containers() if one.state == "running"}
        return [
            Evidence(
                each.service,
                each.image,
                programs=frozenset({POSTGRES if each.service == POSTGRES else each.service})
                if each.id in running
                else None,
            )
            for each in self._store.present()
        ]

    def resolve(self, files: Sequence[Path] = (), env_file: Path | None = None) -> ComposeModel:
        """The model of the checkout's real files, or of others."""
        return model.resolve(self._project, files or self._project.files, env_file or self._project.env_file)

    def flattened(self, files: Sequence[Path], env_file: Path, directory: Path) -> bytes:
        """The model of the files, as a compose file; the practice's files draw in no others."""
        return json.dumps(model.resolve(replace(self._project, directory=directory), files, env_file).raw).encode()

    def outdated(self, *services: str, files: Sequence[Path] = (), env_file: Path | None = None) -> frozenset[str]:
        """Ids of some services' containers that `up` would replace."""
        resolved, found = self.resolve(files, env_file), frozenset[str]()
        for service in services:
            if service not in resolved.services:
                raise HostError(f"no such service: {service}", "Is it in this release's compose file?")
            found |= self._outdated(service, resolved.raw["services"][service], resolved.services[service].image)
        return found

    def _outdated(self, service: str, config: Mapping[str, Any], reference: str) -> frozenset[str]:
        image = self._images.find(reference)
        label = label_hash(config, self._project.directory)
        found = self._existing(service)
        most = 1 if config.get("container_name") else len(found)
        return replaced(found, config_hash=label, image_id=image.id if image else "", most=most)

    def config_hashes(self) -> dict[str, str]:
        """What `config --hash '*'` would print."""
        services = self.resolve().raw["services"]
        return {name: config_hash(part, self._project.directory) for name, part in services.items()}

    def replaced(self, services: Sequence[str], *, images: Mapping[str, str]) -> frozenset[str]:
        """Those whose containers `up` would replace, were their images those."""
        there = self.resolve().raw["services"]
        wanted = {name: {**there[name], **({"image": images[name]} if name in images else {})} for name in services}
        return frozenset(name for name, config in wanted.items() if self._outdated(name, config, config["image"]))

    def origins(self) -> tuple[Origin, ...]:
        """None: containers here tell nothing of files."""
        return ()

    def shadowed(self) -> tuple[str, ...]:
        """None: no Compose runs here that could be misled by this shell."""
        return ()

    def up(
        self,
        service: str,
        *,
        scale: int | None = None,
        recreate: bool = True,
        force: bool = False,
        grace_s: float | None = None,
    ) -> None:
        """`compose up -d --no-deps --pull never`: converge one service, as Compose does."""
        self._observer.catch_up()
        wanted = self._wanted(service)
        replicas = wanted.service.replicas if scale is None else scale
        if wanted.service.container_name and replicas > 1:
            raise HostError(
                f"services.{service}: container_name and {replicas} replicas exclude each other",
                "Docker Compose requires each container to have a unique name. Remove container_name to scale.",
            )
        actions = converge(
            self._existing(service),
            config_hash=wanted.label,
            image_id=wanted.image.id,
            replicas=replicas,
            recreate=recreate,
            force=force,
        )
        for action in actions:
            self._perform(action, wanted)

    def up_together(self, services: Sequence[str], scales: Mapping[str, int] | None = None) -> None:
        """As `up` of each."""
        for service in services:
            self.up(service, scale=(scales or {}).get(service), recreate=not scales)

    def stop(self, *container_ids: str, grace_s: float) -> None:
        """Stop, side by side; killed (137) what needs longer than `grace_s` to end."""
        self._observer.catch_up()
        found = [record for each in container_ids if (record := self._store.find(each))]
        running = [one for one in found if one.started_at is not None and one.stopped_at is None]
        if not running:
            return
        time.sleep(min(STOP_S, grace_s) / self._state.speed)
        for record in running:
            self._store.stopped(record.id, time.time(), 0 if grace_s >= STOP_S else KILLED)
            if record.service == POSTGRES and not self._observer.postgres_runs():
                self._cluster.stop()

    def remove(self, container_id: str) -> None:
        """Remove a stopped container."""
        record = self._store.find(container_id)
        if record is None:
            return
        seen = next(each for each in self.containers(record.service) if each.id == record.id)
        if seen.state in {"running", "restarting"}:
            raise HostError(f"container {seen.name} is running and cannot be removed", "Stop it first.")
        self._store.removed(record.id, time.time())

    def mark(self, container_id: str, file: str, *, there: bool) -> None:
        """No practice service has a health check that looks for a file."""
        raise HostError(f"{container_id[:12]}: no shell to make {file} with", "Order another handover.")

    def start(self, container_id: str) -> None:
        """Start a stopped container as it is."""
        record = self._store.find(container_id)
        if record is not None and record.stopped_at is not None:
            self._start(record)

    def room(self, services: Sequence[str] = ()) -> Room:
        """A machine of two cores with memory for everything."""
        return Room(cpus=2)

    def _existing(self, service: str) -> list[Container]:
        return [each for each in self.containers(service) if not each.one_off]

    def logs(self, container_id: str, *, lines: int, since: float = 0.0) -> tuple[str, ...]:
        """The last lines of its output."""
        self._observer.catch_up()
        record = self._store.find(container_id)
        return self._store.output(record.id, time.time(), lines, since) if record else ()

    def _wanted(self, service: str) -> _Wanted:
        resolved = self.resolve()
        if service not in resolved.services:
            raise HostError(f"no such service: {service}", "Is it in this release's compose file?")
        wanted = resolved.services[service]
        image = self._images.find(wanted.image)
        if image is None:
            raise HostError(f"no such image: {wanted.image}", "Pull it first.")
        config = resolved.raw["services"][service]
        return _Wanted(wanted, image, config, wanted.stop_grace_s, label_hash(config, self._project.directory))

    def _perform(self, action: Action, wanted: _Wanted) -> None:
        old = action.container
        if action.verb == "create":
            self._start(self._create(action.number, wanted))
        elif action.verb == "start" and old is not None:
            record = self._store.find(old.id)
            if record is not None:
                self._start(record)
        elif action.verb == "remove" and old is not None:
            self.stop(old.id, grace_s=wanted.grace_s)
            self._store.removed(old.id, time.time())
        elif action.verb == "recreate" and old is not None:
            # Compose's order: the new one is made under a makeshift name before the old one stops.
            new = self._create(action.number, wanted, name=f"{old.id[:12]}_{old.name}")
            self.stop(old.id, grace_s=wanted.grace_s)
            with self._state.transaction():
                self._store.removed(old.id, time.time())
                self._store.rename(new.id, self._proper_name(wanted.service, action.number))
            self._start(new)

    def _create(self, number: int, wanted: _Wanted, *, name: str = "", one_off: bool = False) -> Record:
        service = wanted.service
        record = Record(
            id=new_id(),
            name=name or self._proper_name(service, number),
            service=service.name,
            number=number,
            image=service.image,
            image_id=wanted.image.id,
            config_hash=wanted.label,
            config=wanted.config,
            one_off=one_off,
            created_at=time.time(),
        )
        self._store.add(record)
        return record

    def _proper_name(self, service: Service, number: int) -> str:
        return service.container_name or f"{self._project.name}-{service.name}-{number}"

    def _start_aside(self, service: str, name: str) -> None:
        self._observer.catch_up()
        self._start(self._create(1, self._wanted(service), name=name))

    def _start_apart(self, service: str, words: Sequence[str], name: str) -> None:
        wanted = self._wanted(service)
        self._start(self._create(1, replace(wanted, config=apart(wanted.config, words)), name=name, one_off=True))

    def _start(self, record: Record) -> None:
        self._store.require_free_ports(record)
        refusal = programs.refusal(record) or incompatibility(self._cluster.major, record)
        now = time.time()
        boot_s = pace(record.service, record.config, self._state.speed).boot_s
        with self._state.transaction():
            self._store.started(record.id, now, refusal)
            self._store.say(record.id, now, f"starting {record.service} {record.image.rpartition(':')[2]}")
            if refusal or not programs.is_job(record):
                self._store.say(record.id, now + boot_s, refusal or "ready")
        if record.service == POSTGRES:
            self._observer.postgres_runs()
