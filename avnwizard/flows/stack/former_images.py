"""The images that ran before a run: which of them a rollback has to fetch, and whether it can start them at all."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from avnwizard.domain.findings import Finding
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.domain.references import is_tag
from avnwizard.engine.journal import Journal
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.kept_images import (
    SAVE,
    is_accepted,
    keeps_any,
    named_before,
    ran_before,
    saved_ids,
    source_of,
)

_NAMED = 3


@dataclass(frozen=True)
class Gone:
    """An image that is not on this host any more.

    Attributes:
        source: what to pull ("NAME@sha256:…"), "" where nobody knows.
        offered: whether the registry has it, None where that is not known.
        named: the files name it by this very digest, so that it has to be here under that name and not by its id
            alone: no tag can bring a digest back.
        saved: the run that is taken back has saved it to a file, from which it is loaded.
    """

    service: str
    image_id: str
    source: str
    offered: bool | None
    named: bool = False
    saved: bool = False


@dataclass(frozen=True)
class WayBack:
    """What is to be done about images before the services can go back.

    Attributes:
        fetch: those to be pulled first.
        borrowed: names that the previous files give to other images than ran; they name what ran for a moment.
    """

    fetch: tuple[Gone, ...]
    borrowed: tuple[str, ...]


def reach(
    host: Host,
    model: ComposeModel,
    pulled: Mapping[str, Any],
    services: Sequence[str],
    tag: str,
    saved: Collection[str] = (),
) -> WayBack:
    """How the images that ran before can run again under the names that the previous files give them.

    Args:
        model: of the previous files.
        pulled: what the pull of the undone run noted.
        services: those that go back.
        tag: the previous release.
        saved: the ids of the images that the run saved to a file which is there.

    Raises:
        RefusedError: one cannot be had any more, or the files pin another image by its digest.
    """
    wanted = {name: image for name in services if (image := ran_before(pulled, name))}
    pinned = {name: model.services[name].image for name in wanted if name in model.services}
    here = host.stack.images([*wanted.values(), *pinned.values()])
    sources: dict[str, str] = {}
    for name, image_id in wanted.items():
        reference, known = pinned.get(name, ""), source_of(pulled, name)
        named = here.get(reference)
        if named and named.id == image_id:
            continue
        if not reference or is_tag(reference):
            if image_id not in here:
                sources[name] = known
        elif named or not _may_be(known, reference):
            raise RefusedError(
                f"{printable(name)} ran {image_id[:19]} before, and the files of {printable(tag)} pin another image "
                "by its digest: it cannot be started from them. Nothing was changed.",
                f"Pin the image that ran in the compose file of {printable(tag)}, or go back by hand.",
            )
        else:
            sources[name] = reference
    asked = {name: source for name, source in sources.items() if not _is_saved(wanted[name], pinned[name], saved)}
    gone = tuple(replace(one, named=one.source == pinned.get(one.service)) for one in _gone(host, wanted, asked))
    _require(gone)
    gone += tuple(Gone(name, wanted[name], "", None, saved=True) for name in sources if name not in asked)
    before = named_before(pulled) or {}
    borrowed = {
        reference for name, reference in pinned.items() if before.get(reference, wanted[name]) != wanted[name]
    }
    return WayBack(gone, tuple(sorted(borrowed)))


def _is_saved(image_id: str, reference: str, saved: Collection[str]) -> bool:
    """Whether loading an image is enough: one that the files name by its digest has to be pulled under that name."""
    return image_id in saved and (not reference or is_tag(reference))


def kept_images(host: Host, journal: Journal) -> Iterator[Finding]:
    """What `check` says of the images that the last upgrade's rollback needs: pruning may have removed them."""
    last = next((run for run in journal.runs() if run.state != "undone" and keeps_any(journal, run.id)), None)
    if last is None or is_accepted(journal, last.id):
        return
    pulled = journal.facts(last.id, "pull")
    running: Mapping[str, str] = pulled.get("running", {})
    here = host.stack.images(list(running.values()))
    saved = saved_ids(journal.facts(last.id, SAVE))
    sources = {name: source_of(pulled, name) for name, image in running.items() if image not in {*here, *saved}}
    lost = _gone(host, running, sources)
    if not lost:
        return
    said = f"The images that {_names(lost)} ran before run {last.id} are gone from this host: something pruned them."
    if bad := [one for one in lost if not one.source or one.offered is False]:
        yield Finding(
            "images", "warn", f"{said} Those of {_names(bad)} cannot be pulled again: that run has no way back.",
            "Load them again (docker load) before you need them; or let them go: avnwizard accept",
        )  # fmt: skip
    else:
        unsure = any(one.offered is None for one in lost)
        yield Finding(
            "images", "warn",
            f"{said} " + ("Whether the registry has them is not known." if unsure else "The registry has them."),
            "A rollback pulls them first, by digest. To have them here before: "
            + "; ".join(f"docker pull {printable(one.source, limit=300)}" for one in lost[:_NAMED]),
        )  # fmt: skip


def of_before(fetch: Sequence[Gone], borrowed: Sequence[str]) -> Iterator[str]:
    """What is out of the ordinary about the images of a rollback, for the operator."""
    if loaded := [one for one in fetch if one.saved]:
        yield f"images of {_names(loaded)} that ran before are gone from this host, and are loaded from a file"
    if fetch := [one for one in fetch if not one.saved]:
        unsure = any(one.offered is None for one in fetch)
        told = "whether the registry has them is not known before it is tried" if unsure else "the registry has them"
        yield f"images of {_names(fetch)} that ran before are gone from this host and are pulled first; {told}"
    if borrowed:
        names = ", ".join(printable(name, limit=200) for name in borrowed)
        yield f"the images that ran before the upgrade are started again, which are not what {names} names"


def _gone(host: Host, images: Mapping[str, str], sources: Mapping[str, str]) -> tuple[Gone, ...]:
    """With what the registries say; one that does not tell once is not asked again."""
    known: dict[str, bool | None] = {"": None}
    silent: set[str] = set()
    for source in sources.values():
        registry = source.partition("/")[0]
        if source not in known:
            known[source] = None if registry in silent else host.stack.offers(source)
            if known[source] is None:
                silent.add(registry)
    return tuple(Gone(name, images[name], source, known[source]) for name, source in sources.items())


def _may_be(source: str, pinned: str) -> bool:
    """Whether an image of that source may be the one that a reference pins by its digest; "" may be any."""
    return not source or source.partition("@")[2] == pinned.partition("@")[2]


def _require(gone: Sequence[Gone]) -> None:
    lost = [one for one in gone if not one.source]
    if lost:
        raise RefusedError(
            f"The images that {_names(lost)} ran before are no longer on this host, and nobody knows a registry that "
            "has them. Nothing was changed.",
            "Load them again (docker load), then try again.",
        )
    refused = [one for one in gone if one.offered is False]
    if refused:
        raise RefusedError(
            f"The images that {_names(refused)} ran before are no longer on this host, and the registry does not "
            "have them any more. Nothing was changed.",
            f"If you can pull it all the same, do so, then try again: docker pull {printable(refused[0].source)}",
        )


def _names(gone: Sequence[Gone]) -> str:
    names = [printable(one.service, limit=40) for one in gone]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
