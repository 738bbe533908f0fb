"""A database's image that was pulled is of the major of its data, whatever its tag says."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.domain.host import Image
from avnwizard.domain.plan import ServicePlan
from avnwizard.errors import StepError
from avnwizard.flows.stack.same_major import require_same_major


def _look(old: dict[str, str], new: dict[str, str], reference: str = "acme/store:latest") -> None:
    before = Image("sha256:old", "sha256:old", "", 1, old)
    host = cast("Any", SimpleNamespace(stack=SimpleNamespace(images=lambda _: {"sha256:old": before})))
    part = ServicePlan("store", "recreate", "", "acme/store:latest", "acme/store:latest", "")
    snapshot = SimpleNamespace(not_held=())
    plan = cast(
        "Any", SimpleNamespace(postgres_service="store", postgres_also=(), services=(part,), snapshot=snapshot)
    )
    require_same_major(host, plan, Image(reference, "sha256:new", "", 1, new), {"store": "sha256:old"})


def test_another_major_is_refused_before_anything_serves_it() -> None:
    """`latest` moved from 17 to 18: the tag says nothing, the image does."""
    with pytest.raises(StepError, match="is PostgreSQL 18, and the data of store is of PostgreSQL 17"):
        _look({"PG_MAJOR": "17"}, {"PG_MAJOR": "18"})


def test_the_same_or_an_unknown_one_is_taken() -> None:
    """Nothing is refused on a guess, nor for another service's image."""
    _look({"PG_MAJOR": "17"}, {"PG_MAJOR": "17"})
    _look({}, {"PG_MAJOR": "18"})
    _look({"PG_MAJOR": "17"}, {"PG_MAJOR": "18"}, "acme/web:latest")
