"""Verify the signature of a tag: by the operator's own keyring, or by keys that `avnwizard.toml` names and no others.

`git verify-tag` is asked, which knows where a tag's signature begins. With named keys, GnuPG gets a home of its own
that holds these keys and is removed afterwards, so that a key somebody once imported for another purpose counts for
nothing; OpenSSH gets a file of allowed signers in memory.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from avnwizard.adapters.git_environment import git_environment
from avnwizard.adapters.git_runner import LOCAL_S, GitRunner
from avnwizard.adapters.memory_file import in_memory
from avnwizard.adapters.process import run
from avnwizard.domain import git_commands
from avnwizard.domain.plain import printable
from avnwizard.domain.signature import Signature, Standing, allowed_signers, judged, names_itself
from avnwizard.errors import HostError

_PGP = (b"-----BEGIN PGP PUBLIC KEY BLOCK-----", b"\x99", b"\x98", b"\xc6")
"""How an OpenPGP key file begins: in armour, or with a public key's packet (RFC 4880, 4.2)."""
_LARGEST_BYTES = 1 << 20


def signature(runner: GitRunner, tag: str, trusted: Sequence[Path]) -> Signature:
    """What the signature of a tag is worth.

    Args:
        trusted: files with public keys, OpenPGP or OpenSSH. () leaves it to the operator's keyring and git settings.

    Raises:
        HostError: a file of keys cannot be used.
    """
    kind = runner.try_("cat-file", "-t", f"refs/tags/{tag}").text.strip()
    if kind != "tag":
        return Signature(Standing.NONE)
    made = runner("cat-file", "tag", f"refs/tags/{tag}").stdout
    if b"\n-----BEGIN " not in made:
        return Signature(Standing.NONE)
    if not names_itself(made, tag):
        return Signature(Standing.BAD, why="the signed tag was made under another name")
    with ExitStack() as held:
        settings, environment = held.enter_context(_trusting(trusted)) if trusted else ([], {})
        argv = git_commands.git(runner.directory, *settings, "verify-tag", "--raw", f"refs/tags/{tag}")
        env = {**git_environment(), **environment}
        done = run(argv, timeout_s=LOCAL_S, env=env, check=False, hint="Install GnuPG or OpenSSH.")
    return judged(done.code, (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace"))


@contextmanager
def _trusting(files: Sequence[Path]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Git's settings and the environment in which these keys are trusted, and no others."""
    keys = [_read(file) for file in files]
    openpgp = [(file, key) for file, key in zip(files, keys, strict=True) if key.startswith(_PGP)]
    signers = "".join(allowed_signers(key.decode("utf-8", "replace")) for key in keys if not key.startswith(_PGP))
    with in_memory(signers.encode()) as allowed, tempfile.TemporaryDirectory(prefix="avnwizard-keys-") as home:
        environment = {"GNUPGHOME": home}
        for file, key in openpgp:
            done = run(
                ("gpg", "--batch", "--no-autostart", "--quiet", "--import"),
                timeout_s=LOCAL_S,
                env={**os.environ, **environment},
                input=key,
                check=False,
                hint="Install GnuPG: apt-get install gnupg",
            )
            if done.code:
                raise HostError(f"GnuPG does not take the key in {printable(str(file))}: {done.complaint}", _HINT)
        yield ["-c", f"gpg.ssh.allowedSignersFile={allowed}"], environment


_HINT = "It must hold OpenPGP or OpenSSH public keys; see [releases] trusted_keys in avnwizard.toml."


def _read(file: Path) -> bytes:
    try:
        key = file.read_bytes()[: _LARGEST_BYTES + 1]
    except OSError as error:
        raise HostError(f"The key {printable(str(file))} cannot be read: {error.strerror}.", _HINT) from error
    if not key.strip() or len(key) > _LARGEST_BYTES:
        raise HostError(f"{printable(str(file))} holds no public key.", _HINT)
    return key
