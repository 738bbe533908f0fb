"""Stacks that start seeded: the database volume is filled from a copy made once, not by seeding each time."""

import hashlib
import shutil
import subprocess
import time
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.practice import product
from tests.lab.engine import Lab
from tests.lab.images import fingerprint
from tests.lab.stack import LabStack

if TYPE_CHECKING:
    from collections.abc import Callable


def bring_up(lab: Lab, name: str, *, settings: dict[str, str] | None = None) -> LabStack:
    """A running stack at v1.5.0 with the seeded rows. What was left of the project before is removed."""
    folder = _prepared(lab)
    stack = LabStack.named(lab, name, settings=settings)
    _start(stack, folder)
    return stack


def reset(stack: LabStack) -> None:
    """The stack as `bring_up` gave it: the clone, the containers, the rows of v1.5.0, on the same ports."""
    _start(stack, _prepared(stack.lab))


def _start(stack: LabStack, folder: Path) -> None:
    stages: dict[str, Callable[[], object]] = {
        "remove": stack.remove,
        "clone": stack.make_clone,
        "volume": lambda: fill_volume(stack, folder),
        "compose up": lambda: stack.compose("up", "-d"),
        "ready": stack.wait_ready,
    }
    for name, work in stages.items():
        begun = time.monotonic()
        work()
        stack.times_s[name] = time.monotonic() - begun


def fill_volume(stack: LabStack, source: Path) -> None:
    """Create the postgres volume by Compose and copy the prepared data folder into it."""
    stack.compose("create", "postgres")
    name = f"{stack.project}_postgres_data"
    place = stack.lab.docker("volume", "inspect", "--format", "{{ .Mountpoint }}", name).stdout.strip()
    subprocess.run(["cp", "-a", "--reflink=auto", f"{source}/.", place], check=True, timeout=120)


def _prepared(lab: Lab) -> Path:
    with lab.paths.locked():
        folder = lab.paths.root / "prepared" / _fingerprint()
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _prepare(lab, folder)
        return folder / "data"


def _prepare(lab: Lab, folder: Path) -> None:
    stack = LabStack.named(lab, "seeding")
    stack.remove()
    stack.make_clone()
    stack.compose("up", "-d", "avnology-migrate", "kratos-migrate", "hydra-migrate", "keto-migrate", "polis")
    stack.compose("up", "-d", "--wait", "polis")
    stack.compose("wait", "avnology-migrate", "kratos-migrate", "hydra-migrate", "keto-migrate", check=False)
    script = product.seed_sql(stack.env_file()["HYDRA_SYSTEM_SECRET"])
    database = stack.states()["postgres"].id
    subprocess.run(
        [
            "docker",
            "exec",
            "-i",
            database,
            "psql",
            "-U",
            "avnology",
            "-d",
            "avnology",
            "-qv",
            "ON_ERROR_STOP=1",
        ],
        input=script,
        env=stack.env,
        check=True,
        text=True,
        capture_output=True,
        timeout=120,
    )
    stack.compose("stop", "polis")
    stack.compose("stop", "postgres")
    place = lab.docker(
        "volume", "inspect", "--format", "{{ .Mountpoint }}", f"{stack.project}_postgres_data"
    ).stdout.strip()
    folder.mkdir(parents=True)
    subprocess.run(["cp", "-a", place, str(folder / "data")], check=True, timeout=120)
    stack.remove()
    (folder / "complete").touch()


def _fingerprint() -> str:
    digest = hashlib.sha256(fingerprint().encode())
    for name in ("templates/10-databases.sql", "seed.sql"):
        digest.update((files("avnwizard.practice.product") / name).read_bytes())
    return digest.hexdigest()[:12]
