"""Copies of snapshots off this host: sent, read back and compared, listed, and brought back."""

import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.offsite import Copied, Place, place_from
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import snapshots
from avnwizard.ports import Progress
from avnwizard.ports.offsite import Offsite

_OTHERS = stat.S_IRWXO


def places(host: Host, named: Sequence[str] = ()) -> Iterator[tuple[Place, Offsite]]:
    """The places that a plan names, or `[snapshot] copy` now.

    Raises:
        RefusedError: there is none, or the file of `copy_env` can be read by others.
    """
    named = named or host.config.snapshot.copy
    if not named:
        raise RefusedError(
            "No place off this host is named.",
            "Name one in avnwizard.toml: [snapshot] copy; avnwizard help snapshots",
        )
    environment = _environment(host)
    for text in named:
        place = place_from(text)
        yield place, host.offsite(place, environment)


def _environment(host: Host) -> Mapping[str, str]:
    if not host.config.snapshot.copy_env:
        return {}
    path = Path(host.config.snapshot.copy_env)
    if host.files.mode(path) & _OTHERS:
        raise RefusedError(f"{path} can be read by others, and it holds credentials.", f"chmod 600 {path}")
    return EnvFile.parse(host.files.read(path)).as_dict()


def copy(
    host: Host, folder: Path, say: Callable[[str], None], progress: Progress, *, named: Sequence[str] = ()
) -> None:
    """Send a snapshot to every place, and compare each copy with it.

    Args:
        named: the places; () is what `[snapshot] copy` says now.

    Raises:
        HostError: the snapshot is damaged, a tool fails, or a copy differs.
        RefusedError: no place is named.
    """
    every = list(places(host, named))
    snapshots.verify(host.files, folder)
    project = host.platform.name
    for place, there in every:
        made = there.send(folder, project)
        there.check(folder, project, made, progress)
        say(f"{folder.name} is copied to {place}, read back from there and equal ({printable(made, limit=12)})")


def listed(host: Host) -> list[tuple[Place, Copied]]:
    """Every copy of this stack's snapshots, place by place."""
    project = host.platform.name
    return [(place, one) for place, there in places(host) for one in there.listed(project)]


def fetch(host: Host, name: str) -> Path:
    """Bring a copy into the folder of snapshots; "" is the newest there is. It is verified.

    Raises:
        RefusedError: there is no such copy, or a snapshot of that name is here.
        HostError: a tool fails, or what came is damaged.
    """
    project = host.platform.name
    for place, there in places(host):
        found = [one for one in there.listed(project) if not name or one.name.startswith(name)]
        if not found:
            continue
        wanted = max(found, key=lambda one: one.name)
        if Path(wanted.name).name != wanted.name or wanted.name.startswith("."):
            raise RefusedError(f"{place} lists a copy with the name {printable(wanted.name)!r}.", "It is not taken.")
        final = host.state.snapshots / wanted.name
        if host.files.exists(final):
            raise RefusedError(f"The snapshot {final} is here already.", "avnwizard snapshot verify")
        host.files.make(host.state.snapshots)
        partial = final.with_name(final.name + snapshots.PARTIAL)
        host.files.remove(partial)
        there.fetch(wanted, project, partial)
        snapshots.verify(host.files, partial)
        host.files.publish(partial, final)
        return final
    raise RefusedError(
        f"No place has a copy of {printable(name) or 'a snapshot'} of the project {project}.",
        "avnwizard snapshot copies lists what there is.",
    )
