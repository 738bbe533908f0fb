"""The product that is practised on: a made-up Avnology ID as a git repository, with facts on each release.

The lab's stand-in images and the practice host are both built from this one set of data.
"""

from avnwizard.practice.product.cipher import UnreadableRowError, open_sealed, seal
from avnwizard.practice.product.migrations import Migration, avnology_migrations, ory_migrations
from avnwizard.practice.product.operator_env import HARMLESS_EDIT, operator_env
from avnwizard.practice.product.releases import LAB_RELEASES, RELEASES, Release, release
from avnwizard.practice.product.repository import EdgePorts, build_remote, clone_for_operator
from avnwizard.practice.product.runtime import Runtime, SchemaNeed, runtime
from avnwizard.practice.product.seed import SEEDED_ROWS, seed_sql
from avnwizard.practice.product.services import SERVICES, Kind, Service, service

__all__ = [
    "HARMLESS_EDIT",
    "LAB_RELEASES",
    "RELEASES",
    "SEEDED_ROWS",
    "SERVICES",
    "EdgePorts",
    "Kind",
    "Migration",
    "Release",
    "Runtime",
    "SchemaNeed",
    "Service",
    "UnreadableRowError",
    "avnology_migrations",
    "build_remote",
    "clone_for_operator",
    "open_sealed",
    "operator_env",
    "ory_migrations",
    "release",
    "runtime",
    "seal",
    "seed_sql",
    "service",
]
