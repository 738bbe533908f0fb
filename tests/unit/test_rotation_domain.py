"""Lists of secrets as Ory's services read them, rows as Hydra seals them, and what a tally says of them."""

import json

import pytest

from avnwizard.domain.rotation.generation import Generation
from avnwizard.domain.rotation.lists import read_list, require_sound, written_list
from avnwizard.domain.rotation.sealing import Keyring, Opened
from avnwizard.domain.rotation.tally import Row, Tally
from avnwizard.domain.secret import Secret
from avnwizard.errors import RefusedError
from tests.lab.standin import cipher as openssl

OLD, NEW = "o" * 32, "n" * 32


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (f"{NEW},{OLD}", (NEW, OLD)),
        (f"{NEW}, {OLD}", (NEW, f" {OLD}")),  # a blank belongs to the secret
        (json.dumps([NEW, OLD]), (NEW, OLD)),
        ("1234567890123456", ()),  # all digits: a number in JSON, which is no list
        ("123456789012e456", ()),
        (json.dumps(NEW), ()),
        ("true", ()),
        ("NaN", ("NaN",)),  # Python's json would take it, Go's does not
        ("", ()),
    ],
)
def test_a_list_as_configx_reads_it(value: str, read: tuple[str, ...]) -> None:
    """JSON first, then CSV, each with its traps."""
    assert tuple(one.reveal() for one in read_list(value)) == read


@pytest.mark.parametrize(
    "value", ["short", f"{NEW}, {OLD}", f"{NEW},", "1234567890123456", f"{NEW},{NEW}", f"{NEW},{'ö' * 16}", ""]
)
def test_what_the_service_would_not_use_is_refused(value: str) -> None:
    """Too short, with blanks, twice, unreadable: refused by its place in the list, and no value is in the message."""
    with pytest.raises(RefusedError) as refused:
        require_sound(read_list(value), "HYDRA_SYSTEM_SECRET")
    said = f"{refused.value.message} {refused.value.hint}"
    assert NEW not in said
    assert OLD not in said


def test_a_list_is_written_so_that_it_is_read_the_same() -> None:
    """A secret with a comma, or a single one of digits alone, cannot be written."""
    assert written_list((Secret(OLD), Secret(NEW))) == f"{OLD},{NEW}"
    for bad in ("a,b" * 8, "1" * 32):
        with pytest.raises(RefusedError):
            written_list((Secret(bad),))


def test_rows_are_sealed_as_openssl_seals_them() -> None:
    """What one library sealed the other opens, under the right secret alone, and it knows which that is."""
    sealed = openssl.seal(OLD, b'{"kid":"1"}', nonce_from="row")
    assert Keyring([Secret(NEW), Secret(OLD)]).open(sealed) == Opened(1, b'{"kid":"1"}')
    assert Keyring([Secret(NEW)]).open(sealed) is None
    ours = Keyring([Secret(NEW), Secret(OLD)]).seal(b"new", under=0)
    assert openssl.open_sealed((OLD, NEW), ours) == b"new"
    with pytest.raises(openssl.UnreadableRowError):
        openssl.open_sealed((OLD,), ours)
    assert Keyring([Secret(NEW)]).open('{"plain": true}') == Opened(None, b'{"plain": true}')
    assert [Keyring([Secret(NEW)]).open(text) for text in ("", "abc", "not base64!", "A" * 100)] == [None] * 4


def test_a_tally_counts_what_lives_and_needs_the_old_secret() -> None:
    """Dead and expired rows do not count; the session tells the expiry where the column is empty."""
    tally = Tally(now=1000.0)
    session = json.dumps({"expires_at": {"refresh_token": "1970-01-01T01:00:00Z"}}).encode()
    under_old, endless = Opened(1, session), Opened(1, b"{}")
    for row in (
        Row("hydra_oauth2_refresh", under_old, expires_at=5000.0),
        Row("hydra_oauth2_refresh", under_old),  # 3600 s, by its session
        Row("hydra_oauth2_refresh", under_old, expires_at=999.0),
        Row("hydra_oauth2_refresh", under_old, active=False, expires_at=9000.0),
        Row("hydra_oauth2_refresh", Opened(0, session), expires_at=9999.0),
        Row("hydra_oauth2_refresh", None),
        Row("hydra_jwk", endless),
    ):
        tally.add(row, written_at=None)
    refresh = tally.tables["hydra_oauth2_refresh"]
    assert (refresh.new, refresh.old, refresh.unreadable, refresh.needing) == (1, 4, 1, 2)
    assert (tally.sessions, tally.safe_at, tally.old_keys, tally.under_new) == (2, 5000.0, 1, 1)
    assert tally.sentences()[0].startswith("2 refresh tokens still need the old secret; the last expires on ")
    tally.add(Row("hydra_oauth2_refresh", endless), written_at=None)
    assert tally.safe_at is None
    assert "1 never expires" in tally.sentences()[0]


def test_plain_rows_go_by_their_age() -> None:
    """With `encrypt_at_rest: false` a token is the old secret's when it was asked for before the new one wrote."""
    plain = Opened(None, b"{}")
    for written_at, requested_at, needing in ((None, 10.0, 1), (500.0, 10.0, 1), (500.0, 600.0, 0), (500.0, None, 1)):
        tally = Tally(now=1000.0)
        row = Row("hydra_oauth2_refresh", plain, expires_at=5000.0, requested_at=requested_at)
        tally.add(row, written_at=written_at)
        assert tally.sessions == needing, (written_at, requested_at)


def test_rows_that_were_sealed_again_go_by_their_age() -> None:
    """After an early drop that was taken back: what is under the new secret may have been signed by the old one."""
    for by_age, requested_at, needing in ((False, 10.0, 0), (True, 10.0, 1), (True, 600.0, 0), (True, None, 1)):
        tally = Tally(now=1000.0)
        row = Row("hydra_oauth2_refresh", Opened(0, b"{}"), expires_at=5000.0, requested_at=requested_at)
        tally.add(row, written_at=500.0, by_age=by_age)
        assert tally.sessions == needing, (by_age, requested_at)


def test_a_generation_knows_its_secrets_and_gives_none_away() -> None:
    """Fingerprints are salted: the same secret has another one each time, and each still knows it."""
    one, two = (Generation.of("hydra", [Secret(NEW), Secret(OLD)]) for _ in range(2))
    assert one.prints != two.prints
    assert one.missing_in([Secret(OLD), Secret(NEW)]) == 0
    assert one.missing_in([Secret(NEW)]) == 1
    assert NEW not in repr(one)
