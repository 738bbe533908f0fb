"""A balancer that is steered by three commands: what they are given, how they are bounded, and what is believed."""

from pathlib import Path

import pytest

from avnwizard.adapters.balancer import CommandBalancer
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.errors import HostError

_STATUS = """#!/bin/sh
one() { w=$(cat %(at)s/$1); m=ready; [ "$w" = 0 ] && m=drain
printf '{"server": "%%s", "mode": "%%s", "weight": %%s}' $1 $m $w; }
printf '['; one a; printf ', '; one b; printf ']'
"""


@pytest.fixture
def at(tmp_path: Path) -> CommandBalancer:
    """Two servers whose weights lie in files."""
    for name in ("a", "b"):
        (tmp_path / name).write_text("100")
    scripts = {
        "weight": f'#!/bin/sh\necho "$AVNWIZARD_STACK $#" >> {tmp_path}/log\n'
        f'echo "$AVNWIZARD_WEIGHT" > {tmp_path}/$AVNWIZARD_SERVER\n',
        "drain": f"#!/bin/sh\necho 0 > {tmp_path}/$AVNWIZARD_SERVER\n",
        "status": _STATUS % {"at": tmp_path},
    }
    for name, text in scripts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return CommandBalancer(_section(tmp_path))


def _section(folder: Path, **other: str) -> FleetSection:
    names = {key: (other.get(key, str(folder / key)),) for key in ("weight", "drain", "status")}
    return FleetSection(
        driver="command",
        stacks={"blue": "/srv/a", "green": "/srv/b"},
        servers={"blue": "a", "green": "b"},
        set_weight=names["weight"],
        drain=names["drain"],
        status=names["status"],
        timeout_s=1.0,
    )


def test_it_is_steered(at: CommandBalancer, tmp_path: Path) -> None:
    """Out, in by a part, whole, and one alone; the server is in the environment, and no word is added."""
    at.drain("green")
    assert [one.takes_requests for one in at.look()] == [True, False]
    at.weight("green", 10)
    at.ready("green")
    assert [one.weight for one in at.look()] == [100, 10]
    at.drain("green")
    at.ready("green")
    assert [one.weight for one in at.look()] == [100, 100]
    at.only("green")
    assert [one.weight for one in at.look()] == [0, 100]
    assert set((tmp_path / "log").read_text().splitlines()) == {"green 0"}


def test_commands_that_fail(at: CommandBalancer, tmp_path: Path) -> None:
    """One that ends badly, one that never ends and one that is not there: an error that names the setting."""
    (tmp_path / "drain").write_text("#!/bin/sh\necho no such server\nexit 3\n")
    with pytest.raises(HostError, match=r"\[fleet\] drain failed: ended with exit code 3: no such server"):
        at.drain("green")
    (tmp_path / "drain").write_text("#!/bin/sh\nsleep 60\n")
    with pytest.raises(HostError, match=r"\[fleet\] drain failed"):
        at.drain("green")
    with pytest.raises(HostError, match=r"\[fleet\] status failed"):
        CommandBalancer(_section(tmp_path, status="/no/such")).look()
