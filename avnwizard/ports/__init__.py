"""What the flows need of the world, as Protocols; adapters and the practice host stand behind them.

Every method raises `avnwizard.errors.HostError` (message, hint, no secret in either) when the world refuses.
"""

from avnwizard.ports.clusters import Clusters, HeldRows
from avnwizard.ports.database import ContainerCommand, Database, Moment, PostgresAccess, ToolCommand
from avnwizard.ports.edge import Edge
from avnwizard.ports.image_archive import ImageArchive
from avnwizard.ports.machine import Clock, Files
from avnwizard.ports.platform import Compose, Platform
from avnwizard.ports.probing import EdgeProbe, ProbeRun
from avnwizard.ports.progress import Progress
from avnwizard.ports.rehearsals import Rehearsals
from avnwizard.ports.sealed_rows import SealedRows
from avnwizard.ports.sql import SqlReader
from avnwizard.ports.stack import Repo, Stack
from avnwizard.ports.volumes import Volumes

__all__ = [
    "Clock",
    "Clusters",
    "Compose",
    "ContainerCommand",
    "Database",
    "Edge",
    "EdgeProbe",
    "Files",
    "HeldRows",
    "ImageArchive",
    "Moment",
    "Platform",
    "PostgresAccess",
    "ProbeRun",
    "Progress",
    "Rehearsals",
    "Repo",
    "SealedRows",
    "SqlReader",
    "Stack",
    "ToolCommand",
    "Volumes",
]
