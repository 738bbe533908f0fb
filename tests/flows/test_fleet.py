"""Two practice stacks behind a real HAProxy: how they stand, and what a release through them would take."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost, open_host
from tests.adapters.flipped import free_port, servers
from tests.adapters.test_balancer_haproxy import PROGRAM, SETTINGS
from tests.flows.cli import avnwizard
from tests.practice_fixtures import copied
from tests.waiting import until

pytestmark = pytest.mark.skipif(not Path(PROGRAM).exists(), reason="haproxy is not installed (Debian: haproxy)")


@pytest.fixture
def fleet(practice_host: PracticeHost, practice_template: Path, tmp_path: Path) -> Iterator[Path]:
    """The checkout of blue; green, a copy of it, says that its database lies elsewhere."""
    green = copied(practice_template, tmp_path / "green")
    socket = tmp_path / "admin.sock"
    text = (
        f'[fleet]\ndriver = "haproxy"\nsocket = "{socket}"\nbackend = "id"\n'
        'servers = {blue = "one", green = "two"}\nonce = ["docs"]\n'
        f'stacks = {{blue = "{practice_host.project.directory}", green = "{green.project.directory}"}}\n'
    )
    (practice_host.project.directory / "avnwizard.toml").write_text(text)
    (green.project.directory / "avnwizard.toml").write_text('[postgres]\nservice = "none"\n')
    with servers("a", "b") as places:
        settings = tmp_path / "haproxy.cfg"
        settings.write_text(
            SETTINGS.format(socket=socket, level="admin", port=free_port(), one=places["a"], two=places["b"])
        )
        process = subprocess.Popen([PROGRAM, "-f", str(settings), "-db"], stderr=subprocess.DEVNULL)
        try:
            until(socket.exists)
            yield practice_host.project.directory
        finally:
            process.terminate()
            process.wait(timeout=10)
            open_host(green.home).destroy()
            shutil.rmtree(green.home, ignore_errors=True)


def test_status_and_plan(fleet: Path) -> None:
    """Both are at v1.5.0 and serve; one project name for two stacks is a trouble, and so is what v2.0.0 migrates."""
    status = avnwizard("fleet", "status", "--stack", fleet, "--json")
    assert status.code == ExitCode.REFUSED
    found = status.data
    assert [(one["stack"], one["tag"], one["database"]) for one in found["members"]] == [
        ("blue", "v1.5.0", "postgres"),
        ("green", "v1.5.0", ""),
    ]
    assert [(one["mode"], one["weight"]) for one in found["served"]] == [("ready", 100), ("ready", 100)]
    assert [what for what, _ in found["troubles"]] == [
        "Two stacks have one Compose project name.",
        "blue and green do not reach the same Postgres (blue: postgres:5432; green: postgres:5432).",
        "docs may run in one stack alone, and green runs it besides blue.",
    ]
    assert "shared" not in found["members"][0]
    plan = avnwizard("fleet", "plan", "--to", "v2.0.0", "--stack", fleet, "--json").data
    assert any("may not work on the schema of v2.0.0" in what for what, _ in plan["troubles"])
    assert plan["steps"][0]["commands"] == ["drain blue"]
    assert "rollback" in plan["steps"][1]["back"]


def test_no_fleet(practice_host: PracticeHost) -> None:
    """A stack without `[fleet]`: one error that says where it is described."""
    said = avnwizard("fleet", "status", "--stack", practice_host.project.directory)
    assert said.code == ExitCode.REFUSED
    assert "has no fleet" in said.err
    assert "avnwizard help fleet" in said.err
