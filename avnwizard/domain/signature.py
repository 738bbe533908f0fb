"""A release tag's signature: who made it, and whether it holds."""

import re
from dataclasses import dataclass
from enum import StrEnum

from avnwizard.domain.plain import printable

_GPG = re.compile(r"^\[GNUPG:\] (\w+) ?(.*)$", re.MULTILINE)
_SSH_GOOD = re.compile(r'^Good "git" signature for (.+) with (\S+) key (\S+)$', re.MULTILINE)
_SSH_UNKNOWN = re.compile(r'^Good "git" signature with (\S+) key (\S+)$', re.MULTILINE)
_NO_TOOL = re.compile(
    r"(cannot run|cannot exec|could not run|No such file).*(gpg|ssh-keygen)|(gpg|ssh-keygen).*not found"
)
"""What git says where GnuPG or OpenSSH is not installed (git 2.39, gpg-interface.c and run-command.c)."""
_BAD_GPG = {
    "BADSIG": "its signature does not fit what it says",
    "EXPSIG": "its signature has expired",
    "EXPKEYSIG": "the key that signed it has expired",
    "REVKEYSIG": "the key that signed it was revoked",
}
_TAG = re.compile(rb"^tag (.*)$", re.MULTILINE)


class Standing(StrEnum):
    """What a signature is worth."""

    NONE = "not signed"
    VERIFIED = "verified"
    UNKNOWN = "unknown key"
    BAD = "bad"
    UNCHECKED = "not checked"


@dataclass(frozen=True)
class Signature:
    """Of one tag.

    Attributes:
        by: who signed, as the key names them; "" where that is not known. From outside: printable.
        key: the key's fingerprint, or its id where only that is known.
        why: what is wrong with it, or why it was not checked.
    """

    standing: Standing
    by: str = ""
    key: str = ""
    why: str = ""

    @property
    def sentence(self) -> str:
        """The signature in words, for a plan or a screen: "is signed by …"."""
        match self.standing:
            case Standing.NONE:
                return "is not signed"
            case Standing.VERIFIED:
                return f"is signed by {self.by} (key {self.key}), verified"
            case Standing.UNKNOWN:
                return f"is signed with a key that is not trusted here ({self.key or 'unknown'})"
            case Standing.BAD:
                return f"carries a bad signature: {self.why}"
            case Standing.UNCHECKED:
                return f"carries a signature that was not checked: {self.why}"


def judged(code: int, output: str) -> Signature:
    """What `git verify-tag --raw` found (gnupg's doc/DETAILS, "Format of the --status-fd output"; ssh-keygen(1)).

    Args:
        code: its exit code; a signature is verified only with 0.
        output: both of its streams.
    """
    lines = dict(reversed(_GPG.findall(output)))
    if lines:
        return _of_gpg(code, lines)
    if (found := _SSH_GOOD.search(output)) and code == 0:
        return Signature(Standing.VERIFIED, printable(found[1], limit=80), printable(found[3], limit=80))
    if found := _SSH_UNKNOWN.search(output):
        return Signature(Standing.UNKNOWN, key=printable(found[2], limit=80))
    if "allowedSignersFile" in output:
        return Signature(Standing.UNKNOWN)
    if _NO_TOOL.search(output):
        return Signature(Standing.UNCHECKED, why=printable(output.strip().splitlines()[-1], limit=120))
    return Signature(Standing.BAD, why="its signature does not hold")


def _of_gpg(code: int, lines: dict[str, str]) -> Signature:
    for word, why in _BAD_GPG.items():
        if word in lines:
            key, _, name = lines[word].partition(" ")
            return Signature(Standing.BAD, printable(name, limit=80), printable(key, limit=80), why)
    if "VALIDSIG" in lines and "GOODSIG" in lines and code == 0:
        key = lines["VALIDSIG"].split(" ", 1)[0]
        name = lines["GOODSIG"].partition(" ")[2]
        return Signature(Standing.VERIFIED, printable(name, limit=80), printable(key, limit=80))
    if "NO_PUBKEY" in lines or "ERRSIG" in lines:
        key = (lines.get("NO_PUBKEY") or lines["ERRSIG"]).split(" ", 1)[0]
        return Signature(Standing.UNKNOWN, key=printable(key, limit=80))
    return Signature(Standing.BAD, why="its signature does not hold")


def names_itself(tag_object: bytes, name: str) -> bool:
    """Whether a tag object was made under the name that leads to it: a signed old tag can be given a new name."""
    head = tag_object.partition(b"\n\n")[0]
    found = _TAG.search(head)
    return found is not None and found[1].decode("utf-8", "surrogateescape") == name


def allowed_signers(key_file: str) -> str:
    """OpenSSH public keys, or lines of allowed signers, as lines of allowed signers (ssh-keygen(1), ALLOWED SIGNERS).

    A public key's comment, such as `release@example.org`, becomes its principal.
    """
    lines = []
    for line in key_file.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0].startswith(("ssh-", "ecdsa-", "sk-")) and len(words) > 1:
            principal = words[2] if len(words) > 2 else "release"  # noqa: PLR2004 - type, key, comment
            lines.append(f'{principal} namespaces="git" {words[0]} {words[1]}')
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"
