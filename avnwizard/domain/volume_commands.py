"""Commands on whole volumes, as pure argv; see `commands`."""

from avnwizard.domain.commands import Argv
from avnwizard.domain.data_way import VolumeSpec, is_folder


def copy(container_id: str, path: str) -> Argv:
    """Print a folder of a container as a tar, its own owner and mode too; its entries begin with its name."""
    return ("docker", "cp", "--archive", f"{container_id}:{path.rstrip('/')}", "-")


def look_at(name: str) -> Argv:
    """Print how a volume was made."""
    return ("docker", "volume", "inspect", name)


def remove(name: str) -> Argv:
    """Remove a volume with all that is in it."""
    return ("docker", "volume", "rm", name)


def create(spec: VolumeSpec) -> Argv:
    """Make a volume as it was made before."""
    words = [word for key, value in spec.labels for word in ("--label", f"{key}={value}")]
    words += [word for key, value in spec.options for word in ("--opt", f"{key}={value}")]
    return ("docker", "volume", "create", "--driver", spec.driver, *words, spec.name)


def holder(image_id: str, volume: str, path: str) -> Argv:
    """Make a container that has a volume at a path, and is never started; its id is printed."""
    kind = "type=bind" if is_folder(volume) else "type=volume,volume-nocopy"
    mount = f"{kind},src={volume},dst={path}"
    return ("docker", "create", "--network", "none", "--entrypoint", "/none", "--mount", mount, image_id)
