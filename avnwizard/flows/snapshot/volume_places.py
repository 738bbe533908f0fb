"""Is a volume of a snapshot really where its service's container has it? Only then is it read from or written to."""

from avnwizard.domain.host import ComposeModel, Container
from avnwizard.domain.mounts import place_of, told
from avnwizard.domain.plain import printable
from avnwizard.errors import HostError


def require_there(container: Container, model: ComposeModel, volume: str, path: str) -> None:
    """Refuse a path of a container that does not lie on the volume: what is there goes with the container.

    Args:
        model: of the compose files in the checkout, which know the volume's name on the engine.
        volume: its key in the compose file.
        path: where it is expected.

    Raises:
        HostError: says what is there instead.
    """
    name, where = printable(volume), f"{printable(container.name)} at {printable(path)}"
    known = (model.raw.get("volumes") or {}).get(volume)
    if known is None:
        raise HostError(f"The compose files have no volume {name} any more.", _HINT)
    wanted = str(known.get("name") or volume) if isinstance(known, dict) else volume
    here = place_of(path, container.mounts)
    if here is None or here.mount.kind != "volume" or here.mount.source != wanted or here.folder != ".":
        there = printable(told(here.mount)) if here else "its own layer, which goes with the container"
        raise HostError(
            f"{name} (the engine's volume {printable(wanted)}) is not in {where}: there is {there}.", _HINT
        )


_HINT = "Look at where the service mounts it now; move the files by hand, or put the old mount back first."
