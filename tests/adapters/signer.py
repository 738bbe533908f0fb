"""Somebody who signs tags, with GnuPG and with OpenSSH, for the tests of signatures."""

import os
import subprocess
from pathlib import Path


class Signer:
    """A release manager with a key of each kind, and homes that are nobody else's."""

    def __init__(self, folder: Path, name: str) -> None:
        self.home = folder / name
        self.home.mkdir(mode=0o700)
        self._env = {**os.environ, "GNUPGHOME": str(self.home), "HOME": str(self.home)}
        uid = f"{name} <{name}@example.org>"
        self._run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", uid, "ed25519", "sign", "never")
        self._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@example.org", "-f", self.home / "id")
        self.openpgp, self.ssh = self.home / "release.asc", self.home / "id.pub"
        self.openpgp.write_bytes(self._run("gpg", "--armor", "--export"))

    def _run(self, *argv: str | Path) -> bytes:
        return subprocess.run([str(one) for one in argv], env=self._env, check=True, capture_output=True).stdout

    def sign(self, checkout: Path, tag: str, kind: str, at: str = "HEAD") -> None:
        """Make a signed tag on a commit."""
        key = self.ssh if kind == "ssh" else f"{self.home.name}@example.org"
        settings = ("-c", f"gpg.format={kind}", "-c", f"user.signingKey={key}", "-c", "user.email=t@example.org")
        self._run("git", "-C", checkout, *settings, "-c", "user.name=t", "tag", "-s", "-m", "release", tag, at)

    def end(self) -> None:
        """End the agent that GnuPG started for this home."""
        self._run("gpgconf", "--kill", "all")
