"""Where the lab keeps what it makes: one folder per machine, guarded by one lock."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LabPaths:
    """The layout below the lab's root folder."""

    root: Path

    @classmethod
    def default(cls) -> "LabPaths":
        """`AVNWIZARD_LAB_DIR`, else `~/.cache/avnwizard-lab`."""
        named = os.environ.get("AVNWIZARD_LAB_DIR")
        return cls(Path(named) if named else Path.home() / ".cache" / "avnwizard-lab")

    @property
    def tools(self) -> Path:
        """The unpacked engine, client, Compose and registry."""
        return self.root / "tools"

    @property
    def run(self) -> Path:
        """Sockets, pid files and logs of what runs."""
        return self.root / "run"

    @property
    def client(self) -> Path:
        """The Docker client's configuration folder, with Compose as its plugin."""
        return self.root / "client"

    @property
    def old_client(self) -> Path:
        """The same with an older Compose."""
        return self.root / "client-old-compose"

    @property
    def new_compose(self) -> Path:
        """The newer Compose, unpacked."""
        return self.root / "tools-compose"

    @property
    def data(self) -> Path:
        """The engine's data root."""
        return self.root / "docker"

    @property
    def registry(self) -> Path:
        """The registry's storage."""
        return self.root / "registry"

    @property
    def layers(self) -> Path:
        """Finished image layers, by name."""
        return self.root / "layers"

    @property
    def socket(self) -> Path:
        """The engine's socket."""
        return self.run / "docker.sock"

    @property
    def stacks(self) -> Path:
        """Operators' clones and prepared database volumes."""
        return self.root / "stacks"

    def make(self) -> None:
        """Make the folders that hold something from the start."""
        for folder in (self.tools, self.run, self.client, self.data, self.registry, self.layers, self.stacks):
            folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lab for this process; others wait."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
