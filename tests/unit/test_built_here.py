"""Which images are built again, which are taken as they are here, and what the images step makes of it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.domain.host import ComposeModel, Image, Service
from avnwizard.domain.plan import Plan, ServicePlan
from avnwizard.errors import RefusedError
from avnwizard.flows.steps.images import built, references, unpulled
from avnwizard.flows.upgrade import built_here
from avnwizard.flows.upgrade.built_here import images_of_this_host


def _model(**bodies: dict[str, Any]) -> ComposeModel:
    services = {name: Service(name, str(body.get("image") or f"x-{name}")) for name, body in bodies.items()}
    return ComposeModel(services, {"services": bodies})


def _host(*here: str) -> Any:
    known = {name: Image(name, f"sha256:{name}", "", 1) for name in here}
    return SimpleNamespace(
        stack=SimpleNamespace(image=known.get), platform=SimpleNamespace(by_hand=lambda *words: ("docker", *words))
    )


_DRAFT: Any = SimpleNamespace(target=SimpleNamespace(name="v2"))
_WEB = {"build": {"context": "/srv/web"}}


def _looked(host: Any, now: ComposeModel, model: ComposeModel) -> tuple[frozenset[str], frozenset[str]]:
    return images_of_this_host(host, _DRAFT, now, model)


def test_what_is_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources that move, an image that is not here, another way of building; with all that share the image."""
    moved: list[str] = []
    monkeypatch.setattr(built_here, "moved_files", lambda *_: ())
    monkeypatch.setattr(built_here, "below", lambda *_: iter(moved))
    model = _model(web=_WEB)
    assert _looked(_host("x-web"), model, model) == (frozenset({"web"}), frozenset())
    assert _looked(_host(), model, model)[1] == {"web"}
    assert _looked(_host("x-web"), _model(web={"build": {"context": "/srv/old"}}), model)[1] == {"web"}
    moved.append("web/Dockerfile")
    assert _looked(_host("x-web"), model, model)[1] == {"web"}
    shared = {"image": "local", "pull_policy": "never"}
    several = _model(one={**shared, **_WEB}, two={**shared, **_WEB}, three=shared)
    assert _looked(_host(), several, several) == (frozenset({"one", "two", "three"}), frozenset({"one", "two"}))
    alone = _model(three=shared)
    with pytest.raises(RefusedError, match="which is not on this host"):
        _looked(_host(), alone, alone)


def test_one_build_for_all_that_share_an_image() -> None:
    """Neither pulled nor looked for; another service that takes the image as it is gets the one that was built."""
    parts = (
        ServicePlan("one", "recreate", "", "local", "local", "", pulled=False, built=True),
        ServicePlan("two", "recreate", "", "local", "local", "", pulled=False, built=True),
        ServicePlan("three", "recreate", "", "local", "local", "", pulled=False),
        ServicePlan("four", "recreate", "", "a", "b", ""),
        ServicePlan("five", "recreate", "", "c", "here", "", pulled=False),
    )
    plan = cast("Plan", SimpleNamespace(services=parts))
    assert built(plan) == {"local": "one"}
    assert references(plan) == {"b": ""}
    assert unpulled(plan) == ["here"]
