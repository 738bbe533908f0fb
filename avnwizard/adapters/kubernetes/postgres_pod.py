"""How Postgres in a pod is reached: a forwarded port for SQL, and its own tools by `kubectl exec`."""

import os
import shutil
import subprocess
import threading
from collections.abc import Sequence

from avnwizard.adapters.kubernetes import reading
from avnwizard.adapters.kubernetes.tools import KubeTools
from avnwizard.domain.plain import printable
from avnwizard.domain.secret import Secret
from avnwizard.errors import HostError
from avnwizard.ports import ToolCommand

_PORT = 5432
_FORWARD_S = 20.0
_AVAILABLE = 3
"""The column of `df -Pk` (POSIX) with the free kibibytes."""
_AS_SUPERUSER = (
    'value() { eval "file=\\${$1_FILE:-}"; '
    'if [ -n "$file" ]; then cat "$file"; else eval "echo \\"\\${$1:-}\\""; fi; }; '
    'PGUSER="$(value POSTGRES_USER)"; PGUSER="${PGUSER:-postgres}"; PGPASSWORD="$(value POSTGRES_PASSWORD)"; '
    "export PGUSER PGPASSWORD; "
)
"""Sets the superuser in the container itself, from the official image's own variables: no secret in any argv."""
_TELL = _AS_SUPERUSER + 'printf "%s\\n%s" "$PGUSER" "$PGPASSWORD"'
_RUN = _AS_SUPERUSER + 'exec "$@"'


class PodPostgresAccess:
    """The port `PostgresAccess` over the pod that a label selector finds.

    Args:
        selector: such as "app=postgres"; one running pod must match.
        container: the container in it, "" for the first.
    """

    def __init__(self, tools: KubeTools, selector: str, container: str = "") -> None:
        self._tools, self._selector, self._container = tools, selector, container
        self._pod = ""
        self._asking = threading.Lock()
        self._who: tuple[str, Secret] | None = None
        self._forward: _Forward | None = None

    def pod(self) -> str:
        """The pod's name.

        Raises:
            HostError: none runs, or several do.
        """
        words = ("get", "pods", "-l", self._selector, "--field-selector", "status.phase=Running", "-o", "json")
        found = [
            str(reading.at(one, "metadata", "name"))
            for one in reading.items(self._tools.kubectl(*words).text, "kubectl get pods")
            if not reading.at(one, "metadata", "deletionTimestamp")
        ]
        if len(found) != 1:
            raise HostError(
                f"{len(found)} running pods match {printable(self._selector)}, not one.",
                "Look at [kubernetes] postgres in avnwizard.toml, and: kubectl get pods",
            )
        return found[0]

    def connection(self, database: str) -> dict[str, str]:
        """Psycopg's keywords, to a port of the loopback interface that kubectl forwards."""
        with self._asking:
            pod = self.pod()
            if self._forward is None or not self._forward.serves(pod):
                self._close()
                self._forward, self._who = _Forward(self._tools, pod), None
            if self._who is None:
                user, _, password = self._tools.kubectl(*self._exec(pod, "sh", "-c", _TELL)).text.partition("\n")
                self._who = user, Secret(password)
            user, secret = self._who
        return {
            "host": "127.0.0.1", "port": str(self._forward.port), "user": user, "password": secret.reveal(),
            "dbname": database,
        }  # fmt: skip

    def command(self, tool: Sequence[str]) -> ToolCommand:
        """The tool in the pod, over its own Unix socket."""
        self._pod = self._pod or self.pod()
        argv = self._tools.kubectl_words(*self._exec(self._pod, "sh", "-c", _RUN, "sh", *tool))
        return ToolCommand(argv, self._tools.environ() or dict(os.environ))

    def free_bytes(self, folder: str) -> int | None:
        """Asked of `df` in the pod."""
        done = self._tools.kubectl(*self._exec(self.pod(), "df", "-Pk", folder), check=False)
        words = done.text.splitlines()[-1].split() if done.code == 0 and done.text.strip() else []
        return int(words[_AVAILABLE]) * 1024 if len(words) > _AVAILABLE and words[_AVAILABLE].isdigit() else None

    def _exec(self, pod: str, *tool: str) -> tuple[str, ...]:
        inside = ("--container", self._container) if self._container else ()
        return "exec", "-i", pod, *inside, "--", *tool

    def _close(self) -> None:
        if self._forward is not None:
            self._forward.close()
            self._forward = None


class _Forward:
    """`kubectl port-forward` in the background; it ends with this process.

    A thread of its own starts it and lives as long as it does: Linux ends a child that asked for it
    (`--pdeathsig`) with the thread that started it, not with the process.
    """

    def __init__(self, tools: KubeTools, pod: str) -> None:
        self._pod, self._line, self._told = pod, "", threading.Event()
        argv = tools.kubectl_words("port-forward", "--address", "127.0.0.1", f"pod/{pod}", f":{_PORT}")
        if tied := shutil.which("setpriv"):  # a killed run leaves no forwarded port behind
            argv = (tied, "--pdeathsig", "KILL", *argv)
        self._argv, self._environ = argv, tools.environ()
        self._process: subprocess.Popen[bytes] | None = None
        threading.Thread(target=self._keep, name="port-forward", daemon=True).start()
        self._told.wait(_FORWARD_S)
        number = self._line.partition("127.0.0.1:")[2].partition(" ")[0]
        if not number.isdigit():
            self.close()
            raise HostError(
                f"kubectl does not forward a port to the pod {printable(pod)}.",
                "Is this login allowed to create pods/portforward?",
            )
        self.port = int(number)

    def serves(self, pod: str) -> bool:
        """Whether it runs, and leads to that pod."""
        return self._pod == pod and self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()

    def _keep(self) -> None:
        """The first line names the port that kubectl chose: "Forwarding from 127.0.0.1:40001 -> 5432"."""
        try:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environ,
            )
        except OSError:
            self._told.set()
            return
        assert self._process.stdout is not None
        self._line = self._process.stdout.readline().decode("utf-8", "replace")
        self._told.set()
        while self._process.stdout.read(4096):
            pass
        self._process.wait()
