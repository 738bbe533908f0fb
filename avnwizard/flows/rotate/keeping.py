"""Both secrets of a rotation, sealed in a file of the state's folder: the next phase may be days away.

The file is 0600 and sealed under a key alongside it, so that no search through files, and no copy of this file alone,
shows a secret. Who can read the state's folder can read both.
"""

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from avnwizard.domain.rotation.sealing import Keyring
from avnwizard.domain.secret import Secret
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.host import Host

KEY, FOLDER = "rotations.key", "rotations"
_KEY_BYTES = 32


@dataclass(frozen=True)
class Pair:
    """The secrets of one rotation. `old` is the list as it was."""

    old: tuple[Secret, ...] = field(repr=False)
    new: Secret = field(repr=False)


def place(host: Host, rotation: str) -> Path:
    """The file of a rotation."""
    return host.state.folder / FOLDER / f"{rotation}.sealed"


def keep(host: Host, rotation: str, old: Sequence[Secret], new: Secret) -> None:
    """Write the file, durably. The caller holds the stack's lock: it may make the key."""
    key = host.state.folder / KEY
    if not host.files.exists(key):
        host.files.write(key, secrets.token_hex(_KEY_BYTES).encode())
    told = json.dumps({"old": [one.reveal() for one in old], "new": new.reveal()})
    host.files.make(host.state.folder / FOLDER)
    host.files.write(place(host, rotation), _ring(host).seal(base64.b64encode(told.encode())).encode())


def load(host: Host, rotation: str) -> Pair:
    """Read it.

    Raises:
        RefusedError: it is gone, or sealed under another key.
    """
    file = place(host, rotation)
    try:
        opened = _ring(host).open(host.files.read(file).decode("ascii"))
        told = json.loads(base64.b64decode(opened.plaintext)) if opened else {}
        return Pair(tuple(map(Secret, told["old"])), Secret(told["new"]))
    except (HostError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise RefusedError(
            f"The old secret of this rotation is not in {file} any more, or its key is not.",
            "It was destroyed on request, or the state's folder was changed. Without it this phase cannot be done.",
        ) from error


def kept(host: Host, what: str) -> tuple[Path, ...]:
    """The files of all rotations of a secret, those that were taken back too."""
    return tuple(one for one in host.files.list(host.state.folder / FOLDER) if one.name.startswith(f"{what}-"))


def is_kept(host: Host, rotation: str) -> bool:
    """Whether the secrets of a rotation are still here."""
    return host.files.exists(place(host, rotation))


def destroy(host: Host, rotation: str) -> None:
    """Remove the file."""
    host.files.remove(place(host, rotation))


def _ring(host: Host) -> Keyring:
    return Keyring([Secret(host.files.read(host.state.folder / KEY).decode("ascii"))])
