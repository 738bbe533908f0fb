"""Copies of snapshots off this host, by the tools that operators already have."""

from collections.abc import Mapping

from avnwizard.adapters.offsite.rclone import Rclone
from avnwizard.adapters.offsite.restic import Restic
from avnwizard.domain.offsite import Place
from avnwizard.ports.offsite import Offsite

__all__ = ["offsite"]


def offsite(place: Place, environment: Mapping[str, str]) -> Offsite:
    """The way to a place.

    Args:
        environment: what the tool needs on top of this process's environment, such as RESTIC_PASSWORD_FILE.
    """
    return Restic(place.where, environment) if place.tool == "restic" else Rclone(place.where, environment)
