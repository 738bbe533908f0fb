"""Runs restic and rclone: long, without a terminal, their environment never shown."""

import hashlib
import os
from collections.abc import Mapping, Sequence

from avnwizard.adapters.child import Child, Tap
from avnwizard.adapters.process import Completed, run
from avnwizard.adapters.process_errors import fail, tail_of

LONGEST_S = 24 * 3600.0
_BLOCK_BYTES, _TAP_BYTES = 1 << 20, 1 << 16


def ask(argv: Sequence[str], environment: Mapping[str, str], hint: str) -> Completed:
    """To the end; `HostError` when it fails."""
    return run(argv, timeout_s=LONGEST_S, env={**os.environ, **environment}, hint=hint)


def summed(argv: Sequence[str], environment: Mapping[str, str], hint: str) -> str:
    """The SHA-256 of what a command writes; `HostError` when it fails."""
    digest, complaints = hashlib.sha256(), Tap(_TAP_BYTES)
    child = Child(argv, env={**os.environ, **environment}, timeout_s=LONGEST_S, hint=hint)
    with child:
        child.listen(child.stderr, complaints)
        for block in iter(lambda: child.stdout.read(_BLOCK_BYTES), b""):
            digest.update(block)
        code = child.wait()
    if code:
        fail(argv, code, tail_of(complaints.data()), hint)
    return digest.hexdigest()
