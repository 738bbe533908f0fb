"""The stand-in images: which roles there are, by release, and the layers that make a role's image."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avnwizard.practice import product
from avnwizard.practice.product.migrations import migrations_table
from avnwizard.practice.product.releases import image_name
from tests.lab.layers import Layer, layer_of, write_tree
from tests.lab.registry import Image

_REPO = Path(__file__).parents[2]
_PROGRAM = ("tests/lab/standin",)
_EMPTY = ("tests", "tests/lab")


@dataclass(frozen=True, slots=True)
class StandIn:
    """A stand-in image: its repository, its tag, and what its role file says."""

    repository: str
    tag: str
    role: dict[str, Any]

    @property
    def role_text(self) -> str:
        """The role file."""
        return json.dumps(self.role, sort_keys=True, indent=1)


def stand_in(service_name: str, tag: str, *, broken: bool = False, build: str = "") -> StandIn:
    """The stand-in image of a service as of a release; a `broken` one never becomes ready (a job: fails)."""
    known = product.service(service_name)
    runtime = product.runtime(service_name, tag)
    serving = image_name(service_name)
    role: dict[str, Any] = {
        "service": service_name,
        "version": runtime.version,
        "build": build or f"{serving}:{runtime.version}",
        "ports": known.ports,
        "requires": runtime.requires,
        "dsn_variable": known.dsn_variable,
        "table": migrations_table(serving),
        "broken": broken,
    }
    if runtime.schema is not None:
        role |= {"needs": runtime.schema.needs, "reads": runtime.schema.reads}
    if serving in {"kratos", "hydra", "keto", "polis"}:
        found = product.ory_migrations(serving, runtime.version)
        role |= {"migrations": [(each.name, each.sql) for each in found]}
    role |= {"boot_migrations": serving == "polis", "sealed_rows": service_name == "hydra"}
    return StandIn(serving, runtime.version, role)


def all_stand_ins() -> Iterator[StandIn]:
    """Every stand-in image of every release once; an Ory one-shot runs its service's image."""
    seen = set()
    for release in product.LAB_RELEASES:
        for known in product.SERVICES:
            one_shot_of_ory = known.name != image_name(known.name) and known.ory
            if not known.stand_in or one_shot_of_ory:
                continue
            image = stand_in(known.name, release.tag)
            if (image.repository, image.tag) not in seen:
                seen.add((image.repository, image.tag))
                yield image


def program_files() -> dict[str, str]:
    """The stand-in's program as it lies in its images, below `opt/lab`."""
    files = {f"opt/lab/{folder}/__init__.py": "" for folder in _EMPTY}
    for place in _PROGRAM:
        source = _REPO / place
        for path in sorted(source.glob("*.py")) if source.is_dir() else [source]:
            files[f"opt/lab/{path.relative_to(_REPO)}"] = path.read_text("utf-8")
    return files


def image_of(stand_in_image: StandIn, below: tuple[Layer, ...], work: Path) -> Image:
    """Put the image together: what is below, then a layer with its role file."""
    name = f"role-{stand_in_image.repository}-{stand_in_image.tag}"
    tree = write_tree(work / name, {"standin/role.json": stand_in_image.role_text})
    layer = layer_of(tree, work, name)
    config = {
        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "PYTHONPATH=/opt/lab", "PYTHONDONTWRITEBYTECODE=1"],
        "Entrypoint": ["python3", "-m", "tests.lab.standin"],
        "Cmd": ["serve"],
        "WorkingDir": "/",
        "Labels": {
            "org.opencontainers.image.title": stand_in_image.repository,
            "org.opencontainers.image.version": stand_in_image.tag,
        },
    }
    return Image(stand_in_image.repository, stand_in_image.tag, (*below, layer), config)
