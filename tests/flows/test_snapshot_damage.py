"""Damaged snapshots: every damage is found before anything is changed. Seeded, so that a failure can be repeated."""

import hashlib
import hmac
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from avnwizard.domain.snapshot import Manifest
from avnwizard.errors import HostError, RefusedError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.restore import planning as restoring
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.snapshot.seal import SEAL
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard
from tests.flows.in_process import restore, take

DAMAGES = TAMPERINGS = 100
SEED = 20261123


@dataclass(frozen=True)
class Taken:
    """A stack with one snapshot, a volume in it."""

    host: Host
    folder: Path

    def databases(self) -> list[str]:
        """What is on the server."""
        return [one.name for one in self.host.database().databases()]

    def copy(self, to: Path) -> Path:
        """The snapshot again, to be damaged."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.folder, to)
        return to


@pytest.fixture
def taken(practice_host: PracticeHost) -> Taken:
    """Taken on the practice stack, read back only: the proof has tests of its own."""
    host = open_host(practice_host.project.directory)
    return Taken(host, take(host, volumes=("minio_data",), proof="read back"))


def _flip(file: Path, chance: random.Random) -> str:
    data = bytearray(file.read_bytes())
    place, bit = chance.randrange(len(data)), chance.randrange(8)
    data[place] ^= 1 << bit
    file.write_bytes(data)
    return f"bit {bit} of byte {place} flipped in {file.name}"


def _truncate(file: Path, chance: random.Random) -> str:
    size = file.stat().st_size
    left = chance.randrange(size)
    os.truncate(file, left)
    return f"{file.name} cut from {size} to {left} bytes"


def _append(file: Path, chance: random.Random) -> str:
    with file.open("ab") as stream:
        stream.write(chance.randbytes(chance.randrange(1, 64)))
    return f"bytes appended to {file.name}"


def _zero(file: Path, chance: random.Random) -> str:
    data = bytearray(file.read_bytes())
    start = chance.randrange(len(data))
    block = data[start : start + 512]
    data[start : start + 512] = bytes(len(block))
    if not any(block):
        return _flip(file, chance)
    file.write_bytes(data)
    return f"{len(block)} bytes of {file.name} zeroed at {start}"


def _remove(file: Path, _chance: random.Random) -> str:
    file.unlink()
    return f"{file.name} removed"


def _exchange(file: Path, chance: random.Random) -> str:
    other = chance.choice([each for each in sorted(file.parent.iterdir()) if each.read_bytes() != file.read_bytes()])
    mine, theirs = file.read_bytes(), other.read_bytes()
    file.write_bytes(theirs)
    other.write_bytes(mine)
    return f"{file.name} and {other.name} exchanged"


_WAYS: tuple[Callable[[Path, random.Random], str], ...] = (
    _flip,
    _flip,
    _truncate,
    _append,
    _zero,
    _remove,
    _exchange,
)


def test_each_of_a_hundred_random_damages_is_found(taken: Taken, tmp_path: Path) -> None:
    """Every part is hit, the manifest and the checksums too; each time the restore refuses, nothing changed."""
    before, chance = taken.databases(), random.Random(SEED)  # noqa: S311 - repeatable, not secret
    names = sorted(path.name for path in taken.folder.iterdir())
    assert len(names) == len(taken.host.database().databases()) + 8
    assert restoring.plan_restore(taken.host, taken.copy(tmp_path / "whole"))[0].databases
    missed, hit = [], set()
    for number in range(DAMAGES):
        folder = taken.copy(tmp_path / "damaged")
        file = folder / names[number % len(names)]
        damage = chance.choice(_WAYS)(file, chance)
        hit.add(file.name)
        try:
            doubts = restoring.plan_restore(taken.host, folder)[0].doubts
        except HostError as error:
            if error.hint:
                continue
        else:
            if doubts and file.name == SEAL:
                continue
        missed.append(damage)
    assert missed == []
    assert hit == set(names)
    assert taken.databases() == before


def _resigned(taken: Taken, folder: Path, manifest: Manifest) -> None:
    """As somebody would write it who means to: manifest and checksums agree with the files."""
    (folder / snapshots.MANIFEST).write_bytes(snapshots.to_json(manifest))
    told = taken.host.files.measure(folder / snapshots.MANIFEST)
    (folder / snapshots.SUMS).write_bytes(snapshots.sums(told, manifest.parts()))


def _places(document: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every value of a JSON document that holds no other."""
    if isinstance(document, dict | list):
        for key, one in document.items() if isinstance(document, dict) else enumerate(document):
            yield from _places(one, (*at, key))
    else:
        yield at


def _rewrite(document: Any, place: tuple[Any, ...], chance: random.Random) -> None:
    *above, last = place
    for key in above:
        document = document[key]
    value = document[last]
    match value:
        case bool():
            document[last] = not value
        case int() | float():
            document[last] = value + chance.randrange(1, 9)
        case None:
            document[last] = "x"
        case _:
            document[last] = f"{value}{chance.choice('abc')}"


def test_each_of_a_hundred_tamperings_is_found(taken: Taken, tmp_path: Path) -> None:
    """By somebody who knows the format, and makes checksums agree: without the key the seal gives it away."""
    before, chance = taken.databases(), random.Random(SEED + 1)  # noqa: S311 - repeatable, not secret
    parts = sorted(
        one.name for one in taken.folder.iterdir() if one.name not in {snapshots.MANIFEST, snapshots.SUMS, SEAL}
    )
    missed = []
    for number in range(TAMPERINGS):
        folder = taken.copy(tmp_path / "tampered")
        document = json.loads((folder / snapshots.MANIFEST).read_text())
        if number % 2:
            part = folder / parts[number % len(parts)]
            what = _flip(part, chance)
            known, made = (
                f'"{hashlib.sha256(one).hexdigest()}"'
                for one in ((taken.folder / part.name).read_bytes(), part.read_bytes())
            )
            text = json.dumps(document)
            assert known in text, part
            document = json.loads(text.replace(known, made))
        else:
            place = chance.choice([one for one in _places(document) if one[0] != "format"])
            _rewrite(document, place, chance)
            what = f"{place} rewritten"
        (folder / snapshots.MANIFEST).write_text(json.dumps(document))
        lines = (folder / snapshots.SUMS).read_text().splitlines()
        (folder / snapshots.SUMS).write_text(
            "".join(
                f"{hashlib.sha256((folder / line[66:]).read_bytes()).hexdigest()}  {line[66:]}\n" for line in lines
            )
        )
        if number % 5 == 0:
            (folder / SEAL).write_bytes(
                hmac.new(b"a key of their own", (folder / snapshots.SUMS).read_bytes(), "sha256").hexdigest().encode()
            )
        try:
            doubts = restoring.plan_restore(taken.host, folder)[0].doubts
        except HostError as error:
            doubts = (error.hint,)
        if not any(doubts):
            missed.append(what)
    assert missed == []
    assert taken.databases() == before


def test_another_databases_dump_is_found_before_the_swap(taken: Taken, tmp_path: Path) -> None:
    """Two dumps exchanged, with manifest and checksums to match: restored beside, they are seen to be others."""
    folder = taken.copy(tmp_path / "swapped")
    manifest = snapshots.load(taken.host.files, folder)
    first, second = (
        next(number for number, one in enumerate(manifest.databases) if one.name == name)
        for name in ("hydra", "kratos")
    )
    databases = list(manifest.databases)
    databases[first] = replace(databases[first], dump=manifest.databases[second].dump)
    databases[second] = replace(databases[second], dump=manifest.databases[first].dump)
    _resigned(taken, folder, replace(manifest, databases=tuple(databases)))
    before = {name: taken.host.database().row_counts(name) for name in ("hydra", "kratos")}
    with pytest.raises(StepError, match="another schema"):
        restore(taken.host, folder)
    assert {name: taken.host.database().row_counts(name) for name in before} == before
    assert not [name for name in taken.databases() if "__kept_" in name]


def test_a_dump_with_fewer_rows_is_found_before_the_swap(taken: Taken, tmp_path: Path) -> None:
    """The right schema with other rows than were counted at the dump's moment: not swapped in."""
    folder = taken.copy(tmp_path / "rows")
    manifest = snapshots.load(taken.host.files, folder)
    wrong = [
        replace(one, rows={table: rows + (table == "public.identities") for table, rows in one.rows.items()})
        for one in manifest.databases
    ]
    _resigned(taken, folder, replace(manifest, databases=tuple(wrong)))
    with pytest.raises(StepError, match="identities"):
        restore(taken.host, folder, "kratos")
    assert not [name for name in taken.databases() if "__kept_" in name]


def test_a_manifest_of_the_first_format_is_read(taken: Taken, tmp_path: Path) -> None:
    """What earlier versions wrote is restored from: fewer facts, no checksums file."""
    folder = taken.copy(tmp_path / "old")
    known = json.loads((folder / snapshots.MANIFEST).read_bytes())
    keys = ("taken_at", "tag", "commit", "server_version", "globals", "env")
    of_database = ("name", "owner", "size_bytes", "fingerprint", "rows", "dump")
    old = {key: known[key] for key in keys}
    old["databases"] = [{key: one[key] for key in of_database} for one in known["databases"]]
    (folder / snapshots.MANIFEST).write_text(json.dumps(old))
    (folder / snapshots.SUMS).unlink()
    manifest = snapshots.verify(taken.host.files, folder)
    assert (manifest.format, manifest.proof, manifest.volumes) == (1, "read back", ())
    order, _ = restoring.plan_restore(taken.host, folder)
    assert "kratos" in order.databases


def test_a_newer_format_is_told(taken: Taken, tmp_path: Path) -> None:
    """A manifest of a format that is not known yet: one clear error, no guess."""
    folder = taken.copy(tmp_path / "new")
    _resigned(taken, folder, replace(snapshots.load(taken.host.files, folder), format=99))
    with pytest.raises(HostError, match="format 99"):
        snapshots.verify(taken.host.files, folder)


def test_a_damaged_manifest_is_not_passed_over(taken: Taken) -> None:
    """The newest snapshot is what is restored where none is named: never silently an older one."""
    host, older = taken.host, taken.folder
    folder = taken.copy(older.with_name("29991231-235959-v1.5.0"))
    assert snapshots.find(host.files, host.state.snapshots, "2999") == folder
    manifest = folder / snapshots.MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:-9])
    with pytest.raises(RefusedError, match=r"29991231-235959-v1[.]5[.]0, cannot be read") as raised:
        snapshots.find(host.files, host.state.snapshots, "")
    assert "snapshot list" in raised.value.hint
    assert snapshots.find(host.files, host.state.snapshots, older.name) == older
    with pytest.raises(HostError, match="no readable snapshot"):
        restoring.plan_restore(host, snapshots.find(host.files, host.state.snapshots, "2999"))
    listed = avnwizard("snapshot", "list", "--stack", host.repo.directory)
    assert older.name in listed.out
    assert "29991231-235959-v1.5.0 cannot be read" in listed.err


def test_a_part_outside_the_folder_is_refused(taken: Taken, tmp_path: Path) -> None:
    """A manifest cannot name a file elsewhere on the host."""
    folder = taken.copy(tmp_path / "outside")
    manifest = snapshots.load(taken.host.files, folder)
    outside = tmp_path / "outside.txt"
    outside.write_bytes(b"x")
    facts = taken.host.files.measure(outside)
    part = replace(manifest.env, file="../outside.txt", size_bytes=facts.size_bytes, sha256=facts.sha256)
    _resigned(taken, folder, replace(manifest, env=part))
    with pytest.raises(HostError, match="lacks"):
        snapshots.verify(taken.host.files, folder)
