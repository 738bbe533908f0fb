"""What becomes, in a rollback, of the data of a service whose image an upgrade changes."""

from dataclasses import dataclass
from typing import Literal, get_args

from avnwizard.domain.words import count, size

DataWay = Literal["keep", "stay", "copy", "drop"]
DATA_WAYS: tuple[DataWay, ...] = get_args(DataWay)
MEANING: dict[DataWay, str] = {
    "keep": "the previous version starts on the data as it is then",
    "stay": "the newer version keeps running, and no data is lost",
    "copy": "its volumes and folders are copied before the newer version first starts, and the copy is put back",
    "drop": "its volumes and folders are emptied, as for a cache that fills again",
}


@dataclass(frozen=True)
class HeldVolume:
    """A named volume that a service writes to, or a folder of this host.

    Attributes:
        name: the engine's name of it; a folder's path.
        path: where the running container has it.
        size_bytes: -1 where that cannot be seen.
    """

    name: str
    path: str
    size_bytes: int = -1


@dataclass(frozen=True)
class VolumeSpec:
    """How the engine made a volume, so that it can make it again."""

    name: str
    driver: str = "local"
    labels: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DataReturn:
    """A service whose data a rollback changes.

    Attributes:
        way: "copy" or "drop".
        image_id: the image that the service ran before.
    """

    service: str
    way: DataWay
    held: tuple[HeldVolume, ...]
    image_id: str


def in_all(held: tuple[HeldVolume, ...]) -> str:
    """The volumes and folders for a sentence: "1 volume (42.9 MB)"."""
    known = [one.size_bytes for one in held if one.size_bytes >= 0]
    told = size(sum(known)) if len(known) == len(held) else "size unknown"
    folders = sum(is_folder(one.name) for one in held)
    what = f"{len(held)} volumes and folders"
    if folders in {0, len(held)}:
        what = count(len(held), "folder" if folders else "volume")
    return f"{what} ({told})"


def is_folder(name: str) -> bool:
    """Whether what is held is a folder of this host: no volume's name begins with a slash."""
    return name.startswith("/")


def copy_name(service: str, number: int) -> str:
    """The file, in the run's folder, that holds the copy of a service's volume."""
    return f"data-{service}-{number}.tar"


def is_copy(name: str) -> bool:
    """Whether a file of a run's folder is such a copy, or the saved images: kept until the upgrade is accepted."""
    return name == "images.tar" or (name.startswith("data-") and name.endswith(".tar"))
