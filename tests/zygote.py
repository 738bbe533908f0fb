"""A process that has imported avnwizard and forks: each command of a test starts without importing it all again.

The command still runs in a process of its own with its own environment, folder and standard streams, and what it
starts to outlive it gets a session of its own. Only the interpreter's start is shared. Tests of the start itself, of
the locale and of the real engine's users start an interpreter.
"""

import array
import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import pytest

_ROOM = 1 << 20
_WARM = ("pglast", "psycopg", "pydantic.dataclasses", "pydantic.type_adapter", "python_on_whales", "git")
_COLD = ("avnwizard.__main__", "avnwizard.ui", "avnwizard.adapters.sql.worker")
"""Not imported: what runs when it is, what imports Textual, and what only a process of its own may have."""


class Started:
    """A command that was forked; as much of `subprocess.Popen` as is asked of it."""

    def __init__(self, link: socket.socket, argv: Sequence[str], pid: int) -> None:
        self.args = list(argv)
        self.pid = pid
        self.returncode: int | None = None
        self._link = link

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._hear(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it ended."""
        code = self._hear(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return code

    def _hear(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._link.settimeout(timeout if timeout is None or timeout > 0 else 0.0)
            try:
                told = self._link.recv(64)
            except (BlockingIOError, TimeoutError):
                return None
            self._link.close()
            self.returncode = int(told) if told else -signal.SIGKILL
        return self.returncode


def ask(
    address: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str,
    streams: tuple[int, int, int],
    detached: bool,
) -> Started:
    """Have a command forked.

    Args:
        argv: what follows `python -m avnwizard`.
        streams: descriptors of its stdin, stdout and stderr.
        detached: whether it gets a session of its own.
    """
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link.connect(address)
    wanted = {"argv": list(argv), "env": dict(env), "cwd": cwd, "detached": detached}
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))
    link.sendmsg([json.dumps(wanted).encode()], [rights])
    return Started(link, argv, int(link.recv(64)))


class Zygote:
    """The zygote of this test process, started at the first need and ended with it."""

    _address = ""

    def address(self) -> str:
        """Where it listens."""
        if not self._address:
            folder = tempfile.mkdtemp(prefix="avnwizard-zygote-")
            address = f"{folder}/socket"
            life, theirs = socket.socketpair()
            argv = [sys.executable, "-m", "tests.zygote", address, str(theirs.fileno())]
            process = subprocess.Popen(argv, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
            theirs.close()
            deadline = time.monotonic() + 60.0
            while not Path(address).exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the zygote of the tests does not start")
                time.sleep(0.02)
            atexit.register(self._end, life, process, Path(folder))
            self._address = address
        return self._address

    @staticmethod
    def _end(life: socket.socket, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        life.close()
        process.wait(10.0)
        with contextlib.suppress(OSError):
            (folder / "socket").unlink(missing_ok=True)
            folder.rmdir()


def _spawn(argv: Sequence[str], *, log: Path) -> Started:
    """In place of `engine.supervise.spawn`: the same, forked by the zygote instead of by a new interpreter."""
    from avnwizard.engine.private import make_file, make_folder

    make_folder(log.parent)
    make_file(log)
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        words = list(argv)[list(argv).index("avnwizard") + 1 :]
        streams = (nothing, written, written)
        return ask(_ADDRESS[0], words, env=os.environ, cwd="/", streams=streams, detached=True)
    finally:
        os.close(written)
        os.close(nothing)


_ADDRESS: list[str] = []


def fork_runs(patching: "pytest.MonkeyPatch", zygote: Zygote) -> None:
    """Have the runs that this process starts forked by the zygote, too."""
    from avnwizard.engine import supervise

    _ADDRESS[:] = [zygote.address()]
    patching.setattr(supervise, "spawn", _spawn)


def _command(wanted: Mapping[str, Any], streams: Sequence[int]) -> NoReturn:
    """Become the command that was asked for."""
    code = 1
    try:
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
        os.closerange(3, 1024)
        if wanted["detached"]:
            os.setsid()
        os.chdir(wanted["cwd"])
        os.environ.clear()
        os.environ.update(wanted["env"])
        sys.argv = ["avnwizard", *wanted["argv"]]
        runpy.run_module("avnwizard", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter does at its end
            atexit._run_exitfuncs()
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _look_after(link: socket.socket, wanted: Mapping[str, Any], streams: Sequence[int]) -> NoReturn:
    """Fork the command, and say how it ended."""
    child = os.fork()
    if not child:
        link.close()
        _command(wanted, streams)
    for descriptor in streams:
        os.close(descriptor)
    with contextlib.suppress(OSError):
        link.send(str(child).encode())
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):
        link.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _serve(address: str, life: socket.socket) -> None:
    """Fork what is asked for until the tests are over."""
    import select

    door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door.bind(address + ".new")
    door.listen(64)
    Path(address + ".new").rename(address)
    asked = select.poll()
    asked.register(door, select.POLLIN)
    asked.register(life, select.POLLIN)
    while True:
        ready = {number for number, _ in asked.poll(5000)}
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if life.fileno() in ready:
            return
        if door.fileno() not in ready:
            continue
        link, _ = door.accept()
        told, streams, _, _ = socket.recv_fds(link, _ROOM, 3)
        if not os.fork():
            door.close()
            life.close()
            _look_after(link, json.loads(told), streams)
        link.close()
        for descriptor in streams:
            os.close(descriptor)


def warm() -> None:
    """Import what every command or run imports sooner or later, so that no forked process does it by itself.

    What is there then is no garbage: no child walks through it, which would also copy its pages.
    """
    import avnwizard
    from avnwizard.domain.config import parse_config
    from avnwizard.domain.typed import Typed

    found = (one.name for one in pkgutil.walk_packages(avnwizard.__path__, "avnwizard."))
    for name in (*_WARM, *(one for one in found if not one.startswith(_COLD))):
        importlib.import_module(name)
    parse_config("", source="")
    for one in gc.get_objects():
        if isinstance(one, Typed):
            _ = one.adapter
    gc.collect()
    gc.freeze()


def main() -> None:
    """Import, and serve."""
    warm()
    from avnwizard.engine import supervise

    supervise.spawn = _spawn  # type: ignore[assignment]  # what stands for Popen is one for those who ask it
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _ADDRESS.append(sys.argv[1])
    _serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))


if __name__ == "__main__":
    main()
