"""A run's folder: what a run needs that must not be in the journal, because it is large or secret."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.errors import HostError
from avnwizard.ports import Files

ENV_BEFORE, ENV_AFTER = "env.before", "env.after"
EDITED, CARRIED, OVERLAID = "edited", "carried", "overlaid"
EARLY, LATE = "edited-since-the-plan", "edited-in-mid-run"
ENV_LATE = "env.in-mid-run"
BACK, AGAIN, ROTATED = "env.back", "env.again", "env.rotated"
"""The first two files with secrets that were rotated since, and the file as it was when that was noticed."""
_INSTEAD = {ENV_BEFORE: BACK, ENV_AFTER: AGAIN}
_NO_ENV, _EDITS = "env.none", "local-edits.patch"


class RunFolder:
    """The files of one run, as private as the state that they are part of.

    Args:
        path: such as `…/runs/20261123-021400-7f`.
    """

    def __init__(self, path: Path, files: Files) -> None:
        self.path, self._files = path, files

    def save(self, *, env_before: bytes | None, env_after: bytes, edits: bytes) -> None:
        """Keep the env file as it was (None: there was none) and as it will be, and the local edits as a patch."""
        self._files.make(self.path)
        self._files.write(self.path / ENV_BEFORE, env_before or b"")
        if env_before is None:
            self._files.write(self.path / _NO_ENV, b"")
        self._files.write(self.path / ENV_AFTER, env_after)
        self._files.write(self.path / _EDITS, edits)

    def save_env(self, env: bytes) -> None:
        """Keep the env file as it is now, where nothing will change it."""
        self._files.make(self.path)
        self._files.write(self.path / ENV_BEFORE, env)

    def save_contents(self, name: str, contents: Mapping[str, bytes | None]) -> None:
        """Keep whole files of the checkout under a name ("edited", "carried"); None stands for "not there"."""
        self._files.make(self.path)
        index: dict[str, str | None] = {}
        for number, (path, content) in enumerate(sorted(contents.items())):
            index[path] = None if content is None else f"{name}.{number}"
            if content is not None:
                self._files.write(self.path / f"{name}.{number}", content)
        self._files.write(self.path / f"{name}.json", json.dumps(index).encode())

    def contents(self, name: str) -> dict[str, bytes | None]:
        """What `save_contents` kept.

        Raises:
            HostError: it cannot be read, or is damaged.
        """
        try:
            index = dict(json.loads(self._files.read(self.path / f"{name}.json")).items())
        except (ValueError, AttributeError, RecursionError) as error:
            raise self._damaged(name) from error
        known = re.compile(rf"{re.escape(name)}\.[0-9]+")
        if any(kept is not None and not known.fullmatch(str(kept)) for kept in index.values()):
            raise self._damaged(name)
        return {path: None if kept is None else self._files.read(self.path / kept) for path, kept in index.items()}

    def _damaged(self, name: str) -> HostError:
        return HostError(
            f"{printable(str(self.path / name))}.json is damaged: which files the run kept is not known.",
            f"The files themselves are in {printable(str(self.path))}; put them back by hand.",
        )

    def has_contents(self, name: str) -> bool:
        """Whether `save_contents` has kept files under this name."""
        return self._files.exists(self.path / f"{name}.json")

    @property
    def edits(self) -> bytes:
        """The local edits, as a patch."""
        return self._files.read(self.path / _EDITS)

    @property
    def had_no_env(self) -> bool:
        """Whether there was no env file before the run."""
        return self._files.exists(self.path / _NO_ENV)

    def env(self, which: str, *, as_it_was: bool = False) -> bytes:
        """The env file, `ENV_BEFORE` or `ENV_AFTER`; with the secrets that were rotated since, unless `as_it_was`."""
        instead = self.path / _INSTEAD.get(which, which)
        return self._files.read(instead if not as_it_was and self._files.exists(instead) else self.path / which)

    def save_secrets(self, contents: Mapping[str, bytes]) -> None:
        """Keep `BACK`, `AGAIN` and `ROTATED`."""
        for name, content in contents.items():
            self._files.write(self.path / name, content)

    def forget_secrets(self) -> None:
        """Remove what `save_secrets` kept."""
        for name in (BACK, AGAIN, ROTATED):
            if self._files.exists(self.path / name):
                self._files.remove(self.path / name)

    @property
    def rotated(self) -> bytes | None:
        """The env file as it was when a rollback found that secrets had been rotated; None where none were."""
        return self._files.read(self.path / ROTATED) if self._files.exists(self.path / ROTATED) else None
