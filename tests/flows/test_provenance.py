"""Releases whose tags are signed: by a trusted key, by another one, badly, or not at all."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.answers import Answers
from avnwizard.domain.config import ReleasesSection
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade import inputs, releases
from avnwizard.flows.upgrade.planning import Prepared, prepare
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.adapters.git_stack import git
from tests.adapters.signer import Signer
from tests.flows.cli import avnwizard

pytestmark = pytest.mark.skipif(
    shutil.which("gpg") is None or shutil.which("ssh-keygen") is None, reason="GnuPG or OpenSSH is not installed"
)
_NEWEST = "v9.0.0"


@pytest.fixture
def vendor(tmp_path: Path) -> Signer:
    """Who signs the releases."""
    made = Signer(tmp_path, "vendor")
    made.end()
    return made


def _opened(practice_host: PracticeHost) -> Host:
    host = open_host(practice_host.project.directory)
    assert releases.fetch(host) == ""
    return host


def _released(host: Host) -> str:
    """A commit on top of the newest release, for a tag."""
    newest = releases.listing(host).newer[0].tag.commit
    return git(host.repo.directory, "commit-tree", f"{newest}^{{tree}}", "-p", newest, "-m", "a release")


def _trusting(host: Host, *keys: Path, required: bool = False) -> Host:
    section = ReleasesSection(trusted_keys=tuple(map(str, keys)), require_signature=required)
    return replace(host, config=replace(host.config, releases=section))


def _prepare(host: Host, tag: str) -> Prepared:
    draft = inputs.draft(host, tag)
    return prepare(host, draft, Answers().accepting(draft.decisions(Answers())))


def _recommended(host: Host) -> str:
    return next((one.tag.name for one in releases.listing(host).newer if one.recommended), "")


def test_a_signed_release_is_planned_and_says_by_whom(practice_host: PracticeHost, vendor: Signer) -> None:
    """By a trusted key; the plan names who signed, and warns of nothing."""
    host = _opened(practice_host)
    vendor.sign(host.repo.directory, _NEWEST, "ssh", _released(host))
    plan = _prepare(_trusting(host, vendor.ssh, required=True), _NEWEST).plan
    assert plan.signature.startswith("is signed by vendor@example.org (key SHA256:")
    assert not any("trusted_keys" in one for one in plan.warnings)
    listed = avnwizard("releases", "--no-fetch", "--stack", host.repo.directory, "--json").data["releases"][0]
    assert (listed["tag"], listed["signed"], listed["signature"]) == (_NEWEST, False, "unknown key")


def test_a_bad_signature_is_refused_and_never_recommended(practice_host: PracticeHost) -> None:
    """H10: text that looks like a signature is none; the release before it is recommended."""
    host = _opened(practice_host)
    before = _recommended(host)
    looks = "-----BEGIN PGP SIGNATURE-----\n\nnot a signature at all"
    major = releases.find(host, before).name.split(".")[0]
    tag = f"{major}.99.0"
    git(host.repo.directory, "tag", "-a", "-m", looks, tag, _released(host))
    assert _recommended(host) == before
    with pytest.raises(RefusedError, match=f"{tag} carries a bad signature"):
        _prepare(host, tag)


def test_a_required_signature_is_required(practice_host: PracticeHost, vendor: Signer) -> None:
    """Without one the plan warns where keys are named, and is refused where the setting says so."""
    host = _opened(practice_host)
    target = _recommended(host)
    plan = _prepare(_trusting(host, vendor.ssh), target).plan
    assert plan.signature == "is not signed"
    assert any("none of the keys" in one for one in plan.warnings)
    with pytest.raises(RefusedError, match="require_signature"):
        _prepare(_trusting(host, vendor.ssh, required=True), target)
    assert _recommended(_trusting(host, vendor.ssh, required=True)) == ""


def test_a_key_in_the_checkout_is_refused(practice_host: PracticeHost) -> None:
    """A release could bring the key that vouches for it."""
    host = _opened(practice_host)
    key = host.repo.directory / "release.pub"
    key.write_text("ssh-ed25519 AAAA")
    with pytest.raises(RefusedError, match="lies in the checkout"):
        _prepare(_trusting(host, key), _recommended(host))
