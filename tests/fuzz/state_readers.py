"""The readers of what avnwizard itself wrote down: a disk, a backup or another version may have changed it."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from avnwizard.adapters.files import LocalFiles
from avnwizard.adapters.postgres.several_globals import divided, joined
from avnwizard.adapters.sql.wire import read_answer
from avnwizard.adapters.state import pointer
from avnwizard.adapters.tarball import require_whole
from avnwizard.domain.postgres.globals import read_globals
from avnwizard.domain.snapshot import Manifest
from avnwizard.engine import lock_file
from avnwizard.engine.feed import FeedReader, FeedWriter
from avnwizard.engine.journal import Journal, copy_of
from avnwizard.engine.recovering import recover
from avnwizard.errors import HostError
from avnwizard.flows.edge import memory
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import keeping
from avnwizard.flows.snapshot import seal, snapshots
from avnwizard.flows.stack.run_folder import RunFolder
from avnwizard.flows.upgrade import drafts
from avnwizard.planned import PlannedStep
from tests.fuzz.made import made
from tests.fuzz.mutating import broken_json
from tests.fuzz.plan_readers import PLAN_READERS, json_of
from tests.fuzz.reader import Reader

_FILES, _RUN = LocalFiles(), "20261128-120000-aa"


@cache
def _folder() -> Path:
    """A folder for this process; the system's temporary folder outlives no test machine."""
    return Path(tempfile.mkdtemp(prefix="avnwizard-fuzz-"))


@cache
def _host() -> Host:
    """As much of a host as reading the state needs."""
    state, clock = SimpleNamespace(folder=_folder()), SimpleNamespace(now=lambda: 1.0)
    platform = SimpleNamespace(name="demo")
    return cast("Host", SimpleNamespace(files=_FILES, state=state, platform=platform, clock=clock))


def _put(name: str, text: str) -> Path:
    file = _folder() / name
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    return file


def _from_file(name: str, read: Callable[[Path], object]) -> Callable[[str], object]:
    return lambda text: read(_put(name, text))


def _manifest(text: str) -> None:
    _put(snapshots.MANIFEST, text)
    snapshots.load(_FILES, _folder())


def _lock(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        lock_file.read(descriptor)
    finally:
        os.close(descriptor)


def _feed_sample() -> str:
    file = _put("feed.jsonl", "")
    for number in range(3):
        FeedWriter(file).emit("progress", "snapshot", "dumping", done=number, total=3, unit="bytes")
    return file.read_text()


def _draft(text: str) -> None:
    drafts._path(_host(), "v2").parent.mkdir(exist_ok=True)
    drafts._path(_host(), "v2").write_bytes(text.encode("utf-8", "surrogatepass"))
    drafts.load(_host(), "v1", "v2")


def _draft_sample() -> str:
    drafts.save(_host(), "v1", "v2", drafts.Saved({"A": "b"}, volumes=("x",), strategies={"web": "surge"}))
    return drafts._path(_host(), "v2").read_text()


def _kept_files(text: str) -> None:
    _put("edited.0", "content")
    _put("edited.json", text)
    RunFolder(_folder(), _FILES).contents("edited")


def _rotation_key_sample() -> str:
    _rotation_sample()
    return (_folder() / keeping.KEY).read_text()


def _rotation_key(text: str) -> None:
    _put(keeping.KEY, text)
    keeping.load(_host(), "hydra-1")


def _rotation(text: str) -> None:
    keeping.place(_host(), "hydra-1").write_bytes(text.encode("utf-8", "surrogatepass"))
    keeping.load(_host(), "hydra-1")


def _rotation_sample() -> str:
    from avnwizard.domain.secret import Secret

    (_folder() / keeping.KEY).unlink(missing_ok=True)
    keeping.keep(_host(), "hydra-1", [Secret("a" * 32)], Secret("b" * 32))
    return keeping.place(_host(), "hydra-1").read_text()


def _seal_sample() -> str:
    _put(snapshots.SUMS, "0  manifest.json\n")
    (_folder() / seal.KEY).unlink(missing_ok=True)
    seal.put_seal(_host(), _folder())
    return (_folder() / seal.KEY).read_text()


def _seal_key(text: str) -> None:
    _put(seal.KEY, text)
    seal.look(_host(), _folder())
    with contextlib.suppress(HostError):
        seal.require_own(_host(), _folder())


def _globals(text: str) -> None:
    with contextlib.suppress(ValueError):  # as it says; what asks for roles says so
        read_globals(text)


def _several(text: str) -> None:
    divided(text.encode("utf-8", "surrogatepass"))


_GLOBALS = """\
\\restrict abc
CREATE ROLE hydra;
ALTER ROLE hydra WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$4096:a$b:c' VALID UNTIL '2027-01-01';
GRANT hydra TO kratos WITH ADMIN OPTION GRANTED BY postgres;
ALTER ROLE kratos SET search_path TO 'a', 'b';
\\unrestrict abc
"""


def _journal(file: Path) -> Journal:
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    return Journal(file)


def _rows_sample() -> str:
    return json.dumps(
        {"kind": "upgrade", "title": "t", "plan": "{}", "state": "failed", "fact": "[1]", "step": "roll:web"}
    )


def _rows(text: str) -> None:
    """A journal whose rows hold that: written by SQL, as another version or a hand would."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        row = {"title": text, "fact": text, "kind": text}
    row = row if isinstance(row, dict) else {"fact": text}
    said = {name: _as_text(row.get(name, "x")) for name in ("kind", "title", "plan", "state", "fact", "step")}
    journal = _journal(_folder() / "rows.db")
    try:
        journal.create_run(
            _RUN, kind=said["kind"], title=said["title"], plan=said["plan"], steps=[_listed(said["step"])]
        )
        journal._db.execute("UPDATE runs SET state = ?", (said["state"],))
        journal._db.execute("UPDATE steps SET kind = ?", (said["kind"],))
        journal._db.execute("INSERT INTO facts VALUES(?, ?, 'fact', ?)", (_RUN, said["step"], said["fact"]))
        journal.runs()
        journal.steps(_RUN)
    finally:
        journal.close()


def _as_text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode()


def _listed(name: str) -> PlannedStep:
    step: PlannedStep = made(PlannedStep)
    return replace(step, name=name, title=name)


@cache
def _whole_journal() -> bytes:
    file = _folder() / "whole.db"
    journal = _journal(file)
    for number in range(30):
        run = f"20261128-1200{number:02}-aa"
        journal.create_run(run, kind="upgrade", title="t" * 50, plan="{}", steps=[_listed(f"s{n}") for n in range(9)])
        journal.note(run, "s1", {"a": list(range(30))})
    journal.keep_copy()
    journal.close()
    return copy_of(file).read_bytes()


def _damaged(text: str) -> None:
    """A journal's file with bytes exchanged where the text says: read, then rebuilt, and read again."""
    data, places = bytearray(_whole_journal()), text.encode("utf-8", "surrogatepass")
    for number, value in enumerate(places[:400]):
        data[(number * 7919 + value * 104_729) % len(data)] = value
    if len(places) % 3 == 0:
        del data[len(places) * 37 % len(data) :]
    file = _folder() / "damaged.db"
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    file.write_bytes(data)
    with contextlib.suppress(HostError):
        _read_whole(file)
    recover(file)
    _read_whole(file)


def _read_whole(file: Path) -> None:
    journal = Journal(file)
    try:
        for run in journal.runs():
            journal.steps(run.id)
    finally:
        journal.close()


def _archive_sample() -> str:
    import io
    import tarfile

    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("a", "é" * 90):
            member = tarfile.TarInfo(name)
            member.size = 5
            archive.addfile(member, io.BytesIO(b"hello"))
    return held.getvalue().decode("latin-1")


def _archive(text: str) -> None:
    file = _folder() / "volume.tar"
    file.write_bytes(text.encode("latin-1", "replace"))
    require_whole(file)


def _probe_sample() -> str:
    from avnwizard.domain.probing import Identity, Tally

    found = memory.ProbeMemory(
        {"web": Identity((200, 301), frozenset({"a"}))}, {"web": Tally()}, {"web": "web"}, ["n"]
    )
    return memory.dump(found).decode()


def _probe(text: str) -> None:
    _put(memory.NAME, text)
    found = memory.load(_FILES, _folder())
    if found is not None:
        memory.measured(found)


STATE_READERS: dict[str, Reader] = {
    **PLAN_READERS,
    "manifest": Reader(json_of(Manifest), _manifest, broken_json),
    "key of the seals": Reader(_seal_sample, _seal_key),
    "roles of a snapshot": Reader(lambda: _GLOBALS, _globals),
    "roles of several servers": Reader(lambda: joined({"a": b"x", "b": b""}).decode(), _several),
    "archive of a volume": Reader(_archive_sample, _archive),
    "feed": Reader(_feed_sample, _from_file("feed.jsonl", lambda file: FeedReader(file).read())),
    "lock": Reader(lambda: '{"run": "x", "pid": 1, "since": 1.5}', _from_file("lock", _lock), broken_json),
    "pointer": Reader(
        lambda: "/var/lib/x\n/srv/id\n", _from_file("p", lambda file: pointer.read(file, Path("/srv/id")))
    ),
    "what the probe keeps": Reader(_probe_sample, _probe, broken_json),
    "draft": Reader(_draft_sample, _draft, broken_json),
    "kept files": Reader(lambda: '{"a.yml": "edited.0", "b": null}', _kept_files, broken_json),
    "rotation's secrets": Reader(_rotation_sample, _rotation),
    "rotation's key": Reader(_rotation_key_sample, _rotation_key),
    "journal's rows": Reader(_rows_sample, _rows, broken_json, share=2),
    "journal's file": Reader(lambda: "damage", _damaged, share=4),
    "answer of the SQL reader": Reader(
        lambda: '[[], {"tables": []}]', lambda text: read_answer(text.encode("utf-8", "replace"))
    ),
}
