"""The lab itself: a stack on the real engine behaves as the product would."""

import subprocess
from pathlib import Path

import pytest

from avnwizard.practice import product
from avnwizard.practice.product.template import COMPOSE_FILE
from tests.lab.engine import Lab
from tests.lab.probe import probe_for
from tests.lab.stack import DOMAIN, LabStack, routed

pytestmark = pytest.mark.engine


@pytest.fixture
def stack(resting: LabStack) -> LabStack:
    """The shared stack at v1.5.0, which these tests leave as they found it."""
    return resting


def _run(lab: Lab, image: str, *options: str) -> tuple[int, str]:
    """The exit code and output of a container that is expected to end by itself."""
    done = lab.docker("run", "--rm", *options, f"{lab.registry}/{image}", check=False, timeout_s=60)
    return done.returncode, done.stdout + done.stderr


def test_every_service_answers_through_the_edge(stack: LabStack) -> None:
    """Each routed service is reached by its own rule and says who it is."""
    for name in routed():
        status, body = stack.ask(name)
        assert (status, body["service"]) == (200, name)
        assert body["version"] == product.release("v1.5.0").tags[name]


def test_the_rows_are_all_there(stack: LabStack) -> None:
    """The prepared volume holds every seeded row, in four databases, and the extra roles."""
    assert stack.row_counts() == product.SEEDED_ROWS
    roles = stack.sql("postgres", "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'").split()
    assert set(roles) == {"avnology", "hydra", "kratos", "keto", "readers", "reporting"}


def test_the_edge_loses_nothing_at_rest(stack: LabStack) -> None:
    """At 100 requests a second with nothing going on, every request is answered."""
    report = probe_for(stack.ports.web, DOMAIN, "/api/probe", rate=100, duration_s=3, service="gateway")
    assert report.sent > 250
    assert report.lost_total == 0, report


def test_a_missing_variable_refuses(lab: Lab, stack: LabStack) -> None:
    """v2's gateway ends with 1 and names the variable that it misses."""
    code, said = _run(lab, "gateway:v2.0.0", "-e", "DATABASE_URL=x", "-e", "SESSION_SECRET=x", "-e", "VALKEY_URL=x")
    assert code == 1
    assert "missing required configuration: SIGNING_SECRET" in said
    assert stack.clone.exists()


def test_hydra_refuses_rows_that_it_cannot_read(lab: Lab, stack: LabStack) -> None:
    """With the old secret behind the new one Hydra starts; with the new one alone it does not."""
    variables = stack.env_file()
    dsn = f"postgres://hydra:{variables['HYDRA_DB_PASSWORD']}@postgres:5432/hydra"
    options = ("--network", f"{stack.project}_backend", "-e", f"DSN={dsn}", "-e", "URLS_SELF_ISSUER=x")
    code, said = _run(lab, "hydra:v2.3.0", *options, "-e", f"SECRETS_SYSTEM={'n' * 32}")
    assert code == 1
    assert "Could not ensure that signing keys" in said
    both = f"SECRETS_SYSTEM={'n' * 32},{variables['HYDRA_SYSTEM_SECRET']}"
    name = f"{stack.project}-hydra-both"
    lab.docker("run", "-d", "--name", name, *options, "-e", both, f"{lab.registry}/hydra:v2.3.0")
    try:
        for _ in range(50):
            ready = lab.docker("exec", name, "healthcheck", "http://127.0.0.1:4445/health/ready", check=False)
            if ready.returncode == 0:
                break
        assert ready.returncode == 0, ready.stdout
    finally:
        lab.docker("rm", "-f", name)


def test_postgres_18_refuses_the_old_mount(lab: Lab, stack: LabStack) -> None:
    """On the volume of 17, mounted where 17 had it, the image of 18 ends with 1 and says why."""
    volume = f"{stack.project}_postgres_data:/var/lib/postgresql/data:ro"
    code, said = _run(lab, "postgres:18", "-v", volume, "-e", "POSTGRES_PASSWORD=x")
    assert code == 1
    assert "in 18+, these Docker images are configured to store database data" in said
    assert "/var/lib/postgresql/data" in said


def test_postgres_18_starts_on_its_own_mount(lab: Lab, stack: LabStack) -> None:
    """On an empty volume at /var/lib/postgresql the image of 18 makes a database in its own folder."""
    name = f"{stack.project}-pg18"
    variables = ("-v", "/var/lib/postgresql", "-e", "POSTGRES_PASSWORD=x")
    lab.docker("run", "-d", "--name", name, *variables, f"{lab.registry}/postgres:18")
    ask = ("exec", name, "psql", "-h", "127.0.0.1", "-U", "postgres", "-qAtc", "SHOW data_directory")
    try:
        for _ in range(100):
            answer = lab.docker(*ask, check=False)
            if answer.returncode == 0:
                break
        assert answer.stdout.strip() == "/var/lib/postgresql/18/docker", answer.stderr
    finally:
        lab.docker("rm", "-f", "-v", name)


def test_a_tag_that_moves(lab: Lab) -> None:
    """A broken build moves the tag of an image that is the test's own, and the good one moves it back."""
    good = lab.push_build("gateway-moving", "gateway", "v2.0.0")
    broken = lab.push_build("gateway-moving", "gateway", "v2.0.0", broken=True)
    assert broken != good
    assert lab.images().registry.digest("gateway-moving", "v2.0.0") == broken
    assert lab.push_build("gateway-moving", "gateway", "v2.0.0") == good
    assert lab.images().registry.digest("gateway", "v2.0.0") not in {broken, ""}


def test_what_an_earlier_session_left_under_a_tag_is_forgotten(lab: Lab) -> None:
    """A broken build that the engine still holds would start in every stack that does not pull."""
    lab.push_build("docs-left", "docs", "v2.0.0", broken=True)
    left, kept = f"{lab.registry}/docs-left:v2.0.0", f"{lab.registry}/docs:v2.0.0"
    for name in (left, kept):
        lab.docker("pull", "-q", name)
    assert left not in lab.forget_moved()
    lab.push_build("docs-left", "docs", "v2.0.0")
    assert left in lab.forget_moved()
    assert lab.docker("image", "inspect", left, check=False).returncode != 0
    assert lab.docker("image", "inspect", kept).returncode == 0


def test_a_tag_that_was_moved_in_the_registry_is_put_back(lab: Lab) -> None:
    """The next session pushes the images again of which one tag is not as it was pushed."""
    images = lab.images()
    assert not images.ensure()
    right = images.registry.digest("docs", "v1.5.0")
    stamp = lab.paths.root / "spaces" / images.registry.namespace / "images.json"
    told = stamp.read_text("ascii")
    stamp.write_text(told.replace(str(right), f"sha256:{'0' * 64}"), "ascii")
    assert images.ensure()
    assert (images.registry.digest("docs", "v1.5.0"), stamp.read_text("ascii")) == (right, told)


def test_compose_with_no_deps_has_nothing_to_do(stack: LabStack) -> None:
    """With Compose 2.40 a service that runs is as its file says, with and without its dependencies."""
    for options in ((), ("--no-deps",)):
        said = stack.compose("up", "-d", *options, "--dry-run", "gateway").stderr
        assert "gateway-1  Recreate" not in said


def test_an_older_compose_hashes_dependencies(lab: Lab, stack: LabStack) -> None:
    """Compose 2.26 counts `depends_on` in the config hash, 2.40 does not."""
    running = stack.states()["gateway"].labels["com.docker.compose.config-hash"]
    newer, older = (stack.compose("config", "--hash", "gateway", env=env) for env in (lab.env, lab.env_old_compose))
    assert newer.stdout.split()[1] == running
    assert newer.stdout != older.stdout


def test_v1_breaks_on_the_schema_of_v2_and_v2_runs_on_it(lab_stack: LabStack) -> None:
    """After v2's migrations v1's gateway and Kratos answer 500; v2 then comes up with every row."""
    stack = lab_stack
    clone = stack.clone
    _git(clone, "fetch", "-q", "--tags")
    _git(clone, "checkout", "-q", "--merge", "v2.0.0")
    env_file = clone / ".env.production"
    text = env_file.read_text("utf-8").replace("SMTP_URL=", "COURIER_SMTP_URL=")
    env_file.write_text(text + f"GATEWAY_SIGNING_SECRET={'s' * 64}\n", "utf-8")
    stack.compose("run", "--rm", "--no-deps", "avnology-migrate")
    stack.compose("run", "--rm", "--no-deps", "kratos-migrate")
    assert stack.ask("gateway")[0] == 500
    assert 'column "login_name" does not exist' in stack.ask("gateway")[1]["error"]
    assert stack.ask("kratos")[0] == 500
    stack.start()
    assert stack.ask("gateway")[1]["version"] == "v2.0.0"
    assert stack.row_counts() == product.SEEDED_ROWS
    assert "max-size: 10m" in (clone / COMPOSE_FILE).read_text("utf-8")


def _git(cwd: Path, *arguments: str) -> None:
    """Run git in the clone."""
    subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, timeout=60)
