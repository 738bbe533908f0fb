"""What was decided of services' data is asked once: `avnwizard.toml` keeps it."""

from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from avnwizard.domain.config import FILE_NAME
from avnwizard.domain.data_way import DataWay
from avnwizard.errors import HostError
from avnwizard.flows.host import Host


def remember(host: Host, ways: Mapping[str, DataWay]) -> str:
    """Write decisions below `[rollback.data]`; a sentence of where. "" where nothing was decided.

    Where git tracks the file, or it cannot be written, the sentence says what to write: the run goes on all the same.
    """
    if not ways:
        return ""
    lines = ", ".join(f'{tomlkit.key([name]).as_string()} = "{way}"' for name, way in ways.items())
    by_hand = f"To be asked no more, add to {FILE_NAME}, below [rollback.data]: {lines}"
    if host.repo.read("HEAD", FILE_NAME) is not None:
        return by_hand
    places = [folder / FILE_NAME for folder in (host.repo.directory, host.state.folder)]
    path = next((one for one in places if host.files.exists(one)), places[-1])
    try:
        if host.files.exists(path):
            host.files.write(path, _with(host.files.read(path), ways), mode=host.files.mode(path))
        else:
            host.files.write(path, _with(b"", ways))
    except (HostError, TOMLKitError):
        return by_hand
    return f"{path} keeps, below [rollback.data]: {lines}"


def _with(text: bytes, ways: Mapping[str, DataWay]) -> bytes:
    document = tomlkit.parse(text)
    rollback = _table(document, "rollback")
    data = _table(rollback, "data")
    for name, way in ways.items():
        data[name] = way
    return tomlkit.dumps(document).encode()


def _table(parent: Any, name: str) -> Any:
    if name not in parent:
        parent[name] = tomlkit.table()
    return parent[name]
