"""The secret as this stack has it: where it is written, what it is now, and who reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from avnwizard.domain.compose.env_readers import whole_file_readers
from avnwizard.domain.compose.reads import Changed, mounted_paths
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.domain.rotation import places
from avnwizard.domain.rotation.kinds import Kind
from avnwizard.domain.rotation.lists import read_list, written_list
from avnwizard.domain.rotation.places import Place
from avnwizard.domain.secret import Secret
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.host import Host
from avnwizard.flows.stack.survey import read_env

_HYDRAS = "SECRETS_SYSTEM"
_DYNAMIC = "OIDC_DYNAMIC_CLIENT_REGISTRATION_ENABLED"
_EXPLAINED = {
    "kratos": "Without SECRETS_COOKIE and SECRETS_DEFAULT Kratos makes a secret at each start: each restart signs "
    "everybody out, and two containers never agree. Set SECRETS_COOKIE first."
}


@dataclass(frozen=True)
class Found:
    """One secret of the stack.

    Attributes:
        setting: the service's own name for it, such as "SECRETS_SYSTEM".
        current: the list that the files say now, which is what runs.
        database: the service's own.
        cookie: whether the service has a secret for its cookies alone.
        dynamic: whether clients may manage themselves by registration tokens, or a configuration file may say so.
    """

    setting: str
    place: Place
    current: tuple[Secret, ...] = field(repr=False)
    database: str
    cookie: bool
    dynamic: bool
    model: ComposeModel = field(repr=False)


def find(host: Host, kind: Kind) -> Found:
    """Look it up.

    Raises:
        RefusedError: the stack has none, or it is written where it cannot be followed to.
    """
    model, env = host.stack.resolve(), read_env(host)
    texts = [host.files.read(file).decode("utf-8", "replace") for file in host.stack.project.files]
    passing_on = passing(host, texts, env)
    if kind.what == "cookie":
        return _cookie(host, model, texts)
    raw = _without_others(model, kind)
    setting = next((one for one in kind.settings if places.services_with(raw, one)), "")
    if not setting:
        raise RefusedError(
            f"No service of this stack has {kind.title} ({' or '.join(kind.settings)}). Nothing was changed.",
            _EXPLAINED.get(kind.what, "Look at: docker compose config"),
        )
    place = places.find(texts, raw, setting, env_file=host.stack.project.env_file, passing=passing_on)
    first = place.services[0]
    value = places.value_of(raw, first, setting) if place.variable else _alone(host, place)
    database = places.database_of(raw, first)
    cookie = bool(places.value_of(raw, first, "SECRETS_COOKIE"))
    return Found(setting, place, read_list(value), database, cookie, _is_dynamic(model.raw, first), model)


def _cookie(host: Host, model: ComposeModel, texts: Sequence[str]) -> Found:
    """Hydra's secret for cookies alone, which may be empty until now; it must have a way into the service."""
    hydras = places.services_with(model.raw, _HYDRAS)
    setting = "SECRETS_COOKIE"
    given = tuple(name for name in hydras if setting in (model.raw["services"][name].get("environment") or {}))
    if not given:
        raise RefusedError(
            f"No Hydra of this stack is given {setting}. Nothing was changed.",
            f"Add `{setting}: ${{HYDRA_COOKIE_SECRET:-}}` to its environment in an override file and start it with "
            "that. Then give the command again.",
        )
    place = places.find(texts, model.raw, setting, env_file=host.stack.project.env_file, among=given)
    first = place.services[0]
    value = places.value_of(model.raw, first, setting) if place.variable else _alone(host, place)
    return Found(setting, place, read_list(value), "", bool(value), False, model)


def _is_dynamic(raw: Mapping[str, Any], service: str) -> bool:
    """Hydra gives every client a registration token, and accepts them only with this setting (off by default)."""
    body = raw["services"][service]
    told = places.value_of(raw, service, _DYNAMIC)
    words = [str(word) for word in body.get("command") or ()]
    by_file = any(word.startswith(("-c", "--config")) for word in words)
    return told.lower() in {"true", "1"} or (by_file and not told)


def _without_others(model: ComposeModel, kind: Kind) -> dict[str, object]:
    """The model without other products' services that have a setting of the same name: Hydra has cookies too."""
    if _HYDRAS in kind.settings:
        return model.raw
    hydras = places.services_with(model.raw, _HYDRAS)
    services = {name: body for name, body in model.raw["services"].items() if name not in hydras}
    return {**model.raw, "services": services}


def passing(host: Host, texts: Sequence[str], env: EnvFile) -> tuple[str, ...]:
    """The services that are given the env file as a whole."""
    project = host.stack.project
    files = frozenset({str(project.env_file), str(project.env_file.resolve())})
    found: set[str] = set()
    for text in texts:
        found.update(
            whole_file_readers(text, directory=str(project.directory), env_files=files, values=env.as_dict())
        )
    return tuple(sorted(found))


def content_with(host: Host, place: Place, secrets: Sequence[Secret]) -> bytes:
    """The file as it will be, with these secrets; everything else in it stays, byte by byte.

    Raises:
        RefusedError: they cannot be written there.
    """
    value = written_list(secrets)
    if place.variable:
        return EnvFile.parse(env_bytes(host)).with_value(place.variable, value).to_bytes()
    end = b"\n" if host.files.read(place.file).endswith(b"\n") else b""
    return value.encode() + end


def written_now(host: Host, place: Place) -> tuple[Secret, ...]:
    """The list in the file at this moment; () where the variable is not set in it.

    Raises:
        HostError: the file cannot be read.
    """
    if place.variable:
        return read_list(EnvFile.parse(env_bytes(host)).get(place.variable) or "")
    return read_list(_alone(host, place))


def _alone(host: Host, place: Place) -> str:
    try:
        return host.files.read(place.file).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise HostError(f"{place.shown} is no text.", "Look at it by hand.") from error


def readers(host: Host, found: Found, secrets: Sequence[Secret]) -> dict[str, Changed]:
    """Service -> what changes for it, for every service of the stack.

    Who reads the secret is not guessed from names: the stack's model is made with the old value and with the new one,
    and what differs is what reads it.

    Raises:
        RefusedError: another file or variable outweighs this place.
    """
    if not found.place.variable:
        file = str(found.place.file)
        seen = {name: file in mounted_paths(found.model.raw, name) for name in found.model.services}
        return {name: Changed(copied=("its secret",)) if reads else Changed() for name, reads in seen.items()}
    texts = [host.files.read(file).decode("utf-8", "replace") for file in host.stack.project.files]
    whole = passing(host, texts, read_env(host))
    after = model_with(host, found, secrets)
    expected = written_list(secrets)
    for name in found.place.services:
        if name not in whole and places.value_of(after.raw, name, found.setting) != expected:
            raise RefusedError(
                f"{found.setting} of {printable(name)} does not follow {found.place.shown}. Nothing was changed.",
                "Look for what outweighs it: an override file, or a variable of this shell.",
            )
    return {
        name: Changed(seen=("its secret",))
        if name in whole or after.raw["services"].get(name) != found.model.raw["services"].get(name)
        else Changed()
        for name in found.model.services
    }


def model_with(host: Host, found: Found, secrets: Sequence[Secret]) -> ComposeModel:
    """The stack's model with these secrets; they touch no disk."""
    with host.files.in_memory(content_with(host, found.place, secrets)) as env:
        return host.stack.resolve((), env)
