"""An operator's checkout with the example chart, installed as a release in a namespace of its own."""

import http.client
import os
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import yaml

from tests.lab.errors import LabError
from tests.lab.kube.node import NODE, Node

_CHART = Path(__file__).parent / "chart"
_ANSWER_S = 10.0
_BEGIN_S = 60.0


@dataclass
class LabRelease:
    """The release `id` in a namespace; its chart and values are the checkout's."""

    node: Node
    folder: Path
    namespace: str
    port: int
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def checkout(self) -> Path:
        """The operator's git checkout."""
        return self.folder / "checkout"

    @property
    def env(self) -> dict[str, str]:
        """The environment in which avnwizard reaches the cluster."""
        return {**self.node.env, "AVNWIZARD_STATE_DIR": str(self.folder / "state")}

    def make(self, **values: Any) -> "LabRelease":
        """The checkout, the namespace, and the first revision by hand."""
        self.checkout.mkdir(parents=True)
        shutil.copytree(_CHART, self.checkout / "chart")
        self.configure(timeout_s=60)
        self.chart("1.5.0", **values)
        self.git("init", "-q")
        self.commit("v1.5.0")
        self.node.kubectl("create", "namespace", self.namespace)
        self.helm("install", "id", "chart", "--values", "values.yaml", "--wait", "--timeout", "90s")
        return self

    def git(self, *words: str) -> str:
        """What git says."""
        who = ("-c", "user.name=lab", "-c", "user.email=lab@example.com")
        done = subprocess.run(["git", *who, *words], cwd=self.checkout, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, tag: str) -> None:
        """All that lies in the checkout becomes a release."""
        for words in (["add", "-A"], ["commit", "-q", "-m", tag], ["tag", tag]):
            self.git(*words)

    def configure(self, *, text: str = "", **more: object) -> None:
        """Write `avnwizard.toml`, with further sections."""
        settings = {"release": "id", "context": "lab", "namespace": self.namespace, "settle_s": 2, **more}
        lines = [f"{key} = {value!r}".replace("'", '"') for key, value in settings.items()]
        text = "\n".join(["[kubernetes]", *lines, 'values = ["values.yaml"]', "[probe]", "enabled = false", text])
        (self.checkout / "avnwizard.toml").write_text(text)

    def chart(self, version: str, **values: Any) -> None:
        """Have the checkout hold a version of the chart, with the operator's values."""
        file = self.checkout / "chart/Chart.yaml"
        known = yaml.safe_load(file.read_text())
        file.write_text(yaml.safe_dump({**known, "version": version, "appVersion": version}))
        self.values |= {"tag": version, "nodePort": self.port, **values}
        (self.checkout / "values.yaml").write_text(yaml.safe_dump(self.values))

    def helm(self, *words: str) -> str:
        """What helm says."""
        done = subprocess.run(
            [str(self.node.bin / "helm"), *words, "--namespace", self.namespace, "--kube-context", "lab"],
            cwd=self.checkout, env=self.node.env, capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip
        if done.returncode:
            raise LabError(f"helm {' '.join(words[:2])}: {done.stderr.strip()[-1000:]}")
        return done.stdout

    def history(self) -> list[dict[str, Any]]:
        """Every revision, oldest first."""
        return list(yaml.safe_load(self.helm("history", "id", "-o", "json")))

    def wait_for(self, kind: str, name: str, limit_s: float = 120.0) -> bool:
        """Until an object is there; False where it never came."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            if self.node.kubectl("get", kind, name, "-n", self.namespace, "-o", "name", check=False):
                return True
            time.sleep(0.1)
        return False

    def renames(self, version: str) -> None:
        """Tag a chart that wants `tag` as `image.tag` and rolls the pods; the checkout stays at v1.5.0."""
        chart = self.checkout / "chart"
        for file in (chart / "values.yaml", *(chart / "templates").iterdir()):
            file.write_text(file.read_text().replace("Values.tag", "Values.image.tag").replace("\ntag: 1.5.0", ""))
        gateway = chart / "templates/gateway.yaml"
        gateway.write_text(gateway.read_text().replace("PeriodSeconds: 20", "PeriodSeconds: 21"))
        (chart / "values.yaml").write_text((chart / "values.yaml").read_text() + f"image: {{tag: {version}}}\n")
        (chart / "Chart.yaml").write_text((chart / "Chart.yaml").read_text().replace("1.5.0", version))
        self.commit(f"v{version}")
        self.git("checkout", "-q", "v1.5.0")

    def answer(self) -> str:
        """What the gateway says now: its version."""
        return ask(self.port)

    def kill_in_the_middle(self, *whom: Literal["run", "helm"]) -> None:
        """SIGKILL to the run, to Helm, or to both, once Helm has begun.

        Raises:
            LabError: it never began.
        """
        patterns = {
            "run": f"avnwizard carry .*{self.checkout}",
            "helm": f"^helm upgrade id .*--namespace {self.namespace}",
        }
        deadline = time.monotonic() + _BEGIN_S
        while time.monotonic() < deadline:
            found = {name: _pids(pattern) for name, pattern in patterns.items()}
            if all(found.values()) and self.history()[-1]["status"] == "pending-upgrade":
                for pid in (each for name in whom for each in found[name]):
                    os.kill(pid, signal.SIGKILL)
                return
            time.sleep(0.05)
        raise LabError("Helm never began")

    def leave_pending(self) -> None:
        """An upgrade by hand whose helm is killed while it waits for a hook that never ends."""
        words = ["helm", "upgrade", "id", "chart", "--values", "values.yaml", "--set", "pods=true,migrate=nowhere:1"]
        process = subprocess.Popen(
            [*words, "--namespace", self.namespace, "--kube-context", "lab"],
            cwd=self.checkout, env=self.node.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + _BEGIN_S
        while self.history()[-1]["status"] != "pending-upgrade" and time.monotonic() < deadline:
            time.sleep(0.1)
        process.kill()
        process.wait()

    def remove(self) -> None:
        """Take the namespace away."""
        self.node.kubectl("delete", "namespace", self.namespace, "--wait=false")


def _pids(pattern: str) -> list[int]:
    done = subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True, check=False)
    return [int(each) for each in done.stdout.split()]


def ask(port: int) -> str:
    """One request on a connection of its own; "" where it was not answered."""
    try:
        connection = http.client.HTTPConnection(NODE, port, timeout=_ANSWER_S)
        connection.request("GET", "/")
        answer = connection.getresponse()
        text = answer.read().decode().strip()
        connection.close()
    except (OSError, http.client.HTTPException):
        return ""
    return text if answer.status == http.client.OK else ""


class Asking:
    """Requests at a steady rate from a few threads, until the end of the `with`; every answer is counted."""

    def __init__(self, port: int, rate: float, *, threads: int = 4) -> None:
        self._port, self._pause_s, self._stop = port, threads / rate, threading.Event()
        self.answers: dict[str, int] = {}
        self._counting = threading.Lock()
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(threads)]

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()

    def _ask_on(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            answer = ask(self._port)
            with self._counting:
                self.answers[answer] = self.answers.get(answer, 0) + 1
            due = max(due + self._pause_s, time.monotonic() - 1.0)
            self._stop.wait(max(0.0, due - time.monotonic()))
