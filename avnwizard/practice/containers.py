"""What state a container is in: a pure function of its record, of the time and of what its program would say."""

from dataclasses import dataclass, field
from typing import Any, Literal

from avnwizard.domain.host import ComposeProject, Container, ContainerState, Health, Mount
from avnwizard.domain.mounts import mount_from

KILLED = 137
"""Exit code of a container that was stopped by SIGKILL (128 + 9)."""


@dataclass(frozen=True)
class Record:
    """One container as the state file keeps it.

    Attributes:
        config: the resolved service of the compose model; its environment holds secrets.
        refusal: why the program will not start with this configuration, "" when it will.
        created_at: seconds since the epoch, as are the others; None for what has not happened.
        exit_code: meaningful once it has stopped.
        acted: what its program does to the world since its last start has been done.
    """

    id: str
    name: str
    service: str
    number: int
    image: str
    image_id: str
    config_hash: str
    config: dict[str, Any] = field(repr=False)
    one_off: bool = False
    refusal: str = ""
    created_at: float = 0.0
    started_at: float | None = None
    stopped_at: float | None = None
    exit_code: int = 0
    acted: bool = False

    @property
    def restarts(self) -> bool:
        """Whether the engine starts it again when it exits."""
        return self.config.get("restart", "no") not in {"no", ""}


@dataclass(frozen=True)
class Pace:
    """How long things take in one container, in seconds as they pass on this host (the speed factor is in them).

    Attributes:
        boot_s: from its start until its program answers, or exits when it refuses to start.
        patience_s: from its start until failing health checks make it unhealthy (start period, interval x retries).
    """

    boot_s: float
    patience_s: float


Verdict = Literal["ready", "not ready"]


def restarts(record: Record, pace: Pace, now: float) -> int:
    """How often the engine has started it again: a program that refuses to start is, as soon as it has exited."""
    if not record.refusal or not record.restarts or record.started_at is None or record.stopped_at is not None:
        return 0
    return int((now - record.started_at) / max(pace.boot_s, 0.001))


def has_booted(record: Record, pace: Pace, at: float) -> bool:
    """Whether a program is up at a time: it was started long enough before, and has not ended."""
    runs = record.started_at is not None and not record.refusal and (record.stopped_at or at + 1) > at
    return runs and at - (record.started_at or at) >= pace.boot_s


def condition(record: Record, pace: Pace, now: float, verdict: Verdict) -> tuple[ContainerState, Health, int]:
    """State, health and exit code at `now`; `verdict` is what the program's health check would answer."""
    checked = bool(record.config.get("healthcheck")) and not record.config["healthcheck"].get("disable")
    if record.started_at is None:
        return "created", "starting" if checked else "none", 0
    if record.stopped_at is not None and now >= record.stopped_at:
        return "exited", "unhealthy" if checked else "none", record.exit_code
    age_s = now - record.started_at
    if record.refusal and age_s >= pace.boot_s:
        return ("restarting" if record.restarts else "exited"), "starting" if checked else "none", 1
    if not checked:
        return "running", "none", 0
    if age_s >= pace.boot_s and verdict == "ready":
        return "running", "healthy", 0
    return "running", "unhealthy" if age_s >= pace.patience_s else "starting", 0


def to_container(record: Record, project: ComposeProject, pace: Pace, now: float, verdict: Verdict) -> Container:
    """The container as the engine would list it."""
    state, health, exit_code = condition(record, pace, now, verdict)
    return Container(
        id=record.id,
        name=record.name,
        service=record.service,
        number=record.number,
        image=record.image,
        image_id=record.image_id,
        state=state,
        health=health,
        exit_code=exit_code,
        config_hash=record.config_hash,
        one_off=record.one_off,
        created_at=record.created_at,
        labels=labels_of(record.config),
        started_at=record.started_at or 0.0,
        restarts=restarts(record, pace, now),
        mounts=_mounts(record.config, project.name),
        published=_published(record.config),
        made_from=tuple(map(str, project.files)),
        made_in=str(project.directory),
        pgdata=str((record.config.get("environment") or {}).get("PGDATA") or ""),
    )


def _mounts(config: dict[str, Any], project: str) -> tuple[Mount, ...]:
    """A named volume has the project's name before its own."""
    given = config.get("volumes") or ()
    names = {one.get("source"): {"name": f"{project}_{one.get('source')}"} for one in given}
    return tuple(found for one in given if (found := mount_from(one, names)))


def _published(config: dict[str, Any]) -> tuple[str, ...]:
    ports = [one for one in config.get("ports") or () if one.get("published")]
    return tuple(
        f"{one['host_ip']}:{one['published']}" if one.get("host_ip") else str(one["published"]) for one in ports
    )


def labels_of(config: dict[str, Any]) -> dict[str, str]:
    """The labels of a resolved service, which Compose writes with every `$` doubled."""
    return {key: str(value).replace("$$", "$") for key, value in (config.get("labels") or {}).items()}


def host_ports(record: Record) -> set[str]:
    """The host's ports that a container takes, as "ADDRESS:PORT"."""
    return {
        f"{port.get('host_ip') or '0.0.0.0'}:{port['published']}"  # noqa: S104 - what Docker takes for no address
        for port in record.config.get("ports") or ()
        if port.get("published")
    }
