"""What services read of the checkout beyond the compose file."""

from typing import Any

from avnwizard.domain.compose.document import read
from avnwizard.domain.compose.reads import Changed, copied_contents, files_by_reference, mounted_paths

_RAW: dict[str, Any] = {
    "services": {
        "db": {
            "volumes": [
                {"type": "bind", "source": "/srv/init", "target": "/docker-entrypoint-initdb.d"},
                {"type": "bind", "source": "/srv/init/a.sql", "target": "/docker-entrypoint-initdb.d/a.sql"},
                {"type": "volume", "source": "data", "target": "/data"},
            ]
        },
        "web": {
            "volumes": [{"type": "bind", "source": "/srv/pa$$th", "target": "/etc/web"}],
            "configs": [{"source": "motd", "target": "/etc/motd"}, {"source": "file"}],
            "secrets": [{"source": "token"}, "gone"],
        },
        "bare": None,
    },
    "configs": {"motd": {"content": "hello"}, "file": {"file": "/srv/conf/f.txt"}},
    "secrets": {"token": {"environment": "TOKEN"}},
}


def test_paths_of_the_host() -> None:
    """Bind mounts and files of configs and secrets; a database reads its first start's scripts once only."""
    assert mounted_paths(_RAW, "web") == ("/srv/pa$th", "/srv/conf/f.txt")
    assert mounted_paths(_RAW, "db") == ()
    assert mounted_paths(_RAW, "bare") == ()


def test_contents_that_are_copied() -> None:
    """An inline config, and a secret that is a variable."""
    assert copied_contents(_RAW, "web", {"TOKEN": "t"}) == {"its config motd": "hello", "its secret token": "t"}
    assert copied_contents(_RAW, "bare", {}) == {}


def test_env_files_and_label_files() -> None:
    """In each form that Compose takes, through `extends` and anchors, with variables filled in."""
    document = read(
        "x-a: &a {env_file: shared.env}\n"
        "services:\n"
        "  one: {env_file: a.env}\n"
        "  many: {env_file: [a.env, {path: '${WHERE}/b.env', required: false}], label_file: [l.labels]}\n"
        "  heir: {extends: {service: many}, label_file: own.labels}\n"
        "  anchored: {<<: *a}\n"
        "  round: {extends: round}\n"
        "  none: {image: i}\n"
    )
    env = {"WHERE": "conf"}
    assert files_by_reference(document, "one", env) == ("a.env",)
    assert files_by_reference(document, "many", env) == ("a.env", "conf/b.env", "l.labels")
    assert files_by_reference(document, "heir", env) == ("own.labels", "a.env", "conf/b.env", "l.labels")
    assert files_by_reference(document, "anchored", env) == ("shared.env",)
    assert files_by_reference(document, "round", env) == files_by_reference(document, "none", env) == ()
    assert files_by_reference(document, "nobody", env) == files_by_reference({}, "one", env) == ()


def test_all_of_it_is_told_once() -> None:
    """A file that is both mounted and given is one."""
    assert Changed(("a.env",), ("b", "a.env"), ("its config c",)).all == ("b", "a.env", "its config c")
