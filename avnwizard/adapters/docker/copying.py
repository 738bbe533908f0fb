"""Folders of containers in and out as tar, by the engine itself: nothing need be installed in the container."""

import os
from collections.abc import Sequence
from pathlib import Path

from avnwizard.adapters.child import Child, Tail, file_blocks
from avnwizard.adapters.docker.cli import DockerCli, hint_for
from avnwizard.adapters.durable import appearing
from avnwizard.adapters.files import refusal
from avnwizard.adapters.process_errors import fail
from avnwizard.adapters.tarball import require_whole
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.errors import HostError
from avnwizard.ports import Progress

TIMEOUT_S = 24 * 3600.0
_BLOCK = 1 << 20


def archive(cli: DockerCli, argv: Sequence[str], to: Path, progress: Progress) -> FileFacts:
    """Stream the tar that a command prints into a new 0600 file; `HostError` when it is not whole."""
    try:
        with appearing(to) as sink, Child(argv, env=cli.environ, timeout_s=TIMEOUT_S) as child:
            tail = Tail()
            child.listen(child.stderr, tail)
            with child.guarded():
                while block := os.read(child.stdout.fileno(), _BLOCK):
                    sink.take(block)
                    progress(sink.size_bytes, None)
            _judge(argv, child, tail)
        _require_whole(to)
        return sink.written()
    except OSError as error:
        raise refusal("write the archive", to, error) from error


def unarchive(cli: DockerCli, source: Path, argv: Sequence[str], progress: Progress) -> None:
    """Stream a tar into a command's stdin."""
    try:
        total, done = source.stat().st_size, 0
        with Child(argv, env=cli.environ, feed=True, timeout_s=TIMEOUT_S) as child:
            tail = Tail()
            child.listen(child.stderr, tail)
            child.listen(child.stdout, lambda _: None)

            def told(block: bytes) -> bytes:
                nonlocal done
                done += len(block)
                progress(done, total)
                return block

            child.feed(told(block) for block in file_blocks(source))
            _judge(argv, child, tail)
    except OSError as error:
        raise refusal("read the archive", source, error) from error


def _require_whole(made: Path) -> None:
    """One that is not whole does not stay under its name: who resumes would take it for what was kept."""
    try:
        require_whole(made)
    except HostError:
        made.unlink()
        raise


def _judge(argv: Sequence[str], child: Child, tail: Tail) -> None:
    code = child.wait()
    if code != 0:
        fail(argv, code, tail.complaint, hint_for(tail.complaint))
