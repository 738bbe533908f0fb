"""Ory's pins as `check` compares them: the release's own files against what is set here."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.flows.host import Host
from avnwizard.flows.stack import lockstep
from avnwizard.flows.stack.survey import read_env
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """The practice stack at v1.5.0."""
    return open_host(practice_host.project.directory)


def _said(host: Host, target: str = "") -> list[str]:
    found = tuple(lockstep.findings(host, host.stack.resolve(), host.stack.containers(), target=target))
    assert {(one.level, one.check) for one in found} <= {("warn", "lockstep")}
    return [one.message for one in found]


def test_a_pin_that_an_edit_outweighs(host: Host) -> None:
    """It is named with what the release pins; where it is the target's own pin, it says so."""
    assert _said(host) == []
    host.repo.fetch()
    file = host.stack.project.files[0]
    text = host.files.read(file).decode()
    assert text.count("/hydra:v2.3.0") == 2
    host.files.write(file, text.replace("/hydra:v2.3.0", "/hydra:v25.4.0").encode())
    (told,) = _said(host)
    assert told.startswith("hydra is set to ")
    assert told.endswith("/hydra:v2.3.0.")
    assert ", which is what v2.0.0 pins; v1.5.0 pins " in _said(host, "v2.0.0")[0]


def _asked(host: Host, target: str = "v2.0.0") -> dict[str, str]:
    """What an upgrade has to be told of the lockstep: key -> question."""
    found = inputs.draft(host, target).decisions(Answers())
    return {one.key: one.question for one in found if one.topic == "acknowledge" and "hydra is set" in one.key}


def test_an_upgrade_from_a_pin_that_is_outweighed_has_to_be_acknowledged(host: Host) -> None:
    """By name, whether it goes along or stays behind; another registry for the same version need not be."""
    host.repo.fetch()
    file = host.stack.project.files[0]
    text = host.files.read(file).decode()
    assert _asked(host) == {}
    host.files.write(file, text.replace("/hydra:v2.3.0", "/hydra:v25.4.0").encode())
    ((key, question),) = _asked(host).items()
    assert key.endswith("/hydra:v25.4.0")
    assert "; v1.5.0 pins " in question
    assert "What changed between the two is not in this plan." in question
    host.files.write(file, text.encode())
    commits = {one.name: one.commit for one in host.repo.tags()}
    release = (host.repo.read("v2.0.0", file.name) or b"", read_env(host).as_dict())

    def carried(image: str) -> list[str]:
        override = f"services: {{hydra: {{image: '{image}'}}}}".encode()
        coming = ((release[0], override), release[1])
        tags = ("v1.5.0", "v2.0.0")
        found = lockstep.apart(host, host.stack.resolve(), (commits[tags[0]], commits[tags[1]]), tags, coming)
        return [sentence for _, _, sentence in found]

    assert carried("mirror.test/hydra:v25.4.0") == []
    (said,) = carried("oryd/hydra:v2.2.0")
    assert said.startswith("hydra will be set to oryd/hydra:v2.2.0; v2.0.0 pins ")


def test_a_version_by_a_variable() -> None:
    """The default in the file is the release's pin; a variable of the env file that outweighs it is seen."""
    text = "services: {hydra: {image: '${REGISTRY:-docker.io}/hydra:${HYDRA:-v2.3.0}'}, web: {image: 'web:$TAG'}}"
    assert lockstep._versions_by_variable(text) == {"HYDRA"}
    assert lockstep._versions_by_variable("services: {a: {image: '${BROKEN'}}") == frozenset()


def release(host: Host, tag: str, edits: Mapping[str, tuple[str, str]], work: Path, *, base: str = "HEAD") -> None:
    """Tag a release on top of another one, with a text replaced in each of some files."""
    git = ("git", "-C", str(host.repo.directory))
    subprocess.run([*git, "worktree", "add", "-q", "--detach", str(work), base], check=True)
    for name, (old, new) in edits.items():
        file = work / name
        text = file.read_text("utf-8")
        assert old in text, name
        file.write_text(text.replace(old, new), "utf-8")
    who = ("-c", "user.name=T", "-c", "user.email=t@example.test")
    for words in (("commit", "-q", "-a", "-m", tag), ("tag", "-a", "-m", tag, tag)):
        subprocess.run(["git", "-C", str(work), *who, *words], check=True)
    subprocess.run([*git, "worktree", "remove", "--force", str(work)], check=True)


def test_a_release_that_only_moves_orys_images_is_offered_first(host: Host, tmp_path: Path) -> None:
    """With its migration's image and a changelog; one that changes anything else is not called so."""
    compose, hydra = host.stack.project.files[0].name, ("/hydra:v2.3.0", "/hydra:v2.3.1")
    changelog = ("# Changelog", "# Changelog of this product")
    release(host, "v1.5.1", {compose: hydra, "CHANGELOG.md": changelog}, tmp_path / "first")
    release(host, "v1.5.2", {compose: hydra, ".env.example": ("\n", "\n# more\n")}, tmp_path / "second")
    release(host, "v1.5.3", {compose: ("restart: unless-stopped", "restart: always")}, tmp_path / "third")
    (best,) = [one for one in releases.listing(host).newer if one.recommended]
    assert best.tag.name == "v1.5.1"
    assert best.note == "patch release, Ory only, about 55 s, no interruption expected"
    words = ("# Changelog", "# Changelog\n\n## v1.5.4\n\n- **Security:** Hydra v2.3.1 closes CVE-2026-12345.\n")
    script = ("\n", "\n# more\n")
    release(host, "v1.5.4", {compose: hydra, "CHANGELOG.md": words, "README.md": script}, tmp_path / "fourth")
    host.files.write(host.repo.directory / "avnwizard.toml", b"[roll.strategy]\nhydra = 'recreate'\n")
    (best,) = [one for one in releases.listing(open_host(host.repo.directory)).newer if one.recommended]
    assert best.note == "security release (CVE-2026-12345), Ory only, about 55 s, hydra briefly down"
