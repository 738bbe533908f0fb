"""restic (0.14 and newer): each snapshot of ours is one of its snapshots, tagged with our name."""

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from avnwizard.adapters.offsite.running import ask, summed
from avnwizard.domain.offsite import Copied
from avnwizard.errors import HostError
from avnwizard.ports import Progress

_HINT = (
    "restic must be installed, and RESTIC_PASSWORD_FILE (and what the repository needs) set in the file that "
    "[snapshot] copy_env names; `restic init` makes a repository."
)
_TAG = "avnwizard"


class Restic:
    """`ports.Offsite` over a repository.

    Args:
        repository: as `restic --repo` takes it; it reaches restic by its environment.
    """

    def __init__(self, repository: str, environment: Mapping[str, str]) -> None:
        self._environment = {**environment, "RESTIC_REPOSITORY": repository}

    def _restic(self, *words: str) -> str:
        return ask(("restic", "--quiet", *words), self._environment, _HINT).text

    def send(self, folder: Path, project: str) -> str:
        """Back the folder up; restic leaves out what it has already."""
        tags = ("--tag", _TAG, "--tag", folder.name, "--host", project)
        self._restic("backup", *tags, "--", str(folder.resolve()))
        found = [one for one in self.listed(project) if one.name == folder.name]
        if not found:
            raise HostError(f"restic does not list the copy of {folder.name}.", _HINT)
        return found[0].id

    def check(self, folder: Path, project: str, copy: str, progress: Progress) -> None:
        """Let restic read each file from the repository, and compare its checksum."""
        del project
        files = sorted(one for one in folder.iterdir() if one.is_file())
        total, done = sum(one.stat().st_size for one in files), 0
        for one in files:
            there = summed(("restic", "--quiet", "dump", copy, str(one.resolve())), self._environment, _HINT)
            with one.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != there:
                    raise HostError(f"The copy of {folder.name} differs in {one.name}.", "Copy it again.")
            done += one.stat().st_size
            progress(done, total)

    def listed(self, project: str) -> tuple[Copied, ...]:
        """By restic's own list; of a snapshot that was copied twice, the later copy."""
        try:
            found = json.loads(self._restic("snapshots", "--json", "--tag", _TAG, "--host", project) or "[]") or []
            copies = [
                Copied(str(tag), str(one["time"]), str(one["id"]))
                for one in found
                for tag in one["tags"]
                if tag != _TAG
            ]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise HostError("restic's list of snapshots cannot be read.", _HINT) from error
        newest: dict[str, Copied] = {one.name: one for one in sorted(copies, key=lambda one: one.at)}
        return tuple(sorted(newest.values(), key=lambda one: one.at, reverse=True))

    def fetch(self, copied: Copied, project: str, to: Path) -> None:
        """Restore into a folder of its own next to `to`, then rename."""
        del project
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=to.parent) as there:
            self._restic("restore", copied.id, "--target", there)
            found = [one for one in Path(there).rglob(copied.name) if one.is_dir()]
            if len(found) != 1:
                raise HostError(f"The copy {copied.id[:12]} holds no snapshot {copied.name}.", _HINT)
            with contextlib.suppress(FileNotFoundError):
                to.rmdir()
            shutil.move(found[0], to)
