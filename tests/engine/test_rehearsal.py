"""A rehearsal of v2.0.0 on a real engine: killed, forgotten, then whole; the live stack as it was, nothing left."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avnwizard.engine.faults import KILL_AT
from avnwizard.engine.lock import holder
from avnwizard.errors import ExitCode
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard
from tests.lab.stack import DOMAIN, LabStack
from tests.waiting import until

pytestmark = pytest.mark.engine
_CHECK = """
import http.client, json, os, subprocess, sys
seen = set()
for _ in range(20):
    edge = http.client.HTTPConnection("127.0.0.1", {port}, timeout=10)
    edge.request("GET", "/whoami", headers={{"Host": "docs.{domain}"}})
    seen.add(json.loads(edge.getresponse().read())["version"])
label = "label=com.docker.compose.project=" + os.environ["AVNWIZARD_REHEARSAL"]
names = subprocess.run(["docker", "network", "ls", "-q", "--filter", label],
    capture_output=True, text=True, check=True).stdout.split()
found = json.loads(subprocess.run(["docker", "network", "inspect", *names], capture_output=True, check=True).stdout)
open({out!r}, "w").write(json.dumps({{"versions": sorted(seen), "internal": [one["Internal"] for one in found]}}))
"""


@pytest.fixture
def stack(in_reach: LabStack, tmp_path: Path) -> Iterator[LabStack]:
    """The shared stack at v1.5.0, with a check of the copy."""
    script = tmp_path / "check.py"
    script.write_text(_CHECK.format(port=in_reach.ports.web, domain=DOMAIN, out=str(tmp_path / "seen.json")))
    check = json.dumps([sys.executable, str(script)])
    settings = f"[rehearse]\nmax_load = 1000\ncpus = 1.0\nold_at_once = 16\ncheck = {check}\n"
    file = in_reach.clone / "avnwizard.toml"
    assert not file.exists()
    file.write_text(settings)
    yield in_reach
    file.unlink()


def _live(stack: LabStack) -> dict[str, Any]:
    """What must not change: the very containers, volumes and networks, the files, and every row."""
    of_project = ("--filter", f"label=com.docker.compose.project={stack.project}")
    host = open_host(stack.clone)
    return {
        "containers": sorted((one.id, one.started_at, one.restarts) for one in host.stack.containers()),
        "volumes": stack.lab.docker("volume", "ls", "-q", *of_project).stdout.split(),
        "networks": stack.lab.docker("network", "ls", "-q", *of_project).stdout.split(),
        "head": host.repo.head(),
        "rows": stack.row_counts(),
        "schemas": {one.name: host.database().fingerprint(one.name) for one in host.database().databases()},
    }


def _left(stack: LabStack) -> list[str]:
    marked = ("-q", "--filter", f"label=avnwizard.rehearsal={stack.project}")
    kinds = (("ps", "-a"), ("volume", "ls"), ("network", "ls"))
    return [word for kind in kinds for word in stack.lab.docker(*kind, *marked).stdout.split()]


def test_v2_rehearsed(stack: LabStack, tmp_path: Path) -> None:
    """Killed amid it and forgotten; then the verdict: v2.0.0 comes up, v1.5.0 does not work on its schema."""
    answers = answer_all(stack.clone, "v2.0.0", tmp_path / "answers.toml")
    before = _live(stack)
    words = ("rehearse", "--to", "v2.0.0", "--stack", str(stack.clone), "--answers", str(answers))
    avnwizard(*words, env=dict(os.environ) | {KILL_AT: "database:start:after"}, timeout_s=300)
    until(lambda: not holder(open_host(stack.clone).lock), limit_s=60)
    assert len(_left(stack)) >= 3, "a container, a volume and a network at the least"
    assert _live(stack) == before
    forgotten = avnwizard("rehearse", "forget", "--stack", stack.clone)
    assert forgotten.code == ExitCode.DONE, forgotten.err
    assert _left(stack) == []

    done = avnwizard(*words, timeout_s=300)
    assert done.code == ExitCode.DONE, done.err
    assert _left(stack) == []
    assert _live(stack) == before
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["versions"] == ["v1.5.0"], "no request of the live edge reached the copy"
    assert set(seen["internal"]) == {True}
    shown = avnwizard("rehearse", "show", "--stack", stack.clone, "--json").data
    assert (shown["comes_up"], shown["old_code"], shown["check"]) == (True, "breaks", ""), shown["sentences"]
    assert [one["service"] for one in shown["left_out"]] == ["traefik"]
    plan = avnwizard("plan", "--to", "v2.0.0", "--stack", stack.clone, "--answers", answers, "--json").data
    assert plan["rehearsed"] == shown["sentences"]
    print("\n".join(shown["sentences"]), [(one["service"], round(one["seconds"], 1)) for one in shown["target"]])
