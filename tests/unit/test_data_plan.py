"""What a plan says and asks of services' data, and what it refuses to copy."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.answers import Answers, read_answers, write_answers
from avnwizard.domain.config import parse_config
from avnwizard.domain.data_way import DataWay, VolumeSpec
from avnwizard.domain.handover import Handover
from avnwizard.domain.host import ComposeModel, Container, Mount
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.errors import RefusedError, UsageError
from avnwizard.flows.safety.data_plan import undecided, with_ways_back
from avnwizard.flows.upgrade.remembering import remember

_HERE = Path("/srv/stack")
_VOLUME = {"type": "volume", "source": "uploads", "target": "/data"}


def _container(service: str, *mounts: Mount) -> Container:
    return Container(
        service,
        service,
        service,
        1,
        "acme/files:1",
        "sha256:old",
        "running",
        "none",
        0,
        "",
        False,
        0.0,
        mounts=mounts,
    )


def _host(*containers: Container, tracked: tuple[str, ...] = (), free: int = 10**9, options: Any = ()) -> Any:
    stack = SimpleNamespace(
        containers=lambda name="": [one for one in containers if name in ("", one.service)],
        image=lambda _reference: None,
        volume_sizes=lambda names: dict.fromkeys(names, 5_000_000),
        volumes=SimpleNamespace(
            find=lambda name: VolumeSpec(name, options=options),
            folder_trouble=lambda path: "is a file system of its own" if path.endswith("disk") else "",
            folder_bytes=lambda _path: 7_000_000,
        ),
    )
    repo = SimpleNamespace(
        directory=_HERE,
        read=lambda _ref, path: b"" if path in tracked else None,
        list=lambda _ref, folder: tuple(one for one in tracked if one.startswith(f"{folder}/")),
    )
    return SimpleNamespace(
        stack=stack,
        repo=repo,
        files=SimpleNamespace(free_bytes=lambda _folder: free),
        state=SimpleNamespace(folder=Path("/state")),
        edge=SimpleNamespace(facts=lambda: None),
        postgres_service="postgres",
        choice=DatabaseChoice("postgres"),
    )


def _part(how: Any = "recreate", handover: Handover | None = None) -> ServicePlan:
    return ServicePlan("files", how, "it keeps data", "acme/files:1", "acme/files:2", "", handover)


def _model(*mounts: dict[str, Any], **more: Any) -> ComposeModel:
    services = {"files": {"volumes": list(mounts)}, **more}
    return ComposeModel({}, {"services": services, "volumes": {"uploads": {"name": "x_uploads"}}})


def _planned(host: Any, model: ComposeModel, way: DataWay | None = None, part: ServicePlan | None = None) -> Any:
    chosen: dict[str, DataWay] = {"files": way} if way else {}
    (planned,), warnings = with_ways_back(host, [part or _part()], model, (), chosen)
    return planned, warnings


_OWN = Mount("volume", "x_uploads", "/data")


def test_what_nobody_knows_is_asked_once() -> None:
    """The question names service, data and images; an answer of the file, or of avnwizard.toml, ends it."""
    model, host = _model(_VOLUME), _host(_container("files", _OWN))
    planned, _ = _planned(host, model)
    (asked,) = undecided(host, [planned], model)
    assert asked.id == "data:files"
    assert "what shall a rollback do with its data (uploads)" in asked.question
    text = write_answers([asked], current="v1", target="v2").replace('files = ""', 'files = "keep"')
    given = read_answers(text, source="a", current="v1", target="v2")
    assert given.data_ways() == {"files": "keep"}
    planned, warnings = _planned(host, model, given.data_ways()["files"])
    assert undecided(host, [planned], model) == ()
    assert warnings == ["In a rollback files is recreated again; its data in uploads does not go back."]
    blank = write_answers([asked], current="v1", target="v2")
    assert read_answers(blank, source="a", current="v1", target="v2") == Answers({})
    with pytest.raises(UsageError, match=r"\[data\] files must be one of: keep, stay, copy, drop"):
        read_answers(text.replace("keep", "kept"), source="a", current="v1", target="v2")
    assert parse_config('[rollback.data]\nfiles = "drop"', source="a").rollback.data == {"files": "drop"}
    with pytest.raises(UsageError, match="rollback"):
        parse_config('[rollback.data]\nfiles = "kept"', source="a")


@pytest.mark.parametrize(
    ("mount", "tracked", "asked"),
    [
        ({"type": "bind", "source": "/srv/stack/nginx.conf"}, ("nginx.conf",), False),
        ({"type": "bind", "source": "/srv/stack/conf"}, ("conf/app.yml",), False),
        ({"type": "bind", "source": "/srv/stack/data"}, ("data/.gitkeep",), True),
        ({"type": "bind", "source": "/srv/uploads"}, (), True),
        ({"type": "bind", "source": "/etc/localtime"}, (), False),
        ({"type": "bind", "source": "/var/run/docker.sock"}, (), False),
        ({"type": "volume", "source": "uploads", "read_only": True}, (), False),
    ],
)
def test_what_the_release_or_the_host_brings_is_no_data(
    mount: dict[str, Any], tracked: tuple[str, ...], *, asked: bool
) -> None:
    """Files that git tracks, the host's own folders, sockets, what is only read; a folder kept for data is data."""
    model = _model({"target": "/x", **mount})
    host = _host(_container("files"), tracked=tracked)
    planned, _ = _planned(host, model)
    assert bool(undecided(host, [planned], model)) is asked


def test_the_question_names_what_holds_data_alone() -> None:
    """Of a service that is given much of the release (mailcow's), not the files that git tracks."""
    conf = {"type": "bind", "source": "/srv/stack/conf", "target": "/conf"}
    model, host = _model(conf, _VOLUME), _host(_container("files", _OWN), tracked=("conf/app.yml",))
    planned, _ = _planned(host, model)
    (asked,) = undecided(host, [planned], model)
    assert "with its data (uploads)?" in asked.question


def test_a_copy_needs_the_old_one_to_stop() -> None:
    """A service that would be rolled new beside old is recreated; the plan says how much is copied."""
    planned, warnings = _planned(
        _host(_container("files", _OWN)),
        ComposeModel({"files": SimpleNamespace(stop_grace_s=10.0, labels={}, networks=())}, _model(_VOLUME).raw),  # type: ignore[dict-item]  # all that is asked
        "copy",
        _part("surge", "wait"),
    )
    assert (planned.strategy, planned.handover, planned.data) == ("recreate", None, "copy")
    assert [(one.name, one.path, one.size_bytes) for one in planned.held] == [("x_uploads", "/data", 5_000_000)]
    assert "files goes back with its data: 1 volume (5 MB) as copied before" in warnings[0]
    with pytest.raises(RefusedError, match=r"needs 5 MB, and 1 MB .* free in /state. Nothing was changed"):
        _planned(_host(_container("files", _OWN), free=1_000_000), _model(_VOLUME), "copy")


def test_a_folder_of_this_host_is_copied_too() -> None:
    """With its size in what the disk must hold; what belongs to the host itself is none of its data."""
    mounts = (Mount("bind", "/srv/up", "/data"), Mount("bind", "/etc/ssl", "/ssl"))
    planned, warnings = _planned(_host(_container("files", *mounts)), _model(_VOLUME), "copy")
    assert [(one.name, one.size_bytes) for one in planned.held] == [("/srv/up", 7_000_000)]
    assert "1 folder (7 MB) as copied before" in warnings[0]


@pytest.mark.parametrize(
    ("containers", "model", "options", "why"),
    [
        ([_container("files", Mount("bind", "/disk", "/data"))], _model(_VOLUME), (), "is a file system of its own"),
        ([_container("files", Mount("volume", "a" * 64, "/data"))], _model(_VOLUME), (), "is an anonymous volume"),
        ([_container("files")], _model(_VOLUME), (), "it writes to no volume"),
        (
            [_container("files", _OWN), _container("web", Mount("volume", "x_uploads", "/s", False))],
            _model(_VOLUME), (), "web has the volume x_uploads too",
        ),
        ([_container("files", _OWN)], _model(_VOLUME), (("device", ":/nfs"),), "x_uploads is no plain local volume"),
    ],
)  # fmt: skip
def test_what_is_not_the_services_own_is_not_copied(
    containers: list[Container], model: ComposeModel, options: tuple[tuple[str, str], ...], why: str
) -> None:
    """Each is refused in one sentence before anything changes."""
    with pytest.raises(RefusedError, match=f"cannot be copied or emptied: .*{why}.*Nothing was changed"):
        _planned(_host(*containers, options=options), model, "copy")


def test_the_answer_is_remembered(tmp_path: Path) -> None:
    """In the file that is there, its comments and mode kept; a file that git tracks is left to the operator."""
    file = tmp_path / "avnwizard.toml"
    file.write_text('# ours\n[stack]\nproduct = "Demo"\n')
    file.chmod(0o644)
    tracked = False

    def read(_ref: str, _path: str) -> bytes | None:
        return b"" if tracked else None

    repo = SimpleNamespace(directory=tmp_path, read=read)
    host: Any = SimpleNamespace(repo=repo, files=LocalFiles(), state=SimpleNamespace(folder=tmp_path))
    assert remember(host, {}) == ""
    assert remember(host, {"my.files": "copy"}) == f'{file} keeps, below [rollback.data]: "my.files" = "copy"'
    remember(host, {"cache": "drop"})
    assert file.read_text().startswith("# ours\n[stack]")
    assert parse_config(file.read_text(), source="x").rollback.data == {"my.files": "copy", "cache": "drop"}
    assert file.stat().st_mode & 0o777 == 0o644
    tracked = True
    before = file.read_text()
    assert remember(host, {"x": "keep"}).startswith("To be asked no more, add to avnwizard.toml")
    assert file.read_text() == before
