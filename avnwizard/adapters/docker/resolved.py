"""What Compose made of the files, kept for as long as everything that it reads is the same."""

import hashlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from avnwizard.domain.host import ComposeProject

Told = TypeVar("Told")
_KEPT = 4
_DRAWS_IN = (b"include", b"extends", b"env_file", b"label_file", b"\\")
"""Where one of these occurs, Compose may read further files: the attributes that do so (compose-spec, 2.20 to 2.40),
and what could spell one of them in another way."""


class Kept(Generic[Told]):
    """The last few answers, by what they were made from; all parts of a process may ask."""

    def __init__(self) -> None:
        self._answers: dict[bytes, Told] = {}
        self._lock = threading.Lock()

    def get(self, source: Callable[[], bytes | None], ask: Callable[[], Told]) -> Told:
        """The answer that is kept, else a new one.

        Args:
            source: what it is made from now; None where that cannot be known, and then nothing is kept.
            ask: what asks Compose.
        """
        with self._lock:  # several threads that ask at the same time ask Compose once
            return self._got(source, ask)

    def _got(self, source: Callable[[], bytes | None], ask: Callable[[], Told]) -> Told:
        before = source()
        if before is not None and (known := self._answers.get(before)) is not None:
            return known
        answer = ask()
        if before is not None and before == source():
            for oldest in list(self._answers)[: 1 - _KEPT]:
                self._answers.pop(oldest, None)
            self._answers[before] = answer
        return answer


def made_from(
    program: str, project: ComposeProject, files: Sequence[Path], env_file: Path | None, environ: Mapping[str, str]
) -> bytes | None:
    """A sum over all that decides what `docker compose config` prints; None where that cannot be known.

    Args:
        program: Compose's own; where the CLI has to find it, it may be another one the next time.
    """
    if not Path(program).is_absolute():
        return None
    try:
        of_program = Path(program).stat()
        contents = [file.read_bytes() for file in files]
        values = env_file.read_bytes() if env_file else b""
    except OSError:
        return None
    if any(word in content for content in contents for word in _DRAWS_IN):
        return None
    facts = (
        f"{program} {of_program.st_ino} {of_program.st_mtime_ns} {of_program.st_size}",
        f"{project.name} {project.directory}",
        repr(sorted(environ.items())),
    )
    total = hashlib.sha256()
    for part in (*map(os.fsencode, facts), *contents, values):
        total.update(f"{len(part)} ".encode() + part)
    return total.digest()
