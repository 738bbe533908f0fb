"""A state folder in memory is known as one, by the kernel's list of mounts."""

from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.adapters.state.volatile import is_volatile
from avnwizard.flows.memory import memory
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host

_MOUNTS = """\
22 1 252:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:26 / /run rw,nosuid shared:5 - tmpfs tmpfs rw,size=800k
31 30 252:2 / /run/media\\040disk rw shared:6 - ext4 /dev/vdb1 rw
40 22 252:3 / /data rw - ext4 /dev/vdc1 rw
41 40 0:40 / /data rw - tmpfs tmpfs rw
a line that says nothing
"""


@pytest.mark.parametrize(
    ("folder", "volatile"),
    [
        ("/var/lib/avnwizard/s", False),
        ("/run/avnwizard/s", True),
        ("/runner/s", False),
        ("/run/media disk/s", False),
        ("/data/s", True),
    ],
)
def test_the_mount_below_decides(tmp_path: Path, folder: str, volatile: bool) -> None:
    """The deepest mount above the folder, and of two at one place the later one; names are unescaped."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(_MOUNTS)
    assert is_volatile(Path(folder), mounts) is volatile


def test_what_cannot_be_told_is_not_said(tmp_path: Path) -> None:
    """Without a list of mounts nobody is warned."""
    assert not is_volatile(tmp_path, tmp_path / "none")


def test_check_warns(practice_host: PracticeHost, tmp_path: Path) -> None:
    """Once, with what to do."""
    host = open_host(practice_host.project.directory)
    state = replace(host.state, pointer=tmp_path / "pointer", pointed=host.state.folder)
    kept, lost = (
        [one for one in memory(replace(host, state=replace(state, volatile=each))) if "reboot" in one.message]
        for each in (False, True)
    )
    assert kept == []
    assert [(one.level, one.hint) for one in lost] == [("warn", "Name a folder on a disk in AVNWIZARD_STATE_DIR.")]
