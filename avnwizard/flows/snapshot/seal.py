"""Who vouches for a snapshot: a key that lies with the stack's state, and never in a snapshot.

The seal is an HMAC (SHA-256) over the snapshot's checksums, which cover its manifest, which names every part. So
whoever can write to a snapshot, but not read the key, cannot change it unseen; nor is another stack's taken for ours.
"""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Literal

from avnwizard.domain.plain import printable
from avnwizard.errors import HostError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot.snapshots import SUMS, Manifest

KEY = "snapshot.key"
SEAL = "SHA256SUMS.hmac"
_KEY_BYTES = 32
Seal = Literal["ours", "none", "broken", "no key"]
"""`broken`: another key's, or the snapshot was changed. `no key`: the key is gone, so nobody can tell."""


def put_seal(host: Host, folder: Path) -> None:
    """Seal a snapshot whose checksums are written. The caller holds the stack's lock: it may make the key.

    Raises:
        HostError: a file cannot be read or written.
    """
    key = host.state.folder / KEY
    if not host.files.exists(key):
        host.files.write(key, secrets.token_hex(_KEY_BYTES).encode())
    host.files.write(folder / SEAL, _digest(host, folder))


def look(host: Host, folder: Path) -> Seal:
    """What the seal of a snapshot is worth now."""
    if not host.files.exists(folder / SEAL):
        return "none"
    if not host.files.exists(host.state.folder / KEY):
        return "no key"
    try:
        return "ours" if hmac.compare_digest(host.files.read(folder / SEAL), _digest(host, folder)) else "broken"
    except HostError:
        return "broken"


def doubts(host: Host, folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """Why a snapshot may not be this stack's own, a sentence each; () where this stack's key vouches for it."""
    seal, project = look(host, folder), host.platform.name
    found = {
        "ours": "",
        "none": "No key vouches for it: an earlier version took it, or it comes from elsewhere.",
        "broken": "It is sealed with another stack's key, or it was changed after it was taken.",
        "no key": f"The key that would vouch for it, {printable(str(host.state.folder / KEY))}, is gone.",
    }[seal]
    other = f"It is of the project {printable(manifest.project, limit=63)}; this one is {project}."
    return tuple(filter(None, (found, other if manifest.project not in {"", project} else "")))


def require_own(host: Host, folder: Path) -> None:
    """Refuse a snapshot that this stack's key does not vouch for.

    Raises:
        HostError: says why.
    """
    if (seal := look(host, folder)) != "ours":
        what = {
            "none": f"lacks its seal, {SEAL}",
            "broken": "was changed after it was taken: its seal is not its checksums'",
            "no key": f"cannot be vouched for: {printable(str(host.state.folder / KEY))} is gone",
        }[seal]
        raise HostError(
            f"The snapshot {printable(str(folder))} {what}.",
            "Put the files back as they were, or look at who changed them; then resume.",
        )


def _digest(host: Host, folder: Path) -> bytes:
    try:
        key = bytes.fromhex(host.files.read(host.state.folder / KEY).decode("ascii"))
    except ValueError as error:
        raise HostError(
            f"{printable(str(host.state.folder / KEY))}, the key that vouches for snapshots, is damaged.",
            "Put it back from a backup of the state folder. Without it, set it aside: the next snapshot makes a new "
            "key, and older ones are restored with --foreign alone.",
        ) from error
    return hmac.new(key, host.files.read(folder / SUMS), hashlib.sha256).hexdigest().encode()
