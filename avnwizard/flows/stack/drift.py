"""What really runs, compared with the files of the release that the checkout is at."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from avnwizard.domain.drift import Drift, Drifted, Likeness, images_pinned
from avnwizard.domain.findings import Finding
from avnwizard.domain.host import ComposeModel, Container, Image
from avnwizard.domain.plain import printable
from avnwizard.domain.strategy import is_job
from avnwizard.domain.version import Version, VersionError
from avnwizard.errors import HostError, WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.models import compose_at
from avnwizard.flows.stack.survey import images_named, read_env, runs_another_image

_MADE_BY = "com.docker.compose.version"
_RELEASES = 40
"""How many releases are compared with what runs, the nearest first."""


def look(host: Host, model: ComposeModel, containers: Sequence[Container]) -> Drifted:
    """Compare every container of the files' services with what `docker compose up -d` would make of it.

    Args:
        model: of the project's files, local edits included.
    """
    by_service: dict[str, list[Container]] = {}
    for one in containers:
        if one.service in model.services and not one.one_off:
            by_service.setdefault(one.service, []).append(one)
    here = images_named(host, model, containers)
    alike, why = _configurations(host, by_service, here)
    found = []
    for service, ours in sorted(by_service.items()):
        others = [one for one in ours if runs_another_image(one, model, here)]
        ids = tuple(dict.fromkeys(one.image_id for one in (*others, *ours)))
        job = is_job(model.services[service], model)
        ids = ids[:1] if job else ids
        config = alike[service]
        if others or config == "other" or len(ids) > 1:
            runs = (others or ours)[0].image
            pinned = model.services[service].image
            found.append(Drift(service, runs, ids, pinned, image=bool(others), config=config, job=job))
    release = _release_that_runs(host, by_service) if any(one.image for one in found) else ""
    unsure = tuple(name for name, config in sorted(alike.items()) if config == "unknown")
    return Drifted(host.repo.head().tag, tuple(found), release, unsure, why)


def findings(host: Host, found: Drifted) -> Iterator[Finding]:
    """What `check` says of it."""
    stops = [one for one in found.drifts if one.no_way_back]
    if stops and found.release:
        yield Finding(
            "drift", "stop",
            f"{found.whole()} An upgrade from {printable(found.tag)} would leave out what lies between them, and no "
            "rollback could bring back what runs now.",
            f"Put the checkout back: git checkout {printable(found.release)}, with the env file as it was then, and "
            f"upgrade from there. Or finish {printable(found.tag)} by hand first.",
        )  # fmt: skip
    else:
        for one in stops:
            yield Finding(
                "drift", "stop",
                f"{one.sentence(found.tag)} A rollback could not bring it back: {one.no_way_back}.",
                f"Bring it in step before you upgrade: check out the release that really runs, or {_applied(one)}",
            )  # fmt: skip
        yield from _to_be_acknowledged(host, found)
    if found.unsure:
        names = ", ".join(printable(name, limit=60) for name in found.unsure)
        yield Finding(
            "drift", "warn", f"Whether the configuration of {names} is what the files say is not known.",
            printable(found.why_unsure, limit=300),
        )  # fmt: skip
    elif not found.drifts:
        yield Finding("drift", "ok", "Every container is what the release's files say, by image and configuration.")


def _to_be_acknowledged(host: Host, found: Drifted) -> Iterator[Finding]:
    lockstep = host.config.lockstep
    if found.images and found.release:
        hint = "Was the checkout moved without the containers? Then git checkout what runs, and upgrade from there."
        yield Finding("drift", "warn", found.whole(), hint)
    for one in found.images:
        if not one.no_way_back:
            together = one.service in lockstep.services
            hint = f"{lockstep.name}'s images are tested together. " if together else ""
            yield Finding(
                "pins" if together else "drift", "warn", one.sentence(found.tag),
                f"{hint}The upgrade asks you to acknowledge it, and brings the image in step; a rollback starts the "
                "one that runs now again.",
            )  # fmt: skip
    if found.configurations:
        yield Finding(
            "drift", "warn", found.configured(),
            "The upgrade asks you to acknowledge it, and starts them from the files. To do so now: "
            f"docker compose up -d {' '.join(printable(name, limit=60) for name in found.configurations)}",
        )  # fmt: skip


def _applied(one: Drift) -> str:
    """How the files are brought about; a one-shot is not started lightly: it may be a migration that never ran."""
    if one.job:
        return "finish this release by hand: what this one-shot does may never have been done."
    return f"apply the files that are here: docker compose up -d {printable(one.service, limit=60)}"


def _configurations(
    host: Host, by_service: Mapping[str, Sequence[Container]], here: Mapping[str, Image]
) -> tuple[dict[str, Likeness], str]:
    """Service -> whether its configuration, the image aside, is the files'; and why, where that is not known.

    Equal hashes are proof, and cost little. Unlike ones are none (docker/compose #14001), so Compose itself is asked
    what it would replace, with each service's image set to the one that it runs. It is not asked of all services: a
    dry run of several waits where one depends on another.
    """
    hashes = host.stack.config_hashes()
    alike: dict[str, Likeness] = {
        service: "same" if {hashes.get(service)} == {one.config_hash for one in ours} else "unknown"
        for service, ours in by_service.items()
    }
    asked = {
        service: ours[0].image
        for service, ours in by_service.items()
        if alike[service] == "unknown" and all(_is_named(one, here) for one in ours)
    }
    why = "The images that they run have lost their names on this host."
    try:
        if asked:
            replaced = host.stack.replaced(tuple(sorted(asked)), images=asked)
            alike |= dict.fromkeys(asked.keys() - replaced, "same")
            why = _judge_replaced(host, {name: by_service[name] for name in replaced}, alike) or why
    except HostError as error:
        return alike, f"Compose was asked, and said: {error.message}"
    return alike, why


def _is_named(one: Container, here: Mapping[str, Image]) -> bool:
    return one.image in here and here[one.image].id == one.image_id


def _judge_replaced(host: Host, replaced: Mapping[str, Sequence[Container]], alike: dict[str, Likeness]) -> str:
    """Enter those that Compose would replace; why, where that says nothing: another Compose made them."""
    why = ""
    version = _plain(host.stack.engine().compose_version) if replaced else ""
    for service, ours in replaced.items():
        made_by = {_plain(one.labels.get(_MADE_BY, version)) for one in ours}
        if made_by == {version}:
            alike[service] = "other"
        else:
            makers = ", ".join(sorted(made_by))
            why = f"Compose {makers} made them, and Compose {version}, which is here now, would recreate them."
    return why


def _plain(version: str) -> str:
    """A version without a packager's suffix ("2.40.3-3")."""
    found = re.match(r"v?([0-9.]+)", version)
    return found[1] if found else printable(version, limit=30)


def _release_that_runs(host: Host, by_service: Mapping[str, Sequence[Container]]) -> str:
    """The release that pins exactly what every container was made from; "" where none of those nearby does."""
    running = {service: {one.image for one in ours} for service, ours in by_service.items()}
    try:
        env = read_env(host).as_dict()
    except WizardError:
        return ""  # another finding says so
    for tag, commit in islice(_nearest(host), _RELEASES):
        pinned: dict[str, str] = {}
        try:
            for path in compose_at(host, commit):
                if content := host.repo.read(commit, path):
                    pinned |= images_pinned(content.decode("utf-8", "replace"), env)
        except WizardError:
            continue
        if all(images == {pinned.get(service)} for service, images in running.items()):
            return tag
    return ""


def _nearest(host: Host) -> Iterator[tuple[str, str]]:
    """(tag, commit) of the other releases: the older ones from the newest down, then the newer ones upwards."""
    head = host.repo.head()
    found: list[tuple[Version, str, str]] = []
    for tag in host.repo.tags():
        try:
            found.append((Version.parse(tag.name), tag.name, tag.commit))
        except VersionError:
            continue
    found.sort(key=lambda one: one[0])
    names = [name for _, name, _ in found]
    at = names.index(head.tag) if head.tag in names else len(found)
    yield from ((name, commit) for _, name, commit in (*found[:at][::-1], *found[at + 1 :]))
