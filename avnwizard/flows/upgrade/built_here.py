"""Images that no registry is asked for: built on this host, or kept from being pulled by `pull_policy`."""

from collections.abc import Iterator, Mapping
from typing import Any

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.inputs import Draft
from avnwizard.flows.upgrade.release_files import below, moved_files

_UNPULLED = frozenset({"never", "build"})


def images_of_this_host(host: Host, draft: Draft, now: ComposeModel, model: ComposeModel) -> frozenset[str]:
    """The services of the target whose image is taken as it is here.

    A service with `build:` and `image:` may be pulled by some operators and built by others: where the image that is
    here came from a registry, it is pulled.

    Args:
        now: the model of the files in the checkout.
        model: the target's.

    Raises:
        RefusedError: such an image is not here, or would have to be built again: avnwizard builds none.
    """
    ours = frozenset(_of_this_host(host, now, model))
    for name in sorted(ours):
        _require_built(host, draft, now, model, name)
    return ours


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


def _require_built(host: Host, draft: Draft, now: ComposeModel, model: ComposeModel, name: str) -> None:
    image, release = model.services[name].image, printable(draft.target.name)
    shown, service = printable(image, limit=200), printable(name, limit=60)
    build = _body(model, name).get("build")
    if not build:
        if host.stack.image(image) is None:
            raise RefusedError(
                f"{service} of {release} runs {shown}, which is not on this host and which the compose file says not "
                "to pull. Nothing was changed.",
                f"Load or build {shown} first, then plan again.",
            )
        return
    changed = list(below(host, _context(build), moved_files(host, draft)))
    if host.stack.image(image) is None:
        why = f"{shown}, which is not on this host"
    elif changed:
        why = f"{shown}, and {', '.join(printable(one, limit=80) for one in changed[:2])} changed"
    elif build != _body(now, name).get("build"):
        why = f"{shown}, and how it is built changes"
    else:
        return
    raise RefusedError(
        f"{release} builds {service} from source ({why}), and avnwizard builds no images. Nothing was changed.",
        f"Do this release by hand: avnwizard snapshot create; git checkout {release}; "
        f"docker compose build {service}; docker compose up -d",
    )


def _context(build: Mapping[str, Any] | str) -> list[str]:
    """The folders and files that a build reads; a repository's address is none."""
    if isinstance(build, str):
        return [build]
    extra = build.get("additional_contexts") or {}
    named = [build.get("context"), *(extra.values() if isinstance(extra, Mapping) else ())]
    return [str(one) for one in named if one and "://" not in str(one)]


def _body(model: ComposeModel, name: str) -> Mapping[str, Any]:
    return (model.raw.get("services") or {}).get(name) or {}
