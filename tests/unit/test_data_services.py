"""What a rollback does with services that keep data: goes back, stays at the newer version, or asks."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.domain.host import ComposeModel, Container, Health, Image
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.errors import RefusedError
from avnwizard.flows.safety.data_plan import with_ways_back
from avnwizard.flows.safety.data_services import DataBack, settle_data
from avnwizard.planned import StepKind

_OLD, _NEW = "sha256:old", "sha256:new"


def _container(service: str, image: str, image_id: str, health: Health = "none") -> Container:
    return Container(service, service, service, 1, image, image_id, "running", health, 0, "", False, 0.0)


def _host(*containers: Container, **images: dict[str, str]) -> Any:
    """A host with containers, and images by content id ("old") with what they set themselves."""
    here = {f"sha256:{name}": Image(name, f"sha256:{name}", "", 1, variables) for name, variables in images.items()}
    stack = SimpleNamespace(
        containers=lambda name="": [one for one in containers if name in ("", one.service)],
        images=lambda ids: {one: here[one] for one in ids if one in here},
        image=here.get,
    )
    return SimpleNamespace(stack=stack, postgres_service="postgres", choice=DatabaseChoice("postgres"))


def _part(service: str, old: str, new: str, way_back: str = "") -> ServicePlan:
    return ServicePlan(service, "recreate", "it keeps data", old, new, "", way_back=way_back)


def _settle(host: Any, part: ServicePlan, *older: str, before: str = _OLD) -> DataBack:
    plan = cast("Any", SimpleNamespace(services=(part,), postgres_service="postgres", postgres_also=()))
    begun = cast("Any", [SimpleNamespace(kind=StepKind.ROLL, service=part.service)])
    return settle_data(host, plan, begun, {"running": {part.service: before}}, older)


def test_a_newer_version_stays_where_the_older_cannot_read() -> None:
    """It keeps running, and what `docker compose up -d` would do until the next upgrade is said."""
    part = _part("cache", "valkey/valkey:8.1", "valkey/valkey:9.0")
    found = _settle(_host(_container("cache", "valkey/valkey:9.0", _NEW), old={}, new={}), part)
    ((service, why),) = found.stay
    assert service == "cache"
    assert "Valkey 9.0 writes RDB version 80, and Valkey 8.1 reads up to 11" in why
    assert "`docker compose up -d` would start Valkey 8.1 on this data" in why
    assert "--older cache" in why
    assert found.consent == ()


def test_the_images_tell_more_than_the_tags() -> None:
    """`latest` on both sides, by what the images set themselves: 8.1.4 cannot read what 9.0.1 wrote."""
    part = _part("cache", "valkey:latest", "valkey:latest")
    running = _container("cache", "valkey:latest", _NEW)
    told = _host(running, old={"VALKEY_VERSION": "8.1.4"}, new={"VALKEY_VERSION": "9.0.1"})
    assert "Valkey 8.1.4" in _settle(told, part).stay[0][1]
    alike = _host(running, old={"VALKEY_VERSION": "8.1.4"}, new={"VALKEY_VERSION": "8.1.6"})
    assert _settle(alike, part).stay == ()


def test_it_goes_back_where_that_is_known_to_work() -> None:
    """From 8.1 to 8.0, which read the same format; the note says that the data itself stays."""
    part = _part("cache", "valkey:8.0", "valkey:8.1")
    found = _settle(_host(_container("cache", "valkey:8.1", _NEW), old={}, new={}), part)
    assert (found.stay, found.consent) == ((), ())
    assert found.notes == (
        "cache goes back to Valkey 8.0; its data does not, and Valkey 8.0 reads it (both write RDB version 11).",
    )


def test_nothing_is_said_where_the_newer_never_ran() -> None:
    """The step was begun and cut off before it replaced the container."""
    part = _part("cache", "valkey:8.1", "valkey:9.0")
    assert _settle(_host(_container("cache", "valkey:8.1", _OLD), old={}), part) == DataBack()


def test_one_that_does_not_serve_is_a_question() -> None:
    """To leave a broken service is no way back: the operator has to agree that the older starts on its data."""
    part = _part("cache", "valkey:8.1", "valkey:9.0")
    host = _host(_container("cache", "valkey:9.0", _NEW, "unhealthy"), old={}, new={})
    ((flag, text),) = _settle(host, part).consent
    assert flag == "--older cache"
    assert text.startswith("cache does not serve with Valkey 9.0, and going back starts Valkey 8.1 on its data")
    agreed = _settle(host, part, "cache")
    assert (agreed.consent, agreed.stay) == ((), ())
    assert "as you wish" in agreed.notes[0]
    with pytest.raises(RefusedError, match="did not roll a service of that name"):
        _settle(host, part, "web")


def test_an_unknown_service_goes_back_and_its_volume_does_not() -> None:
    """The plan's words are repeated when it is rolled back."""
    part = _part("files", "acme/files:1", "acme/files:2", "is recreated again; its data in uploads does not go back")
    found = _settle(_host(_container("files", "acme/files:2", _NEW), old={}, new={}), part)
    assert found.stay == ()
    assert found.notes == ("files is recreated again; its data in uploads does not go back.",)


def test_the_plan_says_it_beforehand() -> None:
    """By service, with the volume that the snapshot holds; nothing of a service whose image stays."""
    volume = {"type": "volume", "source": "uploads", "target": "/data"}
    socket = {"type": "bind", "source": "/var/run/docker.sock", "target": "/var/run/docker.sock"}
    services = {"files": {"volumes": [volume, socket]}, "cache": {}, "same": {"volumes": [volume]}}
    model = ComposeModel({}, {"services": services})
    host = _host(
        _container("files", "acme/files:1", _OLD),
        _container("cache", "valkey:8.1", _OLD),
        _container("same", "acme/same:1", _OLD),
        old={},
    )
    parts = [
        _part("files", "acme/files:1", "acme/files:2"),
        _part("cache", "valkey:8.1", "valkey:9.0"),
        _part("same", "acme/same:1", "acme/same:1"),
    ]
    planned, warnings = with_ways_back(host, parts, model, ("uploads",))
    ways = {part.service: part.way_back for part in planned}
    assert ways["files"] == "is recreated again; its data in uploads does not go back"
    assert ways["cache"].startswith("stays at Valkey 9.0; its data does not go back")
    assert ways["same"] == ""
    assert warnings[0] == (
        "In a rollback files is recreated again; its data in uploads does not go back. "
        "By hand: avnwizard snapshot restore --volume uploads."
    )
    assert len(warnings) == 2
