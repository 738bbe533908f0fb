"""Real logins on one stack: several users, each with a HOME, in a mount namespace where all can reach the tools."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.flows.cli import Said
from tests.zoo.stack import ZooStack

_DOCKERS = 61200
"""The throw-away group that may use the engine's socket, as `docker` is elsewhere."""
_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Login:
    """A user at a terminal of the stack's machine."""

    name: str
    uid: int
    home: Path
    stack: ZooStack
    space: int

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """The command line on the stack, as this user, with umask 077."""
        return subprocess.Popen(
            self._argv(arguments),
            env=self._env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            umask=0o077,
        )

    def avnwizard(self, *arguments: str) -> Said:
        """The same, to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        return Said(process.returncode, out, err)

    def _argv(self, arguments: Sequence[str]) -> list[str]:
        inside = ["nsenter", f"--mount=/proc/{self.space}/ns/mnt"]
        user = ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", f"--groups={_DOCKERS}"]
        words = [*arguments[:1], "--stack", str(self.stack.clone), *arguments[1:]]
        return [*inside, *user, sys.executable, "-P", "-m", "avnwizard", *words]

    def _env(self) -> dict[str, str]:
        unset = {"AVNWIZARD_STATE_DIR", "XDG_STATE_HOME", "SUDO_UID"}
        kept = {name: value for name, value in self.stack.lab.env.items() if name not in unset}
        own = {"HOME": str(self.home), "USER": self.name, "DOCKER_CONFIG": str(self.home / ".docker")}
        return kept | own | {"PYTHONPATH": str(_REPOSITORY)}


@contextmanager
def logins(stack: ZooStack, **uids: int) -> Iterator[dict[str, Login]]:
    """Users on the stack's machine by name; the clone and the remote belong to the first."""
    owner = next(iter(uids.values()))
    homes = {name: stack.root / "homes" / name for name in uids}
    for name, home in homes.items():
        home.mkdir(parents=True, mode=0o700)
        (home / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")
        (home / ".docker").mkdir()
        (home / ".docker" / "cli-plugins").symlink_to(stack.lab.paths.client / "cli-plugins")
        _give(home, uids[name])
    for place in (stack.clone, stack.root / "remote.git"):
        _give(place, owner)
    accounts = stack.root / "passwd"
    named = "".join(f"{name}:x:{uid}:{uid}::{homes[name]}:/bin/sh\n" for name, uid in uids.items() if uid)
    accounts.write_text(Path("/etc/passwd").read_text() + named)
    socket = stack.lab.paths.socket
    before = socket.stat().st_gid
    os.chown(socket, -1, _DOCKERS)
    script = _script([Path(sys.base_prefix), Path(sys.prefix), _REPOSITORY, stack.lab.paths.root], accounts)
    argv = ["unshare", "--mount", "--propagation", "private", "sh", "-euc", script]
    holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "ready\n"
        yield {name: Login(name, uid, homes[name], stack, holder.pid) for name, uid in uids.items()}
    finally:
        holder.communicate("", timeout=10)
        os.chown(socket, -1, before)


def _give(place: Path, uid: int) -> None:
    for path in (place, *place.rglob("*")):
        os.chown(path, uid, uid, follow_symlinks=False)


def _script(needed: Sequence[Path], accounts: Path) -> str:
    """Put an open folder over each closed one on the way, with nothing in it but what is needed."""
    lines = [f"mount --bind {accounts} /etc/passwd"]
    for number, closed in enumerate(sorted({top for one in needed if (top := _closed(one))})):
        kept = f"/mnt/kept-{number}"
        below = [one for one in needed if closed in one.parents]
        lines += ["mount -t tmpfs tmpfs /mnt"] if not number else []
        lines += [f"mkdir {kept}", f"mount --rbind {closed} {kept}", f"mount -t tmpfs -o mode=755 tmpfs {closed}"]
        for one in below:
            lines += [f"mkdir -p {one}", f"mount --rbind {kept}/{one.relative_to(closed)} {one}"]
    return "\n".join([*lines, "umount -l /mnt || true", "echo ready", "exec cat"])


def _closed(path: Path) -> Path | None:
    """The topmost folder above a path that not everybody may pass through."""
    return next((one for one in reversed(path.parents) if not one.stat().st_mode & 0o001), None)
