"""What the databases of several servers are called, and the file of their globals."""

from pathlib import Path

import pytest

from avnwizard.adapters.postgres.several_globals import divided, handed_out, joined
from avnwizard.domain.postgres.names import apart, base_of, beside, is_aside, qualified, server_label, set_aside
from avnwizard.errors import HostError

_RUN = "20260101-000000-ab"


def test_a_label_is_short_and_its_own() -> None:
    """A long service name is cut with a hash; the server outside has a name that no service can take."""
    assert (server_label("hydra-postgres"), server_label("")) == ("hydra-postgres", "outside")
    long = {server_label(f"{'database-of-a-component-' * 2}{one}") for one in "ab"}
    assert len(long) == 2
    assert all(len(one) <= 20 for one in long)
    assert server_label("outside") != "outside"


@pytest.mark.parametrize("database", ["app", "a" * 63, "with/slash", "ä" * 31])
def test_names_beside_stay_on_their_server(database: str) -> None:
    """What PostgreSQL is given fits, belongs to the same server, and two databases never share one."""
    name = qualified(server_label("a-very-long-name-of-a-service"), database)
    for made in (beside(name, _RUN), set_aside(name, _RUN)):
        assert apart(made)[0] == apart(name)[0]
        assert len(apart(made)[1].encode()) <= 63
        assert is_aside(apart(made)[1])
        assert base_of(made, {name, qualified("other", "x")}) == name
    assert set_aside(name, _RUN) != set_aside(f"{name}x", _RUN)


def test_globals_of_several_servers() -> None:
    """A role's comment may look like anything, also like the head of the file."""
    head = joined({"a": b"", "b": b""})
    texts = {"a": b"-- roles\n" + head + b"CREATE ROLE x;\n", "outside": b"", "b": "CREATE ROLE \u00e4;".encode()}
    assert divided(joined(texts)) == texts


@pytest.mark.parametrize("text", [b"", b"CREATE ROLE x;\n", joined({"a": b"abc"}) + b"more",
                                  joined({"a": b"abc"})[:-1],
                                  b"-- avnwizard: bytes of each server's globals: [1]\n",
                                  b'-- avnwizard: bytes of each server\'s globals: {"a": -1, "b": 1}\n'])  # fmt: skip
def test_globals_that_are_not_of_several(text: bytes, tmp_path: Path) -> None:
    """One server's file, or a damaged one, is one error."""
    (tmp_path / "globals.sql").write_bytes(text)
    with pytest.raises(HostError, match="not that of several servers"), handed_out(tmp_path / "globals.sql"):
        pass
