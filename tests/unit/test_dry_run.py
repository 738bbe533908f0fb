"""What Compose says in a dry run, as 2.26.1 and 2.40.3 printed it."""

from typing import Any

import pytest

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.dry_run import asked_apart, words_of, would_go

_SAID = """\
 DRY-RUN MODE -  Container demo-plain-1  Running
 DRY-RUN MODE -  Container demo-envf-1  Recreate
 DRY-RUN MODE -  Container demo-envf-1  Recreated
 DRY-RUN MODE -  Container 79417fd6278e_demo-envf-1  Starting
 DRY-RUN MODE -  Container 79417fd6278e_demo-envf-1  Started
  DRY-RUN MODE -  Could not find the file / in container dd57a0e40ebe_demo-inlc-1
 DRY-RUN MODE -  Container demo-job-1  Created
 DRY-RUN MODE -  Container demo-job-1  Starting
 DRY-RUN MODE -  Container demo-plain-2  Stopping
 DRY-RUN MODE -  Container demo-plain-2  Stopped
 DRY-RUN MODE -  Container demo-plain-2  Removing
"""


def test_every_container_has_its_words() -> None:
    """By its own name: the makeshift name of one that is being replaced is another container."""
    words = words_of(_SAID)
    assert {name for name, said in words.items() if would_go(said)} == {"demo-envf-1", "demo-plain-2"}
    assert words["demo-plain-1"] == {"Running"}
    assert words["demo-job-1"] == {"Created", "Starting"}
    assert "demo-inlc-1" not in words


def test_other_text_says_nothing() -> None:
    """Neither a warning nor an error is taken for what happens to a container."""
    assert words_of('time="…" level=warning msg="Found orphan containers ([demo-x-1])"\nno such service: y\n') == {}


def _after(*names: str) -> dict[str, Any]:
    return {"image": "i", "depends_on": {name: {"condition": "service_healthy"} for name in names}}


def _model(**services: dict[str, Any]) -> Any:
    return model_from_config({"name": "shop", "services": services})


def test_no_dry_run_has_a_service_with_what_it_depends_on() -> None:
    """It would wait half a second for each; what is not asked about is not waited for."""
    model = _model(db=_after(), pool=_after("db"), api=_after("pool", "db"), web=_after("api"), docs=_after())
    assert asked_apart(["web", "api", "db", "docs", "pool"], model) == (("db", "docs"), ("pool",), ("api",), ("web",))
    assert asked_apart(["web", "db"], model) == (("db", "web"),)


@pytest.mark.parametrize(
    "bound",
    [
        {"image": "i", "network_mode": "service:db"},
        {"image": "i", "depends_on": {"db": {"condition": "service_started", "restart": True}}},
    ],
    ids=["shares its network", "restarts with it"],
)
def test_what_goes_along_with_another_is_asked_with_it(bound: dict[str, Any]) -> None:
    """Compose replaces or restarts it then, and asked about alone it would not say so."""
    assert asked_apart(["side", "web", "db"], _model(db=_after(), side=bound, web=_after("db"))) == (
        ("db", "side", "web"),
    )


def test_a_service_that_the_files_do_not_know_is_asked_with_the_others() -> None:
    """Compose says what is wrong with it, as it would of an `up`."""
    assert asked_apart(["db", "gone"], _model(db=_after())) == (("db", "gone"),)
