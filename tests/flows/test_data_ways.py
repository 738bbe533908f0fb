"""What a rollback does with a service's data, as decided before the upgrade: put back, emptied, or left running."""

import tarfile
from pathlib import Path

from avnwizard.domain.config import FILE_NAME
from avnwizard.errors import ExitCode
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import answer_all, avnwizard
from tests.flows.test_going_back import stack, upgraded

__all__ = ["stack"]
"""The fixture is used by its name."""


def _decide(stack: Path, way: str) -> None:
    (stack / FILE_NAME).write_text(f'[rollback.data]\nvalkey = "{way}"\n[snapshot]\nimages = "always"\n')


def _volume(host: PracticeHost) -> Path:
    return host.home / "volumes" / "valkey_data"


def _files(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_the_data_goes_back_to_its_copy(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """Exactly: what the newer version changed or brought is gone from the volume, and set aside whole.

    The image that ran before was pruned and its registry lost it: it is loaded from the file of saved images.
    A damaged copy stops the rollback before the volume is touched; once the copy is whole, the rollback goes on.
    """
    _decide(stack, "copy")
    volume = _volume(practice_host)
    before = {"dump.rdb": "of 8.0", "gone.rdb": "too"}
    ran = next(one.image_id for one in practice_host.stack.containers() if one.service == "valkey")
    volume.mkdir(parents=True, exist_ok=True)
    for name, text in before.items():
        (volume / name).write_text(text)
    said = upgraded(stack, tmp_path)
    assert "Copy the data of valkey" in said.err
    (volume / "dump.rdb").write_text("of 8.1")
    (volume / "gone.rdb").unlink()
    (volume / "new.aof").write_text("of 8.1")
    newer = _files(volume)

    with practice_host.state.transaction() as db:
        db.execute("DELETE FROM image WHERE id = ?", (ran,))
        db.execute("DELETE FROM registry WHERE id = ?", (ran,))
    looked = avnwizard("rollback", "--stack", stack, "--dry-run")
    assert "images of valkey that ran before are gone from this host, and are loaded from a file" in looked.out
    assert "valkey goes back to the copy of its data that was made before the newer version started" in looked.out
    host = open_host(stack)
    (copy,) = host.state.run(host.journal().runs()[0].id).glob("data-valkey-0.tar")
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-1])
    damaged = avnwizard("rollback", "--stack", stack, "--yes")
    assert damaged.code == ExitCode.STEP_FAILED
    assert "The copy of the data of valkey is damaged or gone. Its data was not changed." in damaged.err
    assert _files(volume) == newer
    copy.write_bytes(whole)
    assert avnwizard("resume", "--stack", stack).code == ExitCode.DONE
    assert _files(volume) == before
    images = {one.service: one.image for one in practice_host.stack.containers()}
    assert images["valkey"].endswith(":8.0")
    assert ran in {one.image_id for one in practice_host.stack.containers()}
    (aside,) = (open_host(stack).state.folder / "kept-volumes").glob("*data-valkey-0.tar")
    assert _unpacked(aside, tmp_path / "aside") == newer


def _unpacked(archive: Path, to: Path) -> dict[str, str]:
    with tarfile.open(archive) as tar:
        tar.extractall(to, filter="data")
    return _files(to)


def test_a_cache_starts_empty(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """Dropped as was decided, and said before; forward its files stay."""
    _decide(stack, "drop")
    volume = _volume(practice_host)
    volume.mkdir(parents=True, exist_ok=True)
    (volume / "dump.rdb").write_text("of 8.0")
    upgraded(stack, tmp_path)
    assert (volume / "dump.rdb").read_text() == "of 8.0"
    looked = avnwizard("rollback", "--stack", stack, "--dry-run")
    assert "valkey starts with empty volumes: 1 volume (" in looked.out
    assert avnwizard("rollback", "--stack", stack, "--yes").code == ExitCode.DONE
    assert _files(volume) == {}


def test_a_run_that_stops_after_the_copy(practice_host: PracticeHost, stack: Path, tmp_path: Path) -> None:
    """Killed once the service was stopped: resumed it is copied and rolled; rolled back it serves on its data."""
    _decide(stack, "copy")
    volume = _volume(practice_host)
    answers = answer_all(stack, "v2.0.0", tmp_path / "answers.toml")
    fault = {"AVNWIZARD_FAULT": "copy:valkey:stop:after"}
    cut = avnwizard("upgrade", "--to", "v2.0.0", "--stack", stack, "--yes", "--answers", answers, env=fault)
    assert cut.code != ExitCode.DONE
    stopped = next(one for one in practice_host.stack.containers() if one.service == "valkey")
    assert stopped.state == "exited"
    (volume / "dump.rdb").write_text("of 8.0")
    back = avnwizard("rollback", "--stack", stack, "--yes")
    assert back.code == ExitCode.DONE, back.err
    again = next(one for one in practice_host.stack.containers() if one.service == "valkey")
    assert (again.id, again.is_serving) == (stopped.id, True)
    assert (volume / "dump.rdb").read_text() == "of 8.0"
