"""Since when a secret stands that avnwizard never rotated, as far as anything on this host can tell.

Nothing says when a secret was written. If it stood at some moment, it is at least that old.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import Container
from avnwizard.domain.plain import printable
from avnwizard.domain.rotation.kinds import YEAR_S, Kind
from avnwizard.domain.rotation.lists import read_list
from avnwizard.domain.rotation.logins import logins
from avnwizard.domain.rotation.tally import day
from avnwizard.domain.secret import Secret
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.rotate.finding import find
from avnwizard.flows.stack.run_folder import ENV_BEFORE
from avnwizard.flows.stack.survey import read_env

_RUNS = 50
"""So many runs are asked for the env file that they kept, the oldest of them."""


@dataclass(frozen=True)
class Standing:
    """The earliest moment at which a secret is known to have stood, and by what: a clause."""

    since: float
    by: str

    def sentence(self, now: float) -> str:
        """For `check` and the screen."""
        said = f"avnwizard never rotated it; it has stood since {day(self.since)} at least: {self.by}."
        return f"{said} The guide says to rotate it yearly." if now - self.since >= YEAR_S else said


class Clues:
    """The containers and the kept env files that show the age of several secrets, looked up once."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @cached_property
    def made(self) -> tuple[Container, ...]:
        """The containers that were made from what the files say today: they have the hash that Compose gives."""
        hashes = self._host.stack.config_hashes()
        found = self._host.stack.containers()
        return tuple(one for one in found if not one.one_off and one.config_hash == hashes.get(one.service))

    @cached_property
    def kept(self) -> tuple[tuple[str, float, Mapping[str, str]], ...]:
        """(run, when it was made, the env file as it found it), the oldest first."""
        if not self._host.files.exists(self._host.state.journal):
            return ()
        runs = sorted(self._host.journal().runs(), key=lambda one: one.created_at)[:_RUNS]
        places = ((run, self._host.state.run(run.id) / ENV_BEFORE) for run in runs)
        return tuple(
            (run.id, run.created_at, EnvFile.parse(self._host.files.read(place)).as_dict())
            for run, place in places
            if self._host.files.exists(place)
        )


def of_secret(host: Host, kind: Kind, clues: Clues) -> Standing | None:
    """Of one of the secrets that services share; None where nothing shows it, or it cannot be followed."""
    try:
        found = find(host, kind)
    except WizardError:
        return None
    if not found.current:
        return None
    variable, value = found.place.variable, found.current
    return _earliest(
        partial(_of_file, host, found.place.file),
        partial(_of_runs, clues, lambda env: bool(variable) and read_list(env.get(variable, "")) == value),
        partial(_of_containers, clues, found.place.services if variable else ()),
        partial(_of_keys, host, found.database if kind.counted else "", value[0]),
    )


def of_password(host: Host, role: str, clues: Clues) -> Standing | None:
    """Of the password by which services sign in as a role; None where nothing shows it."""
    try:
        env, model = read_env(host), host.stack.resolve()
        texts = [host.files.read(file).decode("utf-8", "replace") for file in host.stack.project.files]
        ways = logins(texts, model.raw, role, host.postgres_service)
    except WizardError:
        return None
    variables = {one.variable for one in ways}
    values = {name: env.get(name) for name in variables}
    if not variables or not all(values.values()):
        return None
    return _earliest(
        partial(_of_file, host, host.stack.project.env_file),
        partial(_of_runs, clues, lambda old: all(old.get(name) == value for name, value in values.items())),
        partial(_of_containers, clues, tuple(sorted({one.service for one in ways}))),
    )


def _earliest(*sources: Callable[[], Iterator[Standing]]) -> Standing | None:
    found: list[Standing] = []
    for source in sources:
        with contextlib.suppress(WizardError):  # one that cannot tell
            found.extend(source())
    return min(found, key=lambda one: one.since, default=None)


def _of_file(host: Host, file: Path) -> Iterator[Standing]:
    yield Standing(host.files.modified_at(file), "its file has not changed since")


def _of_runs(clues: Clues, is_same: Callable[[Mapping[str, str]], bool]) -> Iterator[Standing]:
    """Runs keep the env file as they found it."""
    for run, created_at, env in clues.kept:
        if is_same(env):
            yield Standing(created_at, f"run {run} found it in the env file")
            return


def _of_containers(clues: Clues, services: tuple[str, ...]) -> Iterator[Standing]:
    for one in clues.made if services else ():
        if one.service in services:
            yield Standing(one.created_at, f"{printable(one.service, limit=63)}'s container was made with it")


def _of_keys(host: Host, database: str, secret: Secret) -> Iterator[Standing]:
    if database and (made_at := host.database().sealed_rows(database).oldest_key(secret)):
        yield Standing(made_at, "a signing key from then is sealed under it")
