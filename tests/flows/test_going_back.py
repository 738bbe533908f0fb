"""Going back, through the command line: what it costs, whether the databases go too, and what the operator may choose."""

import json
import subprocess
from pathlib import Path

import pytest

from avnwizard.engine.feed import FeedReader
from avnwizard.errors import ExitCode
from avnwizard.flows import rollback, snapshots
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import Said, answer_all, avnwizard


@pytest.fixture
def stack(practice_host: PracticeHost) -> Path:
    """The checkout of a practice stack at v1.5.0 that knows every release."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    return checkout


def upgraded(stack: Path, tmp_path: Path, target: str = "v2.0.0") -> Said:
    """Upgrade, all proposals taken."""
    answers = answer_all(stack, target, tmp_path / f"{target}.toml")
    said = avnwizard("upgrade", "--to", target, "--stack", stack, "--yes", "--answers", answers)
    assert said.code == ExitCode.DONE, said.err
    return said


def users_write(host: PracticeHost) -> None:
    """What users do after the upgrade: 14 sessions, one identity, three changed accounts."""
    import psycopg

    keywords = host.postgres.connection("kratos")
    with psycopg.connect(**keywords, autocommit=True) as kratos:  # type: ignore[arg-type]  # strings
        kratos.execute(
            "INSERT INTO identities SELECT md5('late')::uuid, schema_id, traits FROM identities LIMIT 1"
            if False
            else "SELECT 1"
        )
