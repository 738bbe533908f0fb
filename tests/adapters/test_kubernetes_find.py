"""`kubernetes find`: the section for the release of the checkout's chart, by a stand-in's helm."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from avnwizard.domain.kubernetes.finding import chart_name
from tests.flows.cli import avnwizard

_LISTED = [
    {"name": "prod", "namespace": "identity", "chart": "avnology-1.5.0", "status": "deployed"},
    {"name": "other", "namespace": "x", "chart": "avnology-extras-1.0.0", "status": "deployed"},
    {"name": "inner", "namespace": "x", "chart": "postgres-17.0.0", "status": "deployed"},
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a chart, and one that it only brings along."""
    place = tmp_path / "co"
    for folder, name in (("deploy/chart", "avnology"), ("deploy/chart/charts/postgres", "postgres")):
        (place / folder).mkdir(parents=True)
        (place / folder / "Chart.yaml").write_text(f"name: {name}\nversion: 1.5.0\n")
    who = ("-c", "user.name=lab", "-c", "user.email=lab@example.com")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "1")):
        subprocess.run(["git", *who, *words], cwd=place, check=True)
    return place


def _env(tmp_path: Path, listed: list[dict[str, str]]) -> dict[str, str]:
    """With a helm that lists these."""
    tools = tmp_path / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "helm").write_text(f"#!/bin/sh\n[ \"$1\" = list ] || exit 1\ncat <<'E'\n{json.dumps(listed)}\nE\n")
    (tools / "helm").chmod(0o755)
    return {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "AVNWIZARD_STATE_DIR": str(tmp_path / "state")}


def test_the_release_of_the_chart_is_found(checkout: Path, tmp_path: Path) -> None:
    """Its own chart, neither one that begins alike nor one that the chart brings along."""
    said = avnwizard("kubernetes", "find", "--stack", checkout, env=_env(tmp_path, _LISTED))
    assert said.code == 0, said.err
    for line in ('release = "prod"', 'namespace = "identity"', 'chart = "deploy/chart"'):
        assert line in (said.out + said.err).splitlines()
    listed = avnwizard("kubernetes", "find", "--json", "--stack", checkout, env=_env(tmp_path, _LISTED))
    assert [one["release"] for one in listed.data] == ["prod"]


def test_where_there_is_none_that_is_said(checkout: Path, tmp_path: Path) -> None:
    """One error, with what to look at."""
    said = avnwizard("kubernetes", "find", "--stack", checkout, env=_env(tmp_path, _LISTED[1:2]))
    assert said.code == 3
    assert "No chart of this checkout is installed" in said.err


def test_a_chart_that_cannot_be_read_has_no_name() -> None:
    """Broken YAML is no bug."""
    assert chart_name(b"name: [") == chart_name(b"- 1") == chart_name(b"name: !!timestamp x") == ""
