"""The globals of several servers in one file of SQL: the first line says how long each part is.

No line in the middle separates them: a role's comment may hold any line.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from avnwizard.adapters.files import refusal
from avnwizard.errors import HostError

_HEAD = b"-- avnwizard: bytes of each server's globals: "


def joined(texts: Mapping[str, bytes]) -> bytes:
    """The file."""
    lengths = {label: len(text) for label, text in texts.items()}
    return b"".join((_HEAD, json.dumps(lengths).encode(), b"\n", *texts.values()))


def divided(text: bytes) -> dict[str, bytes]:
    """Label of a server -> its globals.

    Raises:
        HostError: it is the file of one server, or a damaged one.
    """
    head, _, rest = text.partition(b"\n")
    try:
        found = json.loads(head.removeprefix(_HEAD)) if head.startswith(_HEAD) else {}
        lengths = {str(label): int(length) for label, length in found.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        lengths = {}
    if not lengths or sum(lengths.values()) != len(rest) or min(lengths.values()) < 0:
        raise HostError(
            "The snapshot's globals.sql is not that of several servers.", "Use a snapshot of the same servers."
        )
    parts, begin = {}, 0
    for label, length in lengths.items():
        parts[label] = rest[begin : begin + length]
        begin += length
    return parts


@contextlib.contextmanager
def handed_out(dump: Path) -> Iterator[dict[str, Path]]:
    """Label -> a file with that server's globals, in memory alone: they hold password hashes."""
    try:
        parts = divided(dump.read_bytes())
    except OSError as error:
        raise refusal("read the roles of the snapshot", dump, error) from error
    handles: dict[str, int] = {}
    try:
        for label, text in parts.items():
            handles[label] = os.memfd_create("globals", os.MFD_CLOEXEC)
            with os.fdopen(handles[label], "wb", closefd=False) as file:
                file.write(text)
        yield {label: Path(f"/proc/self/fd/{handle}") for label, handle in handles.items()}
    finally:
        for handle in handles.values():
            os.close(handle)
