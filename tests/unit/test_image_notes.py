"""What a plan says of images that stay."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel, Image
from avnwizard.domain.plan import ServicePlan
from avnwizard.flows.stack.image_notes import image_notes

ONE, TWO = (f"sha256:{one * 64}" for one in "12")
HERE = Image("acme/web:latest", "sha256:id", ONE, 5, sources=(f"acme/web@{ONE}", f"acme/web@{TWO}"))


def _notes(digest: str) -> tuple[str, ...]:
    running = [SimpleNamespace(service="web", image_id="sha256:id", one_off=False)]
    host = SimpleNamespace(stack=SimpleNamespace(image=lambda _name: HERE, containers=lambda: running))
    part = ServicePlan("web", "skip", "same", HERE.reference, HERE.reference, digest, None)
    return image_notes(cast("Any", host), "v8", (), EnvFile.parse(b""), [part], ComposeModel({}, {}))


@pytest.mark.parametrize("digest", [ONE, TWO])
def test_an_image_that_stays(digest: str) -> None:
    """Under any of the digests that its repository has for it."""
    assert _notes(digest) == (
        "No service's image changes: after the upgrade to v8 every service runs the image that it runs now.",
    )


def test_a_tag_whose_image_no_registry_tells() -> None:
    """What the pull brings may be another one (Unleash's `latest`): it is not said that nothing changes."""
    unknown, stays = _notes("")
    assert "what the pull brings is what runs" in unknown
    assert stays.endswith("every service runs the image that it runs now, unless the pull brings another.")
