"""Which images are saved before an upgrade, and which releases are refused for an image that nobody has."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from avnwizard.domain.host import Container, Image
from avnwizard.domain.plan import ServicePlan
from avnwizard.errors import RefusedError
from avnwizard.flows.upgrade.images_to_save import images_to_save, require_offered

_SOURCE = f"host/web@sha256:{'1' * 64}"


def _host(
    how: str = "needed", *, sources: tuple[str, ...] = (_SOURCE,), offered: bool | None = True, free: int = 10**9
) -> Any:
    running = Container("web", "web", "web", 1, "host/web:1", "sha256:old", "running", "none", 0, "", False, 0.0)
    old = Image("host/web:1", "sha256:old", "", 5_000_000, sources=sources)
    stack = SimpleNamespace(
        containers=lambda: [running],
        images=lambda names: {"sha256:old": old} if "sha256:old" in names else {},
        offers=lambda _reference: offered,
    )
    return SimpleNamespace(
        stack=stack,
        config=SimpleNamespace(snapshot=SimpleNamespace(images=how)),
        files=SimpleNamespace(free_bytes=lambda _folder: free),
        state=SimpleNamespace(folder=Path("/state")),
    )


def _part(new: str = "host/web:2", **more: Any) -> ServicePlan:
    return ServicePlan("web", "recreate", "", "host/web:1", new, "", **more)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        (_host(), None),
        (_host(sources=()), "no registry is known to have it"),
        (_host(offered=False), "its registry does not have it any more"),
        (_host(offered=None), None),
        (_host("always"), "as avnwizard.toml says"),
        (_host("never", sources=()), None),
    ],
)
def test_what_no_registry_gives_again_is_saved(host: Any, why: str | None) -> None:
    """Or everything, or nothing, as `[snapshot] images` says; never the image of a service that stays."""
    assert [one.why for one in images_to_save(host, [_part()])] == ([why] if why else [])
    assert images_to_save(host, [ServicePlan("web", "skip", "", "host/web:1", "host/web:1", "")]) == ()


@pytest.mark.parametrize(("answers", "asked"), [(True, 3), (None, 1)])
def test_a_registry_that_does_not_answer_is_asked_once(answers: bool | None, asked: int) -> None:
    """One that answers is asked about every image."""
    names, questions = ("api", "docs", "web"), list[str]()

    def offers(reference: str) -> bool | None:
        questions.append(reference)
        return answers

    host = _host()
    host.stack.containers = lambda: [
        Container(name, name, name, 1, f"host/{name}:1", f"sha256:{name}", "running", "none", 0, "", False, 0.0)
        for name in names
    ]
    host.stack.images = lambda _: {
        f"sha256:{name}": Image(
            f"host/{name}:1", f"sha256:{name}", "", 5, sources=(f"host/{name}@sha256:{'1' * 64}",)
        )
        for name in names
    }
    host.stack.offers = offers
    parts = [ServicePlan(name, "recreate", "", f"host/{name}:1", f"host/{name}:2", "") for name in names]
    assert images_to_save(host, parts) == ()
    assert len(questions) == asked


def test_without_room_it_is_refused() -> None:
    """With the bytes, and the setting that goes on without."""
    with pytest.raises(RefusedError, match=r"To save the images that web run now needs 5 MB, and 1 MB is free"):
        images_to_save(_host(sources=(), free=1_000_000), [_part()])


def test_an_image_that_the_registry_lacks_is_refused_up_front() -> None:
    """Only where the registry says so; what is built here, or has a digest already, is not asked about."""
    with pytest.raises(RefusedError, match=r"The registry does not have host/web:2, which v2 runs for web\. Nothing"):
        require_offered(_host(offered=False), [_part()], "v2")
    for host, part in (
        (_host(offered=None), _part()),
        (_host(), _part()),
        (_host(offered=False), _part(pulled=False)),
        (_host(offered=False), ServicePlan("web", "retire", "", "host/web:1", "", "")),
        (_host(offered=False), ServicePlan("web", "recreate", "", "host/web:1", "host/web:2", "sha256:2")),
    ):
        require_offered(host, [part], "v2")
