"""Whether an engine on another host has the checkout whose files its services mount."""

from collections.abc import Collection, Iterator

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.domain.words import count
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host

_NAMED = 3


def require_seen(host: Host, model: ComposeModel, services: Collection[str] = ()) -> None:
    """Refuse a release of whose files an engine elsewhere would see others, or make empty folders in their place.

    Args:
        services: those that are started; () for all.

    Raises:
        RefusedError: names the services and the folder.
    """
    directory = host.stack.project.directory
    mounting = [one for one in _mounting(model, str(directory)) if not services or one in services]
    if not mounting or not host.stack.engine().elsewhere:
        return
    images = [one.image_id for one in host.stack.containers()]
    git_dir = host.repo.git_dir
    inside = git_dir.is_relative_to(directory)
    if images and inside and host.stack.volumes.sees(directory, git_dir, images[0]):
        return
    shown = ", ".join(printable(one, limit=63) for one in mounting[:_NAMED])
    more = f" and {count(len(mounting) - _NAMED, 'more service')}" if len(mounting) > _NAMED else ""
    why = "does not have it there" if images and inside else "cannot be asked whether it has it there"
    raise RefusedError(
        f"{shown}{more}: files of {directory} are mounted, and the engine is on another host, which {why}. "
        "Nothing was changed.",
        "Share the checkout with that host under the same path (NFS, for example), or run avnwizard there.",
    )


def _mounting(model: ComposeModel, folder: str) -> Iterator[str]:
    """The services with a bind mount, a config or a secret out of a folder."""
    drawn = {
        (kind, name)
        for kind in ("configs", "secrets")
        for name, body in (model.raw.get(kind) or {}).items()
        if _within(str((body or {}).get("file") or ""), folder)
    }
    for name, body in sorted((model.raw.get("services") or {}).items()):
        mounts = [one for one in body.get("volumes") or () if isinstance(one, dict)]
        if any(one.get("type") == "bind" and _within(str(one.get("source") or ""), folder) for one in mounts) or any(
            (kind, str(one.get("source"))) in drawn
            for kind in ("configs", "secrets")
            for one in body.get(kind) or ()
            if isinstance(one, dict)
        ):
            yield name


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
