"""What changes the stack, through python-on-whales (0.81): `compose up`, pull, tag, stop, start, remove, a director.

It is not used for reads: an attribute of a container that is older than 10 ms is another `docker inspect`, so twenty
containers are some hundred processes and their state is torn; and an answer that it cannot parse, a container's
environment with its passwords included, goes to a file in the temporary folder. Reads stay on the engine's socket and
one batched inspect. Neither holds for commands that change something, and the rest is dealt with here:

- It calls Compose through the docker CLI, which starts the plugin twice and waits for it. The plugin's own program is
  called where it is found.
- It has no time-out. Every command is called through `timeout`, which ends it and what it started.
- It hands on this process's environment and terminal. `start_clean` gives the command its own.
- No object of it is kept, asked for an attribute or compared, so nothing is inspected and nothing parsed. What docker
  starts has a private TMPDIR all the same.
- Its exceptions carry the argv and the whole output, and cannot hold output that is not UTF-8. They are turned into
  `Completed`, and go through the same redaction as every other command's failure.
- PYTHON_ON_WHALES_DEBUG would print the environment; it is taken out of this process's environment.

Where it lacks an option, the option leads the words that it passes on as they are: `compose.up` has no `--timeout`;
`container.stop(time=10)` drops the time without a word, and a timedelta becomes "10.0s", which docker refuses. With
`detach=True`, `run` inspects the container that it made, so `--detach` leads the image there.

`docker exec`, `cp`, `create` and `logs` stay with `DockerCli`: they read, or stream bytes in and out, which
python-on-whales collects in memory.
"""

import contextlib
import math
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.adapters.docker import start_clean
from avnwizard.adapters.docker.cli import INSTALL, READ_S, DockerCli, hint_for, is_gone
from avnwizard.adapters.docker.plugin import by_plugin
from avnwizard.adapters.memory_file import in_memory
from avnwizard.adapters.process import Completed, lines_in
from avnwizard.adapters.process_errors import TAIL_LINES, fail, printable, shown
from avnwizard.domain.commands import Argv
from avnwizard.domain.host import ComposeProject
from avnwizard.errors import HostError

if TYPE_CHECKING:
    from python_on_whales import DockerClient

_KILL_AFTER_S = 5
_MARGIN_S = 5.0
_TIMED_OUT, _KILLED = 124, 137
"""How `timeout` ends (coreutils 9.1): the command was late; it was late and had to be killed."""
_DEBUG = "PYTHON_ON_WHALES_DEBUG"

Act = Callable[["DockerClient"], object]


class Whales:
    """Runs python-on-whales' commands, bounded and clean.

    Args:
        cli: whose environment they run in.
        project: for Compose's commands.
    """

    def __init__(self, cli: DockerCli, project: ComposeProject | None = None) -> None:
        self._cli, self._project = cli, project

    def run(
        self,
        argv: Argv,
        act: Act,
        *,
        timeout_s: float = READ_S,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> None:
        """Do something with a client; `HostError` when it fails.

        Args:
            argv: the command that `act` amounts to, as the plan shows it.
            act: one call of the client.
            timeout_s: seconds until it is ended.
            env: the command's whole environment; None for the CLI's.
            stdin: what it reads; None for nothing.
        """
        done = self._done(argv, act, timeout_s=timeout_s, env=env, stdin=stdin)
        if done.code != 0:
            fail(argv, done.code, done.complaint, hint_for(done.complaint))

    def unless_gone(self, argv: Argv, act: Act, *, timeout_s: float = READ_S) -> None:
        """The same with something that may be gone already, which is fine."""
        done = self._done(argv, act, timeout_s=timeout_s, env=None, stdin=None)
        if done.code != 0 and not is_gone(done):
            fail(argv, done.code, done.complaint, hint_for(done.complaint))

    def stream(
        self,
        argv: Argv,
        act: Callable[["DockerClient"], Iterable[tuple[str, bytes]]],
        on_line: Callable[[str], None],
        *,
        timeout_s: float,
    ) -> None:
        """Do something that shows its progress: each line as it comes, in the caller's thread.

        Where `on_line` raises, the command goes on by itself, until its time is up.
        """
        last: deque[str] = deque(maxlen=TAIL_LINES)

        def follow(client: "DockerClient") -> None:
            for _, raw in act(client):
                for line in lines_in(raw):
                    last.append(line)
                    on_line(line)

        with self._client(argv, timeout_s, None, None) as client:
            done = _outcome(argv, lambda: follow(client), timeout_s)
        if done.code != 0:
            complaint = printable("\n".join(last))
            fail(argv, done.code, complaint, hint_for(complaint) or INSTALL)

    def _done(
        self, argv: Argv, act: Act, *, timeout_s: float, env: Mapping[str, str] | None, stdin: bytes | None
    ) -> Completed:
        with self._client(argv, timeout_s, env, stdin) as client:
            return _within(argv, lambda: _outcome(argv, lambda: act(client), timeout_s), timeout_s)

    @contextlib.contextmanager
    def _client(
        self, argv: Argv, timeout_s: float, env: Mapping[str, str] | None, stdin: bytes | None
    ) -> Iterator["DockerClient"]:
        environ = dict(self._cli.environ if env is None else env)
        for program, hint, path in ((argv[0], INSTALL, environ.get("PATH")), ("timeout", "Install coreutils.", None)):
            if not shutil.which(program, path=path):
                raise HostError(f"There is no `{program}` on this host's PATH.", hint)
        os.environ.pop(_DEBUG, None)
        from python_on_whales import DockerClient

        with contextlib.ExitStack() as held:
            with contextlib.suppress(OSError):  # a full disk must not keep anyone from stopping a container
                environ["TMPDIR"] = held.enter_context(tempfile.TemporaryDirectory(prefix="avnwizard-"))
            words = b"".join(os.fsencode(f"{name}={value}") + b"\0" for name, value in environ.items())
            environment = held.enter_context(in_memory(words))
            source = Path(os.devnull) if stdin is None else held.enter_context(in_memory(stdin))
            starter = (sys.executable, "-IS", str(Path(start_clean.__file__)), str(environment), str(source))
            program = by_plugin(argv, environ)[0]
            bounded = ("timeout", "-k", str(_KILL_AFTER_S), str(max(1, math.ceil(timeout_s))), *starter, program)
            project = self._project
            yield DockerClient(
                client_call=list(bounded),
                compose_files=list(project.files) if project else [],
                compose_env_files=[project.env_file] if project and not project.env_absent else [],
                compose_project_name=project.name if project else None,
                compose_project_directory=project.directory if project else None,
            )


def _outcome(argv: Argv, act: Callable[[], object], timeout_s: float) -> Completed:
    """What a call came to; `HostError` when it took too long."""
    from python_on_whales.exceptions import DockerException

    began = time.monotonic()
    try:
        act()
    except DockerException as error:
        code, late = error.return_code, time.monotonic() - began >= timeout_s
        if late and code in {_TIMED_OUT, _KILLED, -9}:
            raise _late(argv, timeout_s) from None
        return Completed(argv, code, (error.stdout or "").encode(), (error.stderr or "").encode())
    except UnicodeDecodeError as error:  # made while the exception was: only a failure is decoded strictly
        return Completed(argv, 1, b"", bytes(error.object))
    return Completed(argv, 0, b"", b"")


def _within(argv: Argv, call: Callable[[], Completed], timeout_s: float) -> Completed:
    """A call that may wait for ever for the output of something that `timeout` did not reach: Compose's plugin."""
    found: list[Completed | Exception] = []

    def work() -> None:
        try:
            found.append(call())
        except Exception as error:  # noqa: BLE001  # raised again below, in the thread that asked
            found.append(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(timeout_s + _KILL_AFTER_S + _MARGIN_S)
    if not found:
        raise _late(argv, timeout_s)
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


def _late(argv: Sequence[str], timeout_s: float) -> HostError:
    return HostError(f"`{shown(argv)}` did not finish within {timeout_s:g} s and was ended.")
