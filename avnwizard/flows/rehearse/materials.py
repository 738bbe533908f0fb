"""What a rehearsal is generated from: two resolved models, and the release's own files that its containers mount."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from avnwizard.domain.rehearsal.isolation import Isolated, isolate
from avnwizard.domain.rehearsal.order import Isolation
from avnwizard.domain.rehearsal.proof import require_isolated
from avnwizard.flows.host import Host
from avnwizard.flows.rehearse.world import RELEASE, Which
from avnwizard.flows.stack.drawing import ReleaseFiles

_UNBORN = Path("/avnwizard-unborn")
"""Stands for the run's folder while there is no run."""


@dataclass(frozen=True)
class Materials:
    """The models, which hold secrets.

    Attributes:
        order: how both are isolated; without the places of the release's files.
        mounted: what containers of the release mount of its own files: path on the host -> path in the checkout.
        files: those files: path in the checkout -> content.
    """

    target: Mapping[str, Any] = field(repr=False)
    old: Mapping[str, Any] = field(repr=False)
    order: Isolation
    mounted: Mapping[str, str]
    files: Mapping[str, bytes] = field(repr=False)

    def isolated(self, which: Which, place: Path = _UNBORN) -> Isolated:
        """One of the generated models.

        Args:
            place: the folder in which the release's files are laid out.

        Raises:
            RefusedError: it would not be isolated.
        """
        sources = {source: str(place / RELEASE / path) for source, path in self.mounted.items()}
        order = replace(self.order, sources=sources) if which == "target" else self.order
        made = isolate(self.target if which == "target" else self.old, order)
        require_isolated(made.model, order)
        return made

    def write(self, host: Host, place: Path, which: Iterable[Which]) -> None:
        """Put the generated files into a run's folder, where the operator can read them."""
        host.files.make(place)
        host.files.lay_out(place / RELEASE, self.files)
        for one in which:
            made = self.isolated(one, place)
            host.files.write(place / f"{one}.json", json.dumps(made.model, indent=2).encode())
            host.files.write(place / f"{one}.env", made.env.encode())


def bind_sources(raw: Mapping[str, Any]) -> frozenset[str]:
    """The paths of the host that a resolved model's containers mount, as they are spelled there."""
    bodies = [body or {} for body in (raw.get("services") or {}).values()]
    mounts = [one for body in bodies for one in body.get("volumes") or () if isinstance(one, Mapping)]
    files = [one or {} for part in ("configs", "secrets") for one in (raw.get(part) or {}).values()]
    return frozenset(
        [str(one.get("source") or "") for one in mounts if one.get("type") == "bind"]
        + [str(one["file"]) for one in files if one.get("file")]
    )


def release_files(
    host: Host, release: ReleaseFiles, sources: Iterable[str]
) -> tuple[dict[str, str], dict[str, bytes]]:
    """What the release has of some paths: path on the host -> path in the checkout, and the files there."""
    top = host.repo.directory.resolve()
    mounted: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for source in sorted(sources):
        path = Path(source.replace("$$", "$"))
        if not path.is_relative_to(top):
            continue
        inside = str(path.relative_to(top))
        if found := dict(_below(host, release, inside)):
            mounted[source] = inside
            files |= found
    return mounted, files


def _below(host: Host, release: ReleaseFiles, path: str) -> Iterator[tuple[str, bytes]]:
    single = release.carried[path] if path in release.carried else host.repo.read(release.commit, path)
    if single is not None:
        yield path, single
        return
    names = set(host.repo.list(release.commit, "" if path == "." else path))
    names |= {one for one in release.carried if path == "." or one.startswith(f"{path}/")}
    for name in sorted(names):
        content = release.carried[name] if name in release.carried else host.repo.read(release.commit, name)
        if content is not None:
            yield name, content
