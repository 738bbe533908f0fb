"""Signatures of tags, with GnuPG, OpenSSH and git as they are: verified, of unknown keys, bad, or none."""

import shutil
from pathlib import Path

import pytest

from avnwizard.adapters.git import open_repo
from avnwizard.domain.signature import Signature, Standing
from avnwizard.errors import HostError
from tests.adapters.git_stack import git
from tests.adapters.signer import Signer

pytestmark = [
    pytest.mark.skipif(shutil.which("gpg") is None, reason="GnuPG is not installed"),
    pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH's ssh-keygen is not installed"),
]


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Signer, Signer]:
    """The vendor, and somebody else."""
    folder = tmp_path_factory.mktemp("s")
    both = Signer(folder, "vendor"), Signer(folder, "mallory")
    for one in both:
        one.end()
    return both


def _signature(clone: Path, tag: str, *trusted: Path) -> Signature:
    return open_repo(clone).signature(tag, trusted)


@pytest.mark.parametrize("kind", ["openpgp", "ssh"])
def test_a_trusted_key_verifies(clone: Path, signers: tuple[Signer, Signer], kind: str) -> None:
    """The vendor's signature, by the vendor's key: who signed is named."""
    vendor, mallory = signers
    vendor.sign(clone, "v2.1.0", kind)
    key = vendor.openpgp if kind == "openpgp" else vendor.ssh
    found = _signature(clone, "v2.1.0", mallory.openpgp, mallory.ssh, key)
    assert found.standing is Standing.VERIFIED
    assert "vendor@example.org" in found.by
    assert found.key
    vendor.end()


@pytest.mark.parametrize("kind", ["openpgp", "ssh"])
def test_another_key_is_unknown(
    clone: Path, signers: tuple[Signer, Signer], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is not named counts for nothing, even where it lies in the operator's own keyring."""
    vendor, mallory = signers
    mallory.sign(clone, "v2.1.0", kind)
    monkeypatch.setenv("GNUPGHOME", str(mallory.home))
    assert _signature(clone, "v2.1.0", vendor.openpgp, vendor.ssh).standing is Standing.UNKNOWN
    mallory.end()


def test_without_named_keys_the_keyring_decides(
    clone: Path, signers: tuple[Signer, Signer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """GnuPG's own home, as the operator keeps it; an empty one knows nobody."""
    vendor, _ = signers
    vendor.sign(clone, "v2.1.0", "openpgp")
    monkeypatch.setenv("GNUPGHOME", str(vendor.home))
    assert _signature(clone, "v2.1.0").standing is Standing.VERIFIED
    (tmp_path / "empty").mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "empty"))
    assert _signature(clone, "v2.1.0").standing is Standing.UNKNOWN
    vendor.end()


@pytest.mark.parametrize("kind", ["openpgp", "ssh"])
def test_a_changed_tag_is_bad(clone: Path, signers: tuple[Signer, Signer], kind: str) -> None:
    """The same signature under another message."""
    vendor, _ = signers
    vendor.sign(clone, "v2.1.0", kind)
    made = git(clone, "cat-file", "tag", "v2.1.0").replace("\nrelease\n", "\nreleased\n")
    git(clone, "tag", "-f", "v2.1.0", git(clone, "hash-object", "-t", "tag", "-w", "--stdin", text=made + "\n"))
    assert _signature(clone, "v2.1.0", vendor.openpgp, vendor.ssh).standing is Standing.BAD
    vendor.end()


def test_a_signed_tag_under_another_name_is_bad(clone: Path, signers: tuple[Signer, Signer]) -> None:
    """An old release that is offered as a new one: its signature holds, and says another name."""
    vendor, _ = signers
    vendor.sign(clone, "v1.4.0", "ssh")
    git(clone, "update-ref", "refs/tags/v9.0.0", "refs/tags/v1.4.0")
    found = _signature(clone, "v9.0.0", vendor.ssh)
    assert (found.standing, "another name" in found.why) == (Standing.BAD, True)
    assert _signature(clone, "v1.4.0", vendor.ssh).standing is Standing.VERIFIED


def test_text_that_looks_like_a_signature_is_not_one(clone: Path) -> None:
    """What an annotated tag's message says is no signature; an unsigned tag has none."""
    git(clone, "tag", "-a", "-m", "-----BEGIN PGP SIGNATURE-----\n\nnot a signature at all", "v2.1.1")
    assert _signature(clone, "v2.1.1").standing is Standing.BAD
    git(clone, "tag", "light")
    assert _signature(clone, "light").standing is _signature(clone, "v1.5.0").standing is Standing.NONE


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nnonsense\n"])
def test_a_file_that_holds_no_key_is_said(
    clone: Path, signers: tuple[Signer, Signer], tmp_path: Path, content: bytes | None
) -> None:
    """Nothing is verified by a file of keys that cannot be used."""
    signers[0].sign(clone, "v2.1.0", "ssh")
    key = tmp_path / "key"
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(HostError, match=str(key)):
        _signature(clone, "v2.1.0", key)
