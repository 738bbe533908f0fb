"""Another host, as far as Docker and SSH can tell: an engine in a network namespace of its own, behind an sshd."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.daemons import Daemon
from tests.lab.engine import Lab
from tests.lab.errors import LabError
from tests.lab.paths import LabPaths
from tests.waiting import until

HERE, THERE = "10.254.78.1", "10.254.78.2"
CONTEXT = "other-host"
SSHD = "/usr/sbin/sshd"
WHY_NOT = "" if Path(SSHD).exists() else "sshd is not installed (Debian: openssh-server)"
_SSH_PORT = 2222
_SSHD_CONFIG = """\
ListenAddress {there}:{port}
HostKey {base}/host_key
AuthorizedKeysFile {base}/key.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
PidFile none
MaxStartups 100
SetEnv PATH={path} DOCKER_HOST=unix://{base}/docker.sock
"""
_SSH_CONFIG = """\
Host *
  IdentityFile {base}/key
  IdentitiesOnly yes
  UserKnownHostsFile {base}/known_hosts
  StrictHostKeyChecking yes
  ControlMaster auto
  ControlPath {base}/c-%C
  ControlPersist 30
"""


@dataclass(frozen=True)
class _OtherPaths(LabPaths):
    base: Path = Path()

    @property
    def socket(self) -> Path:
        """The other engine's, for a test's own looks."""
        return self.base / "docker.sock"


@dataclass(slots=True)
class OtherLab(Lab):
    """The lab, with its docker client on the other host's engine by the context."""

    base: Path = field(default_factory=Path)

    @property
    def env(self) -> dict[str, str]:
        """As an operator's shell that uses the context."""
        found = {name: value for name, value in Lab(self.paths).env.items() if name != "DOCKER_HOST"}
        path = os.pathsep.join([str(self.base / "bin"), found["PATH"]])
        return found | {"PATH": path, "DOCKER_CONFIG": str(self.base / "client"), "DOCKER_CONTEXT": CONTEXT}


@contextlib.contextmanager
def other_host(lab: Lab) -> Iterator[OtherLab]:
    """Start it; end it and remove whatever it made."""
    base = Path(tempfile.mkdtemp(prefix="ssh-", dir=lab.paths.root))
    name = f"avn{os.getpid()}"
    other = OtherLab(_OtherPaths(lab.paths.root, base), port=lab.port, space=lab.space, base=base)
    _keys(base)
    _client(lab, base)
    inside = ("nsenter", f"--net=/run/netns/{name}")
    command = [
        str(lab.paths.tools / "usr/sbin/dockerd"), f"--host=unix://{base}/docker.sock",
        f"--data-root={base / 'data'}", f"--exec-root={base / 'exec'}", f"--pidfile={base / 'dockerd.pid'}",
        *("--group=root", "--live-restore=false", "--shutdown-timeout=10"),
    ]  # fmt: skip
    env = {**lab.env, "DOCKER_HOST": f"unix://{base}/docker.sock"}
    engine = Daemon("dockerd", command, base, env, lambda: _answers(env), within=inside)
    with contextlib.ExitStack() as held:
        held.callback(shutil.rmtree, base, ignore_errors=True)
        _network(name, held)
        held.callback(engine.stop)
        engine.start()
        _process(held, [*inside, SSHD, "-D", "-e", "-f", str(base / "sshd_config")], base / "sshd.log")
        words = [sys.executable, "-m", "tests.lab.relay", f"/run/netns/{name}", str(lab.port)]
        _process(held, words, base / "relay.log")
        held.callback(_run, ["ssh", "-O", "exit", f"root@{THERE}", "-p", str(_SSH_PORT)], other.env, check=False)
        until(lambda: other.docker("version", check=False).returncode == 0, limit_s=30)
        yield other


def _network(name: str, held: contextlib.ExitStack) -> None:
    """A namespace with a wire to it, as another machine on the same network."""
    held.callback(_run, ["ip", "netns", "delete", name], check=False)
    inside = ["ip", "-n", name]
    for words in (
        ["ip", "netns", "add", name],
        ["ip", "link", "add", name, "type", "veth", "peer", "name", "wire", "netns", name],
        ["ip", "address", "add", f"{HERE}/30", "dev", name],
        ["ip", "link", "set", name, "up"],
        [*inside, "address", "add", f"{THERE}/30", "dev", "wire"],
        [*inside, "link", "set", "wire", "up"],
        [*inside, "link", "set", "lo", "up"],
        [*inside, "route", "add", "default", "via", HERE],
    ):
        _run(words)


def _keys(base: Path) -> None:
    """Throwaway ones, and settings of both sides that know no others."""
    for file in ("host_key", "key"):
        _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(base / file)])
    known = (base / "host_key.pub").read_text().split()
    (base / "known_hosts").write_text(f"[{THERE}]:{_SSH_PORT} {known[0]} {known[1]}\n")
    (base / "ssh_config").write_text(_SSH_CONFIG.format(base=base))
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)


def _client(lab: Lab, base: Path) -> None:
    """A docker client with the context, and an `ssh` on its PATH that takes the throwaway key."""
    path = lab.env["PATH"]
    config = _SSHD_CONFIG.format(base=base, there=THERE, port=_SSH_PORT, path=path)
    (base / "sshd_config").write_text(config)
    (base / "bin").mkdir()
    (base / "bin" / "ssh").write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {base}/ssh_config "$@"\n')
    (base / "bin" / "ssh").chmod(0o755)
    shutil.copytree(lab.paths.client, base / "client", symlinks=True)
    place = f"host=ssh://root@{THERE}:{_SSH_PORT}"
    env = {name: value for name, value in lab.env.items() if name != "DOCKER_HOST"}
    _run(["docker", "context", "create", CONTEXT, "--docker", place], env | {"DOCKER_CONFIG": str(base / "client")})


def _process(held: contextlib.ExitStack, argv: list[str], log: Path) -> None:
    file = held.enter_context(log.open("wb"))
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    held.callback(process.wait, 10)
    held.callback(process.terminate)


def _answers(env: dict[str, str]) -> bool:
    try:
        return subprocess.run(["docker", "version"], env=env, capture_output=True, timeout=20).returncode == 0  # noqa: PLW1510 - judged here
    except subprocess.TimeoutExpired:
        return False


def _run(argv: list[str], env: dict[str, str] | None = None, *, check: bool = True) -> None:
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
    if check and done.returncode:
        raise LabError(f"{' '.join(argv[:8])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
