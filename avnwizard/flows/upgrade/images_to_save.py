"""Which of the images that run now are saved to a file, and which images of the release nobody has."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from avnwizard.domain.plain import printable
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.references import repository_of
from avnwizard.domain.snapshot_plan import SavedImage
from avnwizard.domain.words import size
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.safety.data_plan import moves

ASKED, NO_SOURCE = "as avnwizard.toml says", "no registry is known to have it"
NOT_OFFERED = "its registry does not have it any more"
_AT_ONCE = 4


def images_to_save(host: Host, services: Sequence[ServicePlan]) -> tuple[SavedImage, ...]:
    """Those of services whose image changes, by `[snapshot] images`.

    Raises:
        RefusedError: there is no room for them.
    """
    how = host.config.snapshot.images
    found = tuple(_needed(host, services, everything=how == "always")) if how != "never" else ()
    needed, free = sum({one.image_id: one.size_bytes for one in found}.values()), 0
    if found and needed > (free := host.files.free_bytes(host.state.folder)):
        names = ", ".join(printable(one.service, limit=63) for one in found[:3])
        raise RefusedError(
            f"To save the images that {names} run now needs {size(needed)}, and {size(free)} is free in "
            f"{host.state.folder}. Nothing was changed.",
            'Make room; or set [snapshot] images = "never" in avnwizard.toml: then pruning may take the way back.',
        )
    return found


def _needed(host: Host, services: Sequence[ServicePlan], *, everything: bool) -> Iterator[SavedImage]:
    running = {one.service: one.image_id for one in host.stack.containers() if not one.one_off}
    changing = [one for one in services if one.service in running and one.strategy != "skip"]
    here = host.stack.images([*running.values(), *(one.image_new for one in changing if one.image_new)])
    moving = [
        (part, image)
        for part in changing
        if (image := here.get(running[part.service])) and moves(part, image, here.get(part.image_new))
    ]
    sources = {part.service: _source(part, image.sources) for part, image in moving}
    offered = {} if everything else _offered(host, [source for source in sources.values() if source])
    for part, image in moving:
        why = ASKED if everything else _trouble(sources[part.service], offered)
        if why:
            yield SavedImage(part.service, image.id, image.size_bytes, why)


def _source(part: ServicePlan, sources: Sequence[str]) -> str:
    """Where an image came from: its own repository, or else any; "" where nobody knows."""
    return min(sources, key=lambda one: repository_of(one) != repository_of(part.image_old), default="")


def _offered(host: Host, sources: Sequence[str]) -> dict[str, bool | None]:
    """What the registries say of some images, a few asked at the same time.

    Of a registry that does not answer the first question the others are left out: it is not waited for twice.
    """
    firsts: dict[str, str] = {}
    for source in sources:
        firsts.setdefault(_registry(source), source)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="offers") as pool:
        first = list(firsts.values())
        found = dict(zip(first, pool.map(host.stack.offers, first), strict=True))
        others = {source for source in sources if found[firsts[_registry(source)]] is not None} - found.keys()
        rest = sorted(others)
        return found | dict(zip(rest, pool.map(host.stack.offers, rest), strict=True))


def _registry(source: str) -> str:
    return source.partition("/")[0]


def _trouble(source: str, offered: Mapping[str, bool | None]) -> str:
    """Why no registry can be counted on; "" where one has it, or does not tell."""
    if not source:
        return NO_SOURCE
    return NOT_OFFERED if offered.get(source) is False else ""


def require_offered(host: Host, services: Sequence[ServicePlan], release: str) -> None:
    """Refuse a release of which an image cannot be had, before the snapshot is taken and the checkout moved.

    Raises:
        RefusedError: names the first, and how many there are.
    """
    silent: set[str] = set()
    lost = []
    for part in services:
        registry = part.image_new.partition("/")[0]
        if not part.image_new or not part.pulled or part.digest or registry in silent:
            continue
        offered = host.stack.offers(part.image_new)
        if offered is None:
            silent.add(registry)
        elif not offered:
            lost.append(part)
    if lost:
        more = f" (and {len(lost) - 1} more)" if lost[1:] else ""
        raise RefusedError(
            f"The registry does not have {printable(lost[0].image_new, limit=200)}, which {printable(release)} runs "
            f"for {printable(lost[0].service, limit=63)}{more}. Nothing was changed.",
            "Read the release's notes: was the image renamed or withdrawn? Is this host logged in to the registry?",
        )
