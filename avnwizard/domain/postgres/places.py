"""Addresses on a network of the engine: which ones are free below one that a server is to get again.

PgBouncer built with c-ares 1.31 or newer (Debian 13's 1.24.1 with c-ares 1.34) keeps a server's address for as long
as the name server says, whatever its `dns_max_ttl`: c-ares has a cache of its own since 1.31, and Docker's name
server says 600 s. A server that comes back at another address is out of reach for it until then, or until PgBouncer
is started again. Docker's bridge networks give a container the lowest free address (Engine 26.1), so the server gets
its own again where nothing below it is free.
"""

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from typing import Any

MOST = 16
"""So many addresses are held back at most, each by a container."""


def free_below(subnets: Sequence[Mapping[str, Any]], taken: Collection[str], wanted: str) -> int | None:
    """How many addresses of a network are free below one.

    Args:
        subnets: as `docker network inspect` has them ("IPAM", "Config").
        taken: addresses of containers, with or without the length of their prefix ("172.18.0.2/16").
        wanted: the address that is to be the lowest free one.

    Returns:
        None where it cannot be made so: it is in no subnet of the network, is taken, or too many are free.
    """
    used = {str(ipaddress.ip_interface(one).ip) for one in taken if one}
    address = ipaddress.ip_address(wanted)
    for one in subnets:
        pool = ipaddress.ip_network(str(one.get("IPRange") or one["Subnet"]), strict=False)
        if address not in ipaddress.ip_network(str(one["Subnet"]), strict=False) or address not in pool:
            continue
        if wanted in used:
            return None
        reserved = {
            str(one.get("Gateway") or ""),
            str(pool.network_address),
            *(one.get("AuxiliaryAddresses") or {}).values(),
        }
        first = int(pool.network_address)
        if int(address) - first > len(used) + len(reserved) + MOST:
            return None
        below = (str(type(address)(number)) for number in range(first, int(address)))
        found = sum(1 for each in below if each not in used and each not in reserved)
        return found if found <= MOST else None
    return None
