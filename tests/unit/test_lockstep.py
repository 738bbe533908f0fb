"""Images that belong together: a pin that something outweighs, unlike numbers since Ory's unified numbering."""

import pytest

from avnwizard.domain.lockstep import Together, number_of, out_of_step

ORY = ("kratos", "hydra", "keto", "oathkeeper", "polis")


def _of(**versions: str) -> dict[str, str]:
    return {name: f"registry.test:5000/ory/{name}:{version}" for name, version in versions.items()}


OLD = _of(kratos="v1.3.1", hydra="v2.3.0", keto="v0.14.0", oathkeeper="v0.40.9", polis="v1.47.0")
NEW = _of(kratos="v25.4.0", hydra="v25.4.0", keto="v25.4.0", oathkeeper="v25.4.0", polis="v1.52.2")


def _said(found: Together, target: str = "") -> dict[str, str]:
    return {one.service: one.message for one in out_of_step(found, ORY, tag="v1.5.0", target=target)}


def test_in_step() -> None:
    """Before the unified numbering each has a number of its own; since then Polis may still have."""
    assert _said(Together(OLD, OLD, OLD, {})) == {}
    assert _said(Together(NEW, NEW, NEW, {})) == {}


def test_a_pin_that_something_outweighs() -> None:
    """An override names another image than the release pins; where that is the target's, it says so."""
    named = OLD | _of(hydra="v2.3.1")
    told = _said(Together(OLD, named, OLD, {}))
    assert told == {"hydra": f"hydra is set to {named['hydra']}; v1.5.0 pins {OLD['hydra']}."}
    assert "which is what v1.6.0 pins" in _said(Together(OLD, named, OLD, named), "v1.6.0")["hydra"]


def test_unlike_numbers() -> None:
    """One that was left behind runs alongside newer ones that were never tested with it."""
    running = NEW | _of(keto="v26.2.0", polis="v26.2.0")
    told = _said(Together(running, running, running, {}))
    assert sorted(told) == ["hydra", "kratos", "oathkeeper"]
    assert told["hydra"].startswith("hydra runs v25.4.0 alongside v26.2.0")


def test_unlike_numbers_in_the_target() -> None:
    """A release that moves one of Ory's services alone is named before it is upgraded to."""
    told = _said(Together(OLD, OLD, OLD, NEW | _of(keto="v26.2.0")), "v2.0.0")
    assert sorted(told) == ["hydra", "kratos", "oathkeeper"]
    assert told["hydra"].startswith("v2.0.0 pins hydra at v25.4.0 alongside v26.2.0")


@pytest.mark.parametrize(
    ("reference", "number"),
    [
        ("oryd/hydra:v2.3.0", (2, 3, 0)),
        ("oryd/hydra:v25.4.0-distroless", (25, 4, 0)),
        ("localhost:5000/hydra", ()),
        ("oryd/hydra:26.2@sha256:abc", (26, 2, 0)),
        ("oryd/hydra:latest", ()),
    ],
)
def test_the_number_in_a_reference(reference: str, number: tuple[int, ...]) -> None:
    """A port is no tag, and a suffix no part of the number."""
    assert number_of(reference) == number
