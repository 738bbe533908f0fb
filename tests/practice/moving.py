"""What an operator does by hand between two releases, for tests that need the stack elsewhere."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from avnwizard.domain.host import Container
from avnwizard.practice.host import PracticeHost

_DEADLINE_S = 30.0


def move(host: PracticeHost, tag: str) -> None:
    """`git fetch --tags && git checkout -f TAG`."""
    for arguments in (["fetch", "-q", "--tags"], ["checkout", "-q", "-f", tag]):
        _git(host.project.directory, *arguments)


def edit_env(host: PracticeHost, change: Callable[[str], str]) -> None:
    """Rewrite `.env.production`."""
    text = host.project.env_file.read_text(encoding="utf-8")
    host.project.env_file.write_text(change(text), encoding="utf-8")


def move_to_v2(host: PracticeHost) -> None:
    """The checkout and the env file of v2.0.0, all of its images here, nothing rolled."""
    move(host, "v2.0.0")
    edit_env(
        host, lambda text: text.replace("\nSMTP_URL=", "\nCOURIER_SMTP_URL=") + f"GATEWAY_SIGNING_SECRET={'5' * 64}\n"
    )
    pull_all(host)


def pull_all(host: PracticeHost) -> None:
    """Every image of the checkout's compose file."""
    for reference in sorted({service.image for service in host.stack.resolve().services.values()}):
        host.stack.pull(reference, lambda _line: None)


def the(host: PracticeHost, service: str) -> Container:
    """The only container of a service."""
    (found,) = [each for each in host.stack.containers() if each.service == service]
    return found


def settled(host: PracticeHost, service: str, *, until: Callable[[Container], bool]) -> Container:
    """The only container of a service once `until` holds for it."""
    deadline = time.monotonic() + _DEADLINE_S
    while not until(found := the(host, service)):
        assert time.monotonic() < deadline, f"{service} is still {found.state} and {found.health}"
        time.sleep(0.002)
    return found


def run_job(host: PracticeHost, service: str) -> Container:
    """`up` a one-shot and wait for its end."""
    host.stack.up(service)
    return settled(host, service, until=lambda each: each.state == "exited")


def migrate_to_v2(host: PracticeHost) -> None:
    """Run the one-shots of the checkout's release."""
    for job in ("avnology-migrate", "kratos-migrate", "hydra-migrate", "keto-migrate"):
        assert run_job(host, job).exit_code == 0, host.stack.logs(the(host, job).id, lines=5)


def _git(directory: Path, *arguments: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env={**env, "GIT_CONFIG_GLOBAL": os.devnull},
        check=True,
        capture_output=True,
    )
