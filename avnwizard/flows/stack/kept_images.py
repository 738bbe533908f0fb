"""The images that a run pulled, and those that it kept for going back: what its pull step noted of them."""

from collections.abc import Mapping
from typing import Any

from avnwizard.engine.journal import Journal

SAVE, IMAGES = "save-images", "images.tar"
"""The step that saves images to a file, and the file in the run's folder."""
WHOLE_RUN = ""
"""Facts of a run as a whole are noted under no step's name."""


def keep_name(run: str, service: str) -> str:
    """The tag under which an old image is kept from `docker image prune`; `prune -a` removes it all the same."""
    return f"avnwizard-kept/{service.lower()}:{run}"


def pinned(facts: Mapping[str, Any], reference: str) -> str:
    """The id of the image that was pulled for a reference."""
    return str(facts["images"][reference])


def ran_before(facts: Mapping[str, Any], service: str) -> str:
    """The id of the image that a service ran before the run; "" where it did not run, or the pull never began."""
    return str(facts.get("running", {}).get(service, ""))


def source_of(facts: Mapping[str, Any], service: str) -> str:
    """Whence the image that a service ran before can be pulled ("NAME@sha256:…"); "" where nobody knows."""
    return str(facts.get("sources", {}).get(service, ""))


def named_before(facts: Mapping[str, Any]) -> dict[str, str] | None:
    """Reference -> the id that it named before the pull, "" for none; None for a run of an older avnwizard."""
    tags = facts.get("tags")
    return None if tags is None else {str(name): str(image) for name, image in tags.items()}


def keeps_any(journal: Journal, run: str) -> bool:
    """Whether a run kept previous images."""
    return bool(journal.facts(run, "pull").get("running"))


def is_accepted(journal: Journal, run: str) -> bool:
    """Whether the operator, or a later upgrade, let go of what the run kept."""
    return "accepted_at" in journal.facts(run, WHOLE_RUN)


def saved_ids(facts: Mapping[str, Any]) -> frozenset[str]:
    """The ids of the images that a run saved to a file.

    Args:
        facts: what its step `save-images` noted.
    """
    return frozenset(map(str, facts.get("saved", {}).values())) if facts.get("sha256") else frozenset()
