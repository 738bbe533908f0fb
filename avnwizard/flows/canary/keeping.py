"""What the canary holds, in a private file of the state's folder: passwords and tokens, which no other place has."""

from dataclasses import dataclass, field
from pathlib import Path

from avnwizard.domain.typed import Typed
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host

NAME = "canary.json"


@dataclass
class Held:
    """What was issued before a run, to be used again after it; "" for nothing.

    Attributes:
        run: that run.
        access_until: when the access token expires, seconds since the epoch.
    """

    run: str = ""
    session: str = field(default="", repr=False)
    access: str = field(default="", repr=False)
    access_until: float = 0.0
    refresh: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)


@dataclass
class Kept:
    """The canary's accounts and tokens.

    Attributes:
        identity: its id at Kratos, "" where there is none.
        client: its id at Hydra, "" where there is none.
        grant: the refresh token that each round uses.
        spare: one that waits until it is held through a run.
        refreshing: whether a refresh was asked for and no answer was written down: the grant may be used up.
        made_at: when it was set up, seconds since the epoch.
    """

    made_at: float
    identity: str = ""
    identifier: str = ""
    password: str = field(default="", repr=False)
    client: str = ""
    secret: str = field(default="", repr=False)
    grant: str = field(default="", repr=False)
    spare: str = field(default="", repr=False)
    refreshing: bool = False
    held: Held = field(default_factory=Held, repr=False)


_ADAPTER: Typed[Kept] = Typed(Kept)


def place(host: Host) -> Path:
    """The file."""
    return host.state.folder / NAME


def is_set_up(host: Host) -> bool:
    """Whether there is a canary."""
    return host.files.exists(place(host))


def load(host: Host) -> Kept:
    """Read it.

    Raises:
        RefusedError: no canary is set up, or its file cannot be read.
    """
    if not is_set_up(host):
        raise RefusedError("No canary is set up.", "avnwizard canary setup")
    try:
        return _ADAPTER.adapter.validate_json(host.files.read(place(host)))
    except ValueError:
        raise RefusedError(
            f"{place(host)} cannot be read as what a canary keeps.", "Set it up again: avnwizard canary setup"
        ) from None


def save(host: Host, kept: Kept) -> None:
    """Write it, durably and privately."""
    host.files.make(host.state.folder)
    host.files.write(place(host), _ADAPTER.adapter.dump_json(kept))


def forget(host: Host) -> None:
    """Remove the file."""
    host.files.remove(place(host))
