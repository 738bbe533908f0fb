"""The product that everything is practised on: its releases, its repository, its operator's clone."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from avnwizard.practice import product
from avnwizard.practice.product.template import COMPOSE_FILE, tree

REGISTRY = "127.0.0.1:5055/avnology"
PORTS = product.EdgePorts(web=18080, api=18081)


def _git(cwd: Path, *arguments: str) -> str:
    """What git says."""
    return subprocess.run(
        ["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True, timeout=60
    ).stdout.strip()


def _compose(tag: str) -> dict[str, Any]:
    """The compose file of a release, parsed."""
    loaded: dict[str, Any] = yaml.safe_load(tree(product.release(tag), registry=REGISTRY)[COMPOSE_FILE])
    return loaded


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product's bare repository."""
    return product.build_remote(tmp_path_factory.mktemp("product") / "remote.git", registry=REGISTRY)


@pytest.fixture
def clone(remote: Path, tmp_path: Path) -> Path:
    """An operator's clone at v1.5.0."""
    return product.clone_for_operator(remote, tmp_path / "avnology-id", ports=PORTS)


@pytest.mark.parametrize("tag", [each.tag for each in product.LAB_RELEASES])
def test_the_compose_file_agrees_with_the_table(tag: str) -> None:
    """Every release's compose file names exactly the services and images of the table."""
    services = _compose(tag)["services"]
    assert list(services) == [each.name for each in product.SERVICES]
    wanted = {each: product.release(tag).image(each, registry=REGISTRY) for each in services}
    assert {name: spec["image"] for name, spec in services.items()} == wanted


@pytest.mark.parametrize("tag", [each.tag for each in product.LAB_RELEASES])
def test_each_service_is_given_what_it_requires(tag: str) -> None:
    """What a stand-in refuses to start without is in its environment; its health check reads its port."""
    for name, spec in _compose(tag)["services"].items():
        known = product.service(name)
        if known.stand_in:
            assert set(product.runtime(name, tag).requires) <= set(spec.get("environment", {})), name
        if known.health:
            assert spec["healthcheck"]["test"][-1] == known.health


@pytest.mark.parametrize("tag", [each.tag for each in product.LAB_RELEASES])
def test_required_variables_are_in_the_example(tag: str) -> None:
    """Each required variable is asked for by the compose file and listed in .env.example."""
    files = tree(product.release(tag), registry=REGISTRY)
    for name in product.release(tag).required:
        assert f"${{{name}:?" in files[COMPOSE_FILE]
        assert f"\n{name}=" in files[".env.example"]


def test_the_major_release_is_a_typical_one() -> None:
    """v2.0.0 renames two variables, one of them unseen in .env.example, removes one and adds two."""
    old, new = (tree(product.release(tag), registry=REGISTRY) for tag in ("v1.5.0", "v2.0.0"))
    assert "GATEWAY_RATE_LIMIT" not in old[".env.example"] + new[".env.example"]
    assert "RATE_LIMIT: ${GATEWAY_RATE_LIMIT:-600}" in old[COMPOSE_FILE]
    assert "RATE_LIMIT: ${GATEWAY_RATE_LIMIT_RPM:-600}" in new[COMPOSE_FILE]
    assert "GATEWAY_RATE_LIMIT_RPM" in new["CHANGELOG.md"]
    assert "SMTP_URL" in old[".env.example"]
    assert "COURIER_SMTP_URL=" in new[".env.example"]
    assert "AUDIT_LEGACY_SINK" not in new[".env.example"] + new[COMPOSE_FILE]
    assert "GATEWAY_SIGNING_SECRET=" in new[".env.example"]
    pins = product.release("v1.5.0").ory, product.release("v2.0.0").ory
    assert all(pins[0][name] != pins[1][name] for name in pins[0])


def test_the_one_shots_change_their_arguments_with_their_version() -> None:
    """Kratos from v25.4 and Hydra from v2.3 on say `migrate sql up`."""
    old, new = _compose("v1.4.3")["services"], _compose("v2.0.0")["services"]
    assert old["kratos-migrate"]["command"] == ["migrate", "sql", "-e", "--yes"]
    assert old["hydra-migrate"]["command"] == ["migrate", "sql", "-e", "--yes"]
    assert new["kratos-migrate"]["command"] == ["migrate", "sql", "up", "-e", "--yes"]


def test_commits_are_reproducible(remote: Path, tmp_path: Path) -> None:
    """The same registry gives the same commits and annotated tags."""
    again = product.build_remote(tmp_path / "again.git", registry=REGISTRY)
    assert _git(remote, "show-ref") == _git(again, "show-ref")
    assert _git(remote, "cat-file", "-t", "v2.0.0") == "tag"
    assert _git(remote, "tag").split() == [each.tag for each in product.RELEASES]


def test_the_minor_of_the_lab_is_compatible() -> None:
    """v1.6.0 changes every image of a service that rolls, and no schema, setting or infrastructure."""
    old, new = (product.release(tag) for tag in ("v1.5.0", "v1.6.0"))
    assert (new.migrations, new.required) == (old.migrations, old.required)
    for each in product.SERVICES:
        assert (old.tags[each.name] != new.tags[each.name]) is each.stand_in or each.name == "minio", each.name
        if each.ory and each.name != "oathkeeper" and each.kind is product.Kind.STATELESS:
            versions = (product.ory_migrations(each.name, one.tags[each.name]) for one in (old, new))
            assert len({len(found) for found in versions}) == 1, each.name


def test_the_clone_is_an_operators(clone: Path) -> None:
    """Detached at v1.5.0, knowing no later tag, a private env file that git ignores, one dirty file."""
    assert _git(clone, "describe", "--tags") == "v1.5.0"
    assert _git(clone, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    assert "v2.0.0" not in _git(clone, "tag").split()
    assert (clone / ".env.production").stat().st_mode & 0o777 == 0o600
    assert _git(clone, "status", "--porcelain") == f"M {COMPOSE_FILE}"
    _git(clone, "fetch", "-q", "--tags")
    assert "v2.0.0" in _git(clone, "tag").split()


@pytest.mark.parametrize("tag", ["v2.0.0", "v2.1.0"])
def test_the_local_edit_merges(clone: Path, tag: str) -> None:
    """The operator's edit carries over to a later release without a conflict."""
    _git(clone, "fetch", "-q", "--tags")
    _git(clone, "checkout", "-q", "--merge", tag)
    text = (clone / COMPOSE_FILE).read_text("utf-8")
    assert "<<<<<<<" not in text
    assert "max-size: 10m" in text
    assert f"gateway:{tag}" in text


def test_every_required_variable_has_a_value(clone: Path) -> None:
    """The operator's env file fills what v1.5.0 requires and sets what only the compose file tells of."""
    pairs = dict(
        line.split("=", 1) for line in (clone / ".env.production").read_text("utf-8").splitlines() if "=" in line
    )
    assert all(pairs[name] for name in product.release("v1.5.0").required)
    assert pairs["GATEWAY_RATE_LIMIT"] == "1200"
    assert len(pairs["KRATOS_CIPHER_SECRET"]) == 32


def test_secrets_follow_from_a_seed() -> None:
    """With a seed the secrets repeat, without one they differ."""
    example = "HYDRA_SYSTEM_SECRET=\n"
    seeded = [product.operator_env(example, settings={}, secrets_seed="lab") for _ in range(2)]
    assert seeded[0] == seeded[1] != product.operator_env(example, settings={})


def test_v1_breaks_on_the_schema_of_v2() -> None:
    """What v1's gateway and Kratos break on is a migration of v2.0.0 and of no release before."""
    added = {each.name for each in product.avnology_migrations("v2.0.0")}
    before = {each.name for each in product.avnology_migrations("v1.5.0")}
    gateway = product.runtime("gateway", "v1.5.0").schema
    assert gateway is not None
    assert set(gateway.breaks_on) <= added - before
    kratos = product.runtime("kratos", "v1.5.0").schema
    assert kratos is not None
    assert set(kratos.breaks_on) <= {each.name for each in product.ory_migrations("kratos", "v25.4.0")}
    assert [each.name for each in product.ory_migrations("kratos", "v1.3.0")] == ["v1.3.0_01_identities"]


def test_rows_are_sealed_under_one_of_a_list() -> None:
    """A row opens with its secret anywhere in the list, and not without it."""
    row = product.seal("old-secret-0123456789", b"payload", nonce_from="1")
    assert product.open_sealed(("new-secret-0123456789", "old-secret-0123456789"), row) == b"payload"
    with pytest.raises(product.UnreadableRowError):
        product.open_sealed(("new-secret-0123456789",), row)
