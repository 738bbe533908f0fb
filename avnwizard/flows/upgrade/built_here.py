"""Images that no registry is asked for: built on this host, or kept from being pulled by `pull_policy`."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.inputs import UpgradeInputs
from avnwizard.flows.upgrade.release_files import below, moved_files

_UNPULLED = frozenset({"never", "build"})


def images_of_this_host(
    host: Host, draft: UpgradeInputs, now: ComposeModel, model: ComposeModel
) -> tuple[frozenset[str], frozenset[str]]:
    """The services of the target whose image is taken as it is here or built; and those of them that are built.

    A service with `build:` and `image:` may be pulled by some operators and built by others: where the image that is
    here came from a registry, it is pulled. Services that share an image are built together, or none of them.

    Args:
        now: the model of the files in the checkout.
        model: the target's.

    Raises:
        RefusedError: such an image is not here and cannot be built.
    """
    ours = frozenset(_of_this_host(host, now, model))
    again = {model.services[name].image for name in sorted(ours) if _is_built(host, draft, now, model, name)}
    sources = {name for name in ours if _body(model, name).get("build")}
    return ours, frozenset(name for name in sources if model.services[name].image in again)


def _of_this_host(host: Host, now: ComposeModel, model: ComposeModel) -> Iterator[str]:
    for name, service in model.services.items():
        body = _body(model, name)
        if body.get("pull_policy") in _UNPULLED or (body.get("build") and not body.get("image")):
            yield name
        elif body.get("build"):
            former = now.services.get(name, service)
            here = host.stack.image(service.image) or host.stack.image(former.image)
            if here and not here.sources:
                yield name


def _is_built(host: Host, draft: UpgradeInputs, now: ComposeModel, model: ComposeModel, name: str) -> bool:
    """Whether an image has to be built from the release's sources."""
    image, release = model.services[name].image, printable(draft.target.name)
    shown, service = printable(image, limit=200), printable(name, limit=60)
    build, here = _body(model, name).get("build"), host.stack.image(image) is not None
    if build:
        sources_move = any(below(host, _context(build), moved_files(host, draft)))
        return not here or sources_move or build != _body(now, name).get("build")
    sharing = any(one.image == image and _body(model, other).get("build") for other, one in model.services.items())
    if not here and not sharing:
        pull = shlex.join(host.platform.by_hand("get the image", shown))
        raise RefusedError(
            f"{service} of {release} runs {shown}, which is not on this host and which the compose file says not "
            "to pull. Nothing was changed.",
            f"Load, build or pull it first ({pull}), then plan again.",
        )
    return False


def _context(build: Mapping[str, Any] | str) -> list[str]:
    """The folders and files that a build reads; a repository's address is none."""
    if isinstance(build, str):
        return [build]
    extra = build.get("additional_contexts") or {}
    named = [build.get("context"), *(extra.values() if isinstance(extra, Mapping) else ())]
    return [str(one) for one in named if one and "://" not in str(one)]


def _body(model: ComposeModel, name: str) -> Mapping[str, Any]:
    return (model.raw.get("services") or {}).get(name) or {}
