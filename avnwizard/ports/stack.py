"""The checkout and the containers."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from avnwizard.domain.checkout import Head, Merge, RepoState, TagRef, TreeChange, TreeFile
from avnwizard.domain.host import ComposeModel, ComposeProject, Container, EngineFacts, Image
from avnwizard.domain.origin import Origin
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.domain.probing import Standing
from avnwizard.domain.room import Room
from avnwizard.domain.signature import Signature
from avnwizard.ports.image_archive import ImageArchive
from avnwizard.ports.naming import Naming
from avnwizard.ports.one_offs import OneOffs
from avnwizard.ports.progress import Progress
from avnwizard.ports.volumes import Volumes


class Repo(Protocol):
    """The operator's git checkout."""

    @property
    def directory(self) -> Path:
        """Top of the work tree."""

    @property
    def git_dir(self) -> Path:
        """The `.git` folder."""

    def head(self) -> Head:
        """Where the checkout stands."""

    def state(self) -> RepoState:
        """Local edits, operations in progress, shallow or not."""

    def tags(self) -> tuple[TagRef, ...]:
        """Every local tag."""

    def tag_messages(self) -> Mapping[str, str]:
        """The message of each annotated tag, without its signature."""

    def messages(self, old: str, new: str) -> tuple[str, ...]:
        """The messages of the commits that `new` has and `old` has not, newest first."""

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether the commit `new` has the commit `old` in its history; False where a shallow clone cannot tell."""

    def signature(self, tag: str, trusted: Sequence[Path]) -> Signature:
        """What a tag's signature is worth by the public keys in some files; by the user's own keyring for ()."""

    def remote_tag(self, tag: str) -> str:
        """The commit that the remote has for the tag, "" if it has no such tag; `HostError` when unreachable."""

    def fetch(self) -> None:
        """`git fetch --tags`; never moves or deletes a tag that is here."""

    def read(self, ref: str, path: str) -> bytes | None:
        """A file at a ref without checking it out; None when it is not there."""

    def list(self, ref: str, folder: str) -> tuple[str, ...]:
        """Files below a folder at a ref, as paths from the top, sorted."""

    def changed(self, old: str, new: str) -> tuple[TreeChange, ...]:
        """Every path at which two refs differ; a file that was renamed is two of them."""

    def renamed(self, old: str, new: str) -> Mapping[str, str]:
        """Path at one ref -> what another ref calls that file, for files that are much alike."""

    def files(self, ref: str, folder: str) -> tuple[TreeFile, ...]:
        """What lies below a folder at a ref, with the id of each content; links and submodules too."""

    def content(self, blob: str) -> bytes:
        """A file's content by the id that `files` gives."""

    def merge(self, path: str, target: str, *, called: str = "") -> Merge:
        """Three-way merge of one edited file: base the current release, ours the work tree, theirs the target ref."""

    def diff(self) -> bytes:
        """The operator's local edits as a patch (`git diff --binary`), his own commits on the release included."""

    def checkout(self, ref: str, *, branch: str = "", contents: Mapping[str, bytes | None]) -> None:
        """Move the work tree to `ref`, then write `contents` over it (None removes).

        Edits of tracked files not named in `contents` are dropped: callers save them first. Untracked and ignored
        files stay. With `branch`, HEAD is left on that branch (which must point at `ref`), else detached.
        """

    def in_the_way(self, ref: str) -> tuple[str, ...]:
        """Files that git does not track and that a checkout of `ref` would overwrite: it is refused."""

    def overlaid(self, ref: str, base: str) -> Mapping[str, bytes | None]:
        """Untracked files where `ref` has one and `base` has none, and that hold no more than that one.

        A checkout of `ref` that was cut off has left them, or they were there before it. Path -> content; None stands
        for a symbolic link.
        """

    def matches(self, ref: str, *, contents: Mapping[str, bytes | None]) -> bool:
        """True when HEAD is at `ref` and the work tree differs from it by exactly `contents`."""


class Stack(Protocol):
    """The Docker Engine and this Compose project."""

    @property
    def project(self) -> ComposeProject:
        """Which project, where, from which files."""

    @property
    def volumes(self) -> Volumes:
        """The engine's volumes, whole."""

    @property
    def naming(self) -> Naming:
        """Containers whose name the compose file fixes."""

    @property
    def one_offs(self) -> OneOffs:
        """Commands that a service's image runs once."""

    @property
    def image_archive(self) -> ImageArchive:
        """Images in files."""

    def engine(self) -> EngineFacts:
        """The engine, or `HostError` when it does not answer."""

    def containers(self, service: str = "") -> tuple[Container, ...]:
        """Every container of the project, or of one service, stopped ones too."""

    def standing(self) -> tuple[Standing, ...]:
        """The project's running containers but those of `compose run`: cheap, and asked several times a second.

        `HostError` when it is not known.
        """

    def resolve(self, files: Sequence[Path] = (), env_file: Path | None = None) -> ComposeModel:
        """The model of the project's files, or of others with another env file.

        Relative paths in the files are always taken from the project directory.
        """

    def flattened(self, files: Sequence[Path], env_file: Path, directory: Path) -> bytes:
        """Compose files with all that they draw in, as one file in which every path is absolute. It holds secrets.

        Args:
            directory: stands in for the project's, from which relative paths count.
        """

    def outdated(self, *services: str, files: Sequence[Path] = (), env_file: Path | None = None) -> frozenset[str]:
        """Ids of the containers of some services that `up` would replace, by the project's files or by others.

        Compose itself is asked, since the hash that `config` prints is not always the one that `up` compares. A
        container that only would be started is not among them. `HostError` when Compose does not say.
        """

    def config_hashes(self) -> dict[str, str]:
        """Service -> the config hash that Compose prints for the project's files.

        A container that carries the same hash was made from the same configuration. Another hash proves nothing
        (docker/compose #14001): then ask `replaced`.
        """

    def replaced(self, services: Sequence[str], *, images: Mapping[str, str]) -> frozenset[str]:
        """Those of some services whose containers a plain `docker compose up -d` would replace; nothing is done.

        Args:
            images: service -> the image that the files shall be taken to name.

        Raises:
            HostError: Compose cannot say.
        """

    def origins(self) -> tuple[Origin, ...]:
        """From which files the project's containers were made, the newest first; () where none runs or says it."""

    def shadowed(self) -> tuple[str, ...]:
        """Variables that both this shell and the project's env file define, by name."""

    def image(self, reference: str) -> Image | None:
        """An image that is here (by tag, digest or id), or None."""

    def images(self, references: Sequence[str]) -> dict[str, Image]:
        """Those of several images that are here, by reference: one question for all."""

    def os_release(self, image_id: str) -> str:
        """`/etc/os-release` of an image that is here; "" where it has none."""

    def registry_digest(self, reference: str) -> str:
        """What the registry says the tag is now ("sha256:…"); "" where the registry cannot be asked."""

    def offers(self, reference: str) -> bool | None:
        """Whether the registry has an image, by tag or `NAME@sha256:…`; None where that is not known."""

    def pull(self, reference: str, progress: Callable[[str], None]) -> Image:
        """Pull, telling lines of progress."""

    def build(self, service: str, progress: Callable[[str], None]) -> Image:
        """Build the image of one service from the checkout, telling lines of progress."""

    def keep(self, image_id: str, name: str) -> None:
        """Tag an image so that `docker image prune` spares it; with `-a` it does not: no container uses the image."""

    def release(self, name: str) -> None:
        """Remove a tag made by `keep` or `retag`; no error when there is none."""

    def retag(self, image_id: str, reference: str) -> None:
        """Make a tag point at an image that is here (going back when the registry moved on or is gone)."""

    def up(
        self,
        service: str,
        *,
        scale: int | None = None,
        recreate: bool = True,
        force: bool = False,
        grace_s: float | None = None,
    ) -> None:
        """`compose up -d --no-deps --pull never`, as asked with `--scale`, `--no-recreate`, `--timeout`.

        `force` is `--force-recreate`: the containers are replaced also where Compose sees no difference.
        """

    def up_together(self, services: Sequence[str], scales: Mapping[str, int] | None = None) -> None:
        """`compose up -d --no-deps --pull never` of several services at once; none of them is waited for.

        Args:
            scales: service -> how many containers it shall have then: new ones start alongside those that there are,
                which stay as they are.
        """

    def stop(self, *container_ids: str, grace_s: float) -> None:
        """Stop, all at the same time, waiting `grace_s` before they are killed; no error when one is gone."""

    def remove(self, container_id: str) -> None:
        """Remove a stopped container by id; no error when it is gone."""

    def mark(self, container_id: str, file: str, *, there: bool) -> None:
        """Make or remove an empty file in a running container; no error when the container is gone."""

    def start(self, container_id: str) -> None:
        """Start a stopped container as it is; no error when it runs."""

    def archive(self, container_id: str, path: str, to: Path, progress: Progress) -> FileFacts:
        """A folder of a container, running or not, as a tar in a new 0600 file (`docker cp`), read whole again."""

    def unarchive(self, archive: Path, container_id: str, path: str, progress: Progress) -> None:
        """Unpack such a tar over a folder of a container; files that are only there stay."""

    def room(self, services: Sequence[str] = ()) -> Room:
        """What the engine's machine has for containers, and what those of some services take, as far as known."""

    def volume_sizes(self, volumes: Sequence[str]) -> dict[str, int]:
        """Bytes in some volumes, by the engine's name; one whose size cannot be seen is left out."""

    def logs(self, container_id: str, *, lines: int, since: float = 0.0) -> tuple[str, ...]:
        """The last lines of output, as they are (hostile); () when it is gone.

        Args:
            since: only those since then, in seconds since the epoch.
        """
