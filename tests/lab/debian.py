"""Debian packages of another suite than this machine's own, downloaded by apt and unpacked, never installed.

A private apt state per suite; mirror, proxies and keys are those of the machine's own apt settings.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.lab.errors import LabError

_TIMEOUT_S = 600
_CONFIG = """\
Dir::State "{state}";
Dir::State::lists "{state}/lists";
Dir::State::status "{state}/status";
Dir::Cache "{state}/cache";
Dir::Etc::sourcelist "{state}/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
"""


def run(*command: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """What the command says; `LabError` with its last lines when it fails."""
    whole = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **(env or {})}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, env=whole, cwd=cwd
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise LabError(f"{' '.join(command[:6])} ended with {done.returncode}:\n{said}")
    return done.stdout


def install_missing(packages: dict[str, str]) -> None:
    """Install on this machine the packages whose program is not there; `packages` maps program to package."""
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    missing = sorted({name for program, name in packages.items() if not shutil.which(program, path=search)})
    if missing:
        run("apt-get", "update", "-q")
        run("apt-get", "install", "-y", "-q", "--no-install-recommends", *missing)


@dataclass(frozen=True, slots=True)
class Suite:
    """One Debian suite (`trixie`, `sid`) with a private apt state in `folder`."""

    name: str
    folder: Path
    KEYS: ClassVar[str] = "/usr/share/keyrings/debian-archive-trixie-stable.gpg"
    KEYRING: ClassVar[str] = "/usr/share/keyrings/debian-archive-keyring.gpg"

    def prepare(self) -> None:
        """Read the suite's package lists, unless that was done before."""
        if (self.folder / "ready").exists():
            return
        if not Path(self.KEYS).exists():
            run("apt-get", "update", "-q")
            run("apt-get", "install", "-y", "-q", "--no-install-recommends", "debian-archive-keyring")
        for part in ("lists/partial", "cache/archives/partial", "none/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        source = f"deb [signed-by={self.KEYRING}] {_mirror()} {self.name} main\n"
        (self.folder / "sources.list").write_text(source, "utf-8")
        (self.folder / "apt.conf").write_text(_CONFIG.format(state=self.folder), "utf-8")
        self._apt("update", "-q")
        (self.folder / "ready").touch()

    def closure(self, packages: Iterable[str]) -> list[str]:
        """The archive file names of the packages and of everything that they depend on."""
        unseen = f"Dir::Cache::archives={self.folder / 'none'}"  # else what is downloaded already is left out
        said = self._apt("-o", unseen, "install", "-y", "-q", "--print-uris", *packages)
        return [line.split()[1] for line in said.splitlines() if line.startswith("'")]

    def download(self, packages: Iterable[str]) -> None:
        """Fetch the packages and everything that they depend on."""
        self._apt("install", "-y", "-q", "--download-only", *packages)

    def unpack(self, archives: Iterable[str], into: Path) -> None:
        """Unpack downloaded archives over `into`."""
        into.mkdir(parents=True, exist_ok=True)
        for name in archives:
            run("dpkg-deb", "-x", str(self.folder / "cache" / "archives" / name), str(into))

    def _apt(self, *arguments: str) -> str:
        return run("apt-get", *arguments, env={"APT_CONFIG": str(self.folder / "apt.conf")})


def _mirror() -> str:
    """The first Debian archive of the machine's own apt sources that is not a security archive."""
    said = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT) $(ORIGIN)", "Created-By: Packages")
    for line in said.splitlines():
        uri, component, *origin = line.split()
        if component == "main" and origin == ["Debian"] and "security" not in uri:
            return uri
    raise LabError("no Debian archive among this machine's apt sources; run apt-get update")
