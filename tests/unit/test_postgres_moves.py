"""Decisions about a new Postgres major: its image's tag, its mount, its volume's name, what stands in the way."""

import pytest

from avnwizard.domain.host import Image, Mount
from avnwizard.domain.postgres.major import ServerLook, mount_for, new_volume, stops, target_image

_DATA = Mount("volume", "v", "/var/lib/postgresql/data")


def _image(pgdata: str, *volumes: str) -> Image:
    return Image("i", "sha256:i", "", 1, {"PGDATA": pgdata} if pgdata else {}, volumes)


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("postgres:17", "postgres:18"),
        ("postgres:17-alpine", "postgres:18-alpine"),
        ("postgres:17.2-bookworm", "postgres:18-bookworm"),
        ("r.example:5000/a/postgres:17@sha256:abc", "r.example:5000/a/postgres:18"),
        ("pgvector/pgvector:pg17", "pgvector/pgvector:pg18"),
        ("postgres", ""),
        ("postgres:latest", ""),
        ("timescale/timescaledb:2.17.2-pg17", ""),
        ("r.example/postgres:172", ""),
        ("r.example:5000/postgres", ""),
    ],
)
def test_the_image_of_another_major(image: str, wanted: str) -> None:
    """By the tag where it is plain; "" where a person has to say it."""
    assert target_image(image, 18) == wanted


@pytest.mark.parametrize(
    ("image", "mount", "forced", "wanted"),
    [
        (_image("/var/lib/postgresql/18/docker", "/var/lib/postgresql"), _DATA, "", "/var/lib/postgresql"),
        (_image("/var/lib/postgresql/data", "/var/lib/postgresql/data"), _DATA, "", "/var/lib/postgresql/data"),
        (_image("/home/pg/data", "/home/pg/data"), Mount("volume", "v", "/home/pg"), "", "/home/pg"),
        (_image("/var/lib/postgresql/18/docker", "/var/lib/postgresql"), _DATA, "/var/lib/postgresql/data/pg", ""),
        (_image("/var/lib/postgresql/18/docker"), _DATA, "", ""),
        (_image(""), _DATA, "", ""),
    ],
)  # fmt: skip
def test_where_the_new_data_lies(image: Image, mount: Mount, forced: str, wanted: str) -> None:
    """18's volume lies a folder higher; a forced PGDATA, or an image that says nothing, is refused with a reason."""
    target, pgdata, wrong = mount_for(image, mount, forced)
    assert target == wanted
    assert bool(wrong) is not bool(wanted)
    assert not wanted or pgdata.startswith(wanted)


def test_volumes_are_dated_once() -> None:
    """The next major's volume does not pile names up."""
    first = new_volume("avnology_postgres_data", 18, "20261128-101500")
    assert first == "avnology_postgres_data_pg18_20261128-101500"
    assert new_volume(first, 19, "20271128-101500") == "avnology_postgres_data_pg19_20271128-101500"


def test_each_stop_has_a_remedy() -> None:
    """Whatever stands in the way is named, a name from outside made printable."""
    look = ServerLook(
        "17.2", 17, "postgres", (), slots=("a\x1b[31m",), prepared=("p",), subscriptions=("d.s",),
        tablespaces=("fast",), template_objects=("public.t",),
    )  # fmt: skip
    found = stops(look)
    assert len(found) == 5
    assert all(remedy for _, remedy in found)
    assert "\x1b" not in "".join(what for what, _ in found)
    assert stops(ServerLook("17.2", 17, "postgres", ())) == ()
