"""Which addresses of a network must be held so that a server gets its own again."""

import pytest

from avnwizard.domain.postgres.places import MOST, free_below

_NET = [{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]


@pytest.mark.parametrize(
    ("taken", "wanted", "free"),
    [
        (["172.18.0.2/16", "172.18.0.3/16"], "172.18.0.4", 0),
        (["172.18.0.3/16", ""], "172.18.0.5", 2),
        (["172.18.0.4/16"], "172.18.0.4", None),
        ([], "172.18.0.2", 0),
        ([], "172.18.9.2", None),
        ([], "172.19.0.2", None),
    ],
)
def test_counts_what_is_free_below(taken: list[str], wanted: str, free: int | None) -> None:
    """Neither the network's own address nor the gateway; a taken or far one, or another network's, cannot be had."""
    assert free_below(_NET, taken, wanted) == free


def test_a_range_and_reserved_addresses_are_minded() -> None:
    """Docker hands out the range alone, and no auxiliary address."""
    net = [{"Subnet": "10.5.0.0/24", "IPRange": "10.5.0.64/26", "AuxiliaryAddresses": {"router": "10.5.0.66"}}]
    assert free_below(net, [], "10.5.0.68") == 3 - 1
    assert free_below(net, [], "10.5.0.2") is None


def test_no_more_than_some() -> None:
    """Each takes a container."""
    assert free_below(_NET, [], f"172.18.0.{MOST + 2}") == MOST
    assert free_below(_NET, [], f"172.18.0.{MOST + 3}") is None
