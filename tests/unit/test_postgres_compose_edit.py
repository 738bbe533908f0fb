"""The edit of a compose file for a new Postgres major: image, mount and volume, and not one character more."""

import difflib
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from avnwizard.domain.compose.errors import ComposeError
from avnwizard.domain.postgres.compose_edit import ServerMove, key_of, moved, names_image
from avnwizard.practice.product.releases import RELEASES
from avnwizard.practice.product.template import COMPOSE_FILE, tree

_MOVE = ServerMove("db", "postgres:18-alpine", "/var/lib/postgresql/data", "/var/lib/postgresql", "new_volume")
_SERVICE = """# ünïcode, and a comment about image: postgres:17
x-base: &base
  restart: always
services:
  db:
    <<: *base
    image: {image}   # pinned
    volumes:
      {mount}
      - ./init:/docker-entrypoint-initdb.d:ro
  other:
    image: postgres:17-alpine
    volumes: [data2:/var/lib/postgresql/data]
volumes:
  {volume}
  data2:
"""
_SHORT = "- data:/var/lib/postgresql/data"
_LONG = "- type: volume\n        source: data\n        target: /var/lib/postgresql/data"


@pytest.mark.parametrize("image", ["postgres:17-alpine", '"postgres:17-alpine"', "'postgres:17-alpine'"])
@pytest.mark.parametrize("mount", ["- data:/var/lib/postgresql/data", '- "data:/var/lib/postgresql/data:rw"', _LONG])
@pytest.mark.parametrize(
    "volume",
    ["data:", "data: ~", "data: {}", "data: { driver: local }", "data:\n    driver: local", "data:\n    name: old"],
)
def test_every_form(image: str, mount: str, volume: str) -> None:
    """Scalars quoted or not, mounts short or long, volumes with and without settings."""
    text = _SERVICE.format(image=image, mount=mount, volume=volume)
    assert names_image(text, "db")
    assert key_of(text, _MOVE) == "data"
    after = moved(text, _MOVE)
    before, found = yaml.safe_load(text), yaml.safe_load(after)
    assert found["services"]["db"]["image"] == "postgres:18-alpine"
    assert found["volumes"]["data"] == {**(before["volumes"]["data"] or {}), "name": "new_volume"}
    mounted = found["services"]["db"]["volumes"][0]
    if isinstance(mounted, dict):
        assert mounted["target"] == "/var/lib/postgresql"
    else:
        assert mounted in {"data:/var/lib/postgresql", "data:/var/lib/postgresql:rw"}
    assert found["services"]["other"] == before["services"]["other"]
    changed = [line for line in difflib.ndiff(text.splitlines(), after.splitlines()) if line[0] in "-+"]
    assert len(changed) <= 6
    assert "# pinned" in after


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (_SERVICE.format(image="${PG:-postgres:17}", mount=_SHORT, volume="data:"), "variable"),
        (_SERVICE.format(image="postgres:17", mount="- ${V}:/data", volume="data:"), "no plain mount"),
        (_SERVICE.format(image="postgres:17", mount="- data:/elsewhere", volume="data:"), "no plain mount"),
        (_SERVICE.format(image="postgres:17", mount=_SHORT, volume="gone:"), "no volume data"),
        ("services: {db: {build: .}}", "no image"),
        ("services: [", "not readable"),
    ],
)  # fmt: skip
def test_what_cannot_be_edited_is_refused(text: str, why: str) -> None:
    """Never a half edit: one sentence, and what to do."""
    with pytest.raises(ComposeError, match=why) as raised:
        moved(text, _MOVE)
    assert raised.value.hint


def test_a_mount_that_stays() -> None:
    """Where the new image keeps its data below the same mount, only image and volume change."""
    text = _SERVICE.format(image="postgres:17", mount="- data:/home/pg", volume="data:")
    after = moved(text, ServerMove("db", "ts:18", "/home/pg", "/home/pg", "new_volume"))
    assert yaml.safe_load(after)["services"]["db"]["volumes"][0] == "data:/home/pg"


@pytest.mark.parametrize("image", ["postgres:18", "postgres:18.1-trixie"])
def test_a_release_that_moves_the_major_itself_comes_after(tmp_path: Path, image: str) -> None:
    """The edit by the release's own image and mount, and the release's: git merges them, and the new volume stays."""
    old = tree(RELEASES[0], registry="r.example/avnology")[COMPOSE_FILE]
    (named,) = re.findall(r"image: (\S+/postgres:17\S*)", old)
    wanted = f"{named.rpartition('/')[0]}/{image}"
    move = ServerMove("postgres", wanted, "/var/lib/postgresql/data", "/var/lib/postgresql", "new_volume")
    release = old.replace(named, wanted).replace("/var/lib/postgresql/data", "/var/lib/postgresql")
    release = release.replace("POOL_MODE: transaction", "POOL_MODE: session")
    for name, text in (("mine", moved(old, move)), ("old", old), ("release", release)):
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["git", "merge-file", "-p", "mine", "old", "release"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == moved(release, _again(move))


def _again(move: ServerMove) -> ServerMove:
    """The same for a file that has image and mount already."""
    return replace(move, mount_old=move.mount_new)
