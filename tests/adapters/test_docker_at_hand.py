"""Which of a project's files are there, with the checkout at one release or the other."""

from dataclasses import replace
from pathlib import Path

from avnwizard.adapters.docker.at_hand import at_hand
from avnwizard.domain.host import ComposeProject


def _project(folder: Path, file: str, env: str) -> ComposeProject:
    made = ComposeProject("shop", folder, (folder / file, folder / "mine.yml"), folder / env)
    return made.with_env_file(folder / env)


def test_the_files_of_the_release_that_is_checked_out(tmp_path: Path) -> None:
    """Before the checkout and after it, and in a rollback after it again; a file of both is no matter."""
    old, new = _project(tmp_path, "stack.yml", ".env"), _project(tmp_path, "product.yaml", "app.env")
    for name in ("mine.yml", "stack.yml", ".env"):
        (tmp_path / name).touch()
    assert at_hand(new, old) == old
    for was, now in (("stack.yml", "product.yaml"), (".env", "app.env")):
        (tmp_path / was).rename(tmp_path / now)
    assert at_hand(new, old) == new
    assert at_hand(old, new) == new


def test_without_any_file(tmp_path: Path) -> None:
    """It stays what it is called, and an env file that Compose finds by itself may be absent."""
    old, new = _project(tmp_path, "stack.yml", ".env"), _project(tmp_path, "product.yaml", "app.env")
    assert at_hand(old, None) == replace(old, env_absent=True)
    assert at_hand(new, old).files == new.files
    assert at_hand(new, None) == new
