"""Runs the command line as an operator does: in a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.zygote import Zygote, ask


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Stdout, which must be JSON."""
        return json.loads(self.out)


ZYGOTE = Zygote()
_OF_THE_INTERPRETER = re.compile(r"(PYTHON|LC_|LANG|TZ$)")


def _starts_alike(env: dict[str, str] | None) -> bool:
    """Whether an interpreter would start with `env` as those of the tests do."""
    differing = (env or {}).items() - os.environ.items()
    return not any(_OF_THE_INTERPRETER.match(name) for name, _ in differing)


def _forked(arguments: tuple[str, ...], env: dict[str, str], timeout_s: float) -> Said:
    """Run it in a process that the zygote forks."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Path(os.devnull).open("rb") as nothing:
        streams = (nothing.fileno(), out.fileno(), err.fileno())
        started = ask(ZYGOTE.address(), arguments, env=env, cwd=str(Path.cwd()), streams=streams, detached=False)
        try:
            code = started.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.kill(started.pid, signal.SIGKILL)
            raise
        out.seek(0)
        err.seek(0)
        return Said(code, out.read().decode(), err.read().decode())


def avnwizard(*arguments: str | Path, env: dict[str, str] | None = None, timeout_s: float = 600.0) -> Said:
    """Run `python -m avnwizard` with no terminal."""
    if _starts_alike(env):
        return _forked(tuple(map(str, arguments)), os.environ | (env or {}), timeout_s)
    done = subprocess.run(
        [sys.executable, "-m", "avnwizard", *map(str, arguments)],
        env=(os.environ | env) if env is not None else None,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def in_a_session(*arguments: str | Path, env: dict[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Start it in a session of its own that SIGHUP ends, as a terminal's does; what tests run under may ignore it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # what is ignored is inherited, as from nohup
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "avnwizard", *map(str, arguments)],
            env=(os.environ | env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGHUP, before)


def answer_all(stack: Path, target: str, file: Path, *, env: dict[str, str] | None = None) -> Path:
    """Let avnwizard write its answers file, and fill it in: everything read, every proposal taken."""
    assert avnwizard("plan", "--to", target, "--stack", stack, "--write-answers", file, env=env).code == 0
    file.write_text(file.read_text().replace("= false", "= true"))
    return file
