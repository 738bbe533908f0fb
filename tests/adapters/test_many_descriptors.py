"""A dump is read in a process that has many files open."""

import os
import resource
from types import SimpleNamespace
from typing import Any, cast

from avnwizard.adapters.postgres.archive import _read

_HIGH = 1500
"""Above the 1,023 that `select.select` takes."""


def test_a_pipe_with_a_high_number() -> None:
    """It is read to its end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * _HIGH), hard))
    source, sink = os.pipe()
    os.dup2(source, _HIGH)
    try:
        os.write(sink, b"dump")
        os.close(sink)
        child, buffer = cast("Any", SimpleNamespace(late=False)), memoryview(bytearray(16))
        assert _read(child, _HIGH, buffer, lambda: None) == 4
        assert bytes(buffer[:4]) == b"dump"
        assert _read(child, _HIGH, buffer, lambda: None) == 0
    finally:
        os.close(source)
        os.close(_HIGH)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
