"""A release that moves nothing but the images of a lockstep: a patch for a fault in them, to be taken first."""

from collections.abc import Collection, Mapping
from typing import Any

from avnwizard.domain.compose.document import read


def moves_images_alone(before: str, after: str, services: Collection[str]) -> bool:
    """Whether two versions of a compose file differ, and only in the tags of these services' images.

    A one-shot that runs the image of one of them, such as a migration, moves with it.
    """
    old, new = _bare(before, services), _bare(after, services)
    return old == new and _images(before) != _images(after)


def moved_services(before: str, after: str, services: Collection[str]) -> frozenset[str]:
    """The services of the lockstep that name another image in the second version of a compose file."""
    old, new = _images(before), _images(after)
    return frozenset(name for name in services if name in new and old.get(name) != new[name])


def _bare(text: str, services: Collection[str]) -> dict[str, Any]:
    """The file with these images' tags left out."""
    document = dict(read(text))
    found = document.get("services")
    if not isinstance(found, Mapping):
        return document
    names = {_name(str(body.get("image"))) for name, body in found.items() if name in services and _has_image(body)}
    document["services"] = {
        name: {**body, "image": _name(str(body["image"]))}
        if _has_image(body) and _name(str(body["image"])) in names
        else body
        for name, body in found.items()
    }
    return document


def _images(text: str) -> dict[str, str]:
    found = read(text).get("services")
    return {
        str(name): str(body["image"])
        for name, body in (found.items() if isinstance(found, Mapping) else ())
        if _has_image(body)
    }


def _has_image(body: object) -> bool:
    return isinstance(body, Mapping) and bool(body.get("image"))


def _name(reference: str) -> str:
    """An image's name without tag and digest: the last colon after the last slash parts them."""
    path, slash, last = reference.partition("@")[0].rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}"
