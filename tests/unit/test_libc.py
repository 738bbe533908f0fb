"""Which C library an image is built on, by its own files and, as a hint, by its name."""

import pytest

from avnwizard.domain.libc import Base, base_from_name, base_from_os_release

_DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'


@pytest.mark.parametrize(
    ("text", "base"),
    [
        (_DEBIAN, Base("glibc", "bookworm", certain=True)),
        ('NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.1\n', Base("musl", certain=True)),
        ("ID=mine\nID_LIKE='alpine'\n", Base("musl", certain=True)),
        ('ID="wolfi"\n', Base("glibc", certain=True)),
        ("", Base("")),
        ("VERSION_ID=1\nnonsense\n", Base("")),
    ],
)
def test_by_its_files(text: str, base: Base) -> None:
    """`/etc/os-release` names the distribution; where it names none, it cannot be told."""
    assert base_from_os_release(text) == base


@pytest.mark.parametrize(
    ("reference", "base"),
    [
        ("postgres:17-alpine3.22", Base("musl")),
        ("postgres:17", Base("glibc")),
        ("docker.io/library/postgres:17-bookworm", Base("glibc", "bookworm")),
        ("pgvector/pgvector:pg17-trixie", Base("glibc", "trixie")),
        ("registry.example.org:5000/postgres:17-ALPINE", Base("musl")),
        ("registry.example.org:5000/postgres:17", Base("")),
        ("pgvector/pgvector:pg17", Base("")),
        ("postgres@sha256:" + "a" * 64, Base("")),
        ("postgres:17-alpine@sha256:" + "a" * 64, Base("musl")),
        ("example/alpine-postgres:17", Base("")),
    ],
)
def test_by_its_name(reference: str, base: Base) -> None:
    """The tag says Alpine or a release of Debian; the official image without either is Debian's."""
    assert base_from_name(reference) == base
