"""The operator's own commands and a webhook around a run: what they hear, what stops it, and no secret."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from avnwizard.adapters.hooks import HostHooks
from avnwizard.domain.answers import Answers
from avnwizard.domain.config import parse_config
from avnwizard.errors import UsageError
from avnwizard.flows.host import Host
from avnwizard.flows.run import launch
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host

_HOOK = """#!/bin/sh
env | grep ^AVNWIZARD_ | sort | tr '\\n' ' ' >> {said}
echo >> {said}
echo "told $AVNWIZARD_EVENT postgres://u:hunter2@h/d"
test ! -e {storm}-$AVNWIZARD_EVENT
"""


class _Receiver(BaseHTTPRequestHandler):
    taken: ClassVar[list[dict[str, Any]]] = []
    refuse: ClassVar[int] = 0

    def do_POST(self) -> None:
        """Refuse as often as was ordered, then take it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if type(self).refuse:
            type(self).refuse -= 1
            self.send_error(503)
            return
        type(self).taken.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[str]:
    """The address of a webhook on this machine."""
    _Receiver.taken, _Receiver.refuse = [], 0
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/in"
    server.shutdown()
    server.server_close()


def _host(practice: PracticeHost, folder: Path, address: str) -> Host:
    hook = folder / "hook"
    hook.write_text(_HOOK.format(said=folder / "said", storm=folder / "storm"))
    hook.chmod(0o755)
    (folder / "address").write_text(address)
    names = ("before_run", "before_roll", "after_roll", "after_run", "on_failure")
    lines = [f'{name} = ["{hook}"]' for name in names]
    state = practice.home / "state"
    state.mkdir(exist_ok=True)
    text = "\n".join(["[hooks]", *lines, f'webhook_file = "{folder / "address"}"'])
    (state / "avnwizard.toml").write_text(text + "\n")
    return open_host(practice.project.directory)


def _upgrade(host: Host) -> str:
    assert releases.fetch(host) == ""
    draft = inputs.draft(host, "v2.0.0")
    return launch.create_upgrade(host, prepare(host, draft, Answers().accepting(draft.decisions(Answers()))))


def _said(folder: Path) -> list[dict[str, str]]:
    lines = (folder / "said").read_text().splitlines()
    return [dict(part.split("=", 1) for part in line.split() if "=" in part) for line in lines if line]


def test_hooks_hear_the_whole_run_and_may_stop_it(practice_host: PracticeHost, tmp_path: Path, receiver: str) -> None:
    """A failing before-hook changes nothing; one before a roll keeps that service; then everything is heard."""
    host = _host(practice_host, tmp_path, receiver)
    run = _upgrade(host)
    before = host.stack.containers()

    (tmp_path / "storm-before_run").touch()
    assert launch.carry(host, run) == "failed"
    assert host.stack.containers() == before
    assert all(step.state == "pending" for step in host.journal().steps(run))
    assert "The hook before_run ended with exit code 1. Nothing was changed" in host.journal().run(run).message
    (tmp_path / "storm-before_run").unlink()

    (tmp_path / "storm-before_roll").touch()
    assert launch.carry(host, run) == "failed"
    stopped = next(step for step in host.journal().steps(run) if step.state == "failed")
    assert stopped.name.startswith("roll:")
    assert f"{stopped.service} was not rolled" in stopped.message
    (tmp_path / "storm-before_roll").unlink()

    _Receiver.refuse = 1  # the webhook is asked again
    assert launch.carry(host, run) == "done"
    said = _said(tmp_path)
    assert [one["AVNWIZARD_EVENT"] for one in said][:3] == ["before_run", "on_failure", "before_run"]
    last = said[-1]
    assert (last["AVNWIZARD_EVENT"], last["AVNWIZARD_STATE"]) == ("after_run", "done")
    assert (last["AVNWIZARD_FROM"], last["AVNWIZARD_TO"], last["AVNWIZARD_RUN"]) == ("v1.5.0", "v2.0.0", run)
    assert Path(last["AVNWIZARD_REPORT"]).is_file()
    rolled = [one["AVNWIZARD_SERVICE"] for one in said if one["AVNWIZARD_EVENT"] == "after_roll"]
    assert "hydra" in rolled
    assert [one["state"] for one in _Receiver.taken] == ["failed", "failed", "done"]
    assert _Receiver.taken[-1]["to"] == "v2.0.0"

    heard = (host.state.feed(run)).read_text()
    assert "hook after_run | told after_run postgres://***@h/d" in heard
    assert "hunter2" not in heard + json.dumps(host.journal().facts(run, "")) + json.dumps(_Receiver.taken)
    assert receiver not in heard, "the address of a file may be a secret"


def test_a_hook_is_bounded_and_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ended when it takes too long; of our environment it sees what harms nobody; a missing one is an answer."""
    monkeypatch.setenv("MY_SECRET", "hunter2")
    hooks = HostHooks()
    seen = hooks.call(("env",), {"AVNWIZARD_RUN": "r"}, 10.0)
    assert seen.code == 0
    assert "AVNWIZARD_RUN=r" in seen.lines
    assert not any("hunter2" in line for line in seen.lines)
    slow = hooks.call(("sleep", "60"), {}, 0.2)
    assert slow.code is None
    assert slow.trouble
    assert hooks.call(("/no/such/command",), {}, 1.0).code is None


def test_a_webhook_that_refuses_is_an_answer(receiver: str) -> None:
    """Its status, or that it is not there; never an exception, and never the address."""
    hooks = HostHooks()
    assert hooks.post(receiver, b"{}", 5.0) == ""
    _Receiver.refuse = 1
    assert hooks.post(receiver, b"{}", 5.0) == "it answered 503"
    gone = hooks.post("http://127.0.0.1:1/x", b"{}", 5.0)
    assert "cannot be reached" in gone
    assert "127.0.0.1" not in gone


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('webhook = "ftp://x"', "Must begin with http"),
        ('webhook = "https://u:hunter2@h/x"', "Must hold no password"),
        ('before_run = "one string"', "hooks.before_run"),
        ("timeout_s = 0", "from 1 to 3,600"),
    ],
)
def test_hooks_that_make_no_sense_are_refused(line: str, said: str) -> None:
    """One error with its place, that quotes no secret."""
    with pytest.raises(UsageError) as refused:
        parse_config(f"[hooks]\n{line}\n", source="avnwizard.toml")
    assert said in refused.value.message
    assert "hunter2" not in refused.value.message
