"""One rename of each general kind, and where the compose files show it."""

import pytest

from tests.reading.diffs import diff as _diff
from tests.reading.diffs import renames as _renames


@pytest.mark.parametrize(
    ("old", "new", "renames"),
    [
        pytest.param(
            "A=1\n# address of this machine, with scheme (none: localhost)\nLANDING_DOMAIN=\n# b\nB=2\n",
            "A=1\n# address of this machine, with scheme (none: localhost)\nENTRY_URL=\n# b\nB=2\n",
            {"LANDING_DOMAIN": "ENTRY_URL"},
            id="alone in its place under the same comment",
        ),
        pytest.param(
            "X_DRIVER=a\nX_HOST=127.0.0.1\nX_PORT=2525\nX_USERNAME=\nX_PASSWORD=\nX_FROM=h@x\n\nTOKEN=\n",
            "X_DRIVER=a\nX_FROM=h@x\n\nZED_HOST=127.0.0.1\nZED_PORT=587\nZED_USERNAME=\nZED_PASSWORD=\n\nTOKEN=\n",
            {f"X_{n}": f"ZED_{n}" for n in ("HOST", "PORT", "USERNAME", "PASSWORD")},
            id="a family that moves in one row",
        ),
        pytest.param(
            'PQUSER="fig"\nPQDATABASE="fig"\nURL=pg://${PQUSER}@db/${PQDATABASE}\n',
            'BOX_USER="fig"\nBOX_NAME="fig"\nURL=pg://${BOX_USER}@db/${BOX_NAME}\n',
            {"PQUSER": "BOX_USER", "PQDATABASE": "BOX_NAME"},
            id="the same place of a value of the file",
        ),
        pytest.param(
            "TAG=1\nCORE_VER=20310412\nPORT=80\n",
            "TAG=1\n\n# CORE_ABI_VERSION=20330117\n# CORE_PACKAGE_VERSION=12.6\n\nPORT=80\n",
            {"CORE_VER": "CORE_ABI_VERSION"},
            id="the only default of the same make",
        ),
        pytest.param(
            "A=1\n\n# Enable address-book sync (beta)\nCARDSYNC_ENABLED=false\n\n# Figures\nB=2\n",
            "A=1\n\n# Enable sync\nSYNC_ENABLED=true\n\n# Figures\nB=2\n",
            {"CARDSYNC_ENABLED": "SYNC_ENABLED"},
            id="a default that flips",
        ),
        pytest.param(
            "S=1\n\n# Maps\nWORLDVIEW_MAPS_API_KEY=\nT=2\n",
            "S=1\n\n# Maps\nGLOBETILE_API_KEY=\nT=2\n",
            {},
            id="another vendor at the same place",
        ),
        pytest.param(
            'LIB_HARP_VERSION="1.2"\nLIB_LUTE_VERSION="5.3"\nLIB_ZITHER_VERSION="4.0"\n',
            'LIB_HARP_VERSION="1.2"\nLIB_OBOE_VERSION="5.3"\nLIB_VIOL_VERSION="7.3"\nLIB_ZITHER_VERSION="4.0"\n',
            {},
            id="another entry of a catalogue",
        ),
        pytest.param("MAGIC_PORTS=1-9\nB=1\n", "MAGIC_PORT=7\nB=1\n", {}, id="one value where there were several"),
    ],
)
def test_kinds_of_renames(old: str, new: str, renames: dict[str, str]) -> None:
    """Each kind of evidence is enough where it is all there is, and what only looks like a rename is none."""
    assert _renames(_diff(old, new)) == renames


def test_the_compose_file_shows_renames_beyond_its_environment() -> None:
    """The same image, port, mount or seat in a list shows what a variable is called now."""
    old = "A=1\n\nDOOR=80\nSHELF=x:1\nPICTURES=./p\nQUESTION_TIMEOUT=\n\nMODE=s\n"
    new = "A=1\nSSL=no\nMODE=s\n\nPLAIN=8080\nSECURE=443\nSTORE=x:2\nSCAN=/srv\nANSWER_READ_TIMEOUT=\n"
    before = (
        "services:\n  d:\n    image: ${SHELF}\n    ports: ['${DOOR}:80']\n    volumes: ['${PICTURES}:/p']\n"
        "    environment: [A, 'QUESTION_TIMEOUT=${QUESTION_TIMEOUT:-}', 'MODE=${MODE}']\n"
    )
    after = (
        "services:\n  d:\n    image: ${STORE}\n    ports: ['${PLAIN}:80', '${SECURE}:443']\n"
        "    volumes: ['${SCAN}:/p']\n"
        "    environment: [A, 'ANSWER_READ_TIMEOUT=${ANSWER_READ_TIMEOUT:-}', 'MODE=${MODE}']\n"
    )
    diff = _diff(old, new, compose_old=before, compose_new=after)
    assert _renames(diff) == {
        "DOOR": "PLAIN",
        "SHELF": "STORE",
        "PICTURES": "SCAN",
        "QUESTION_TIMEOUT": "ANSWER_READ_TIMEOUT",
    }


def test_an_explanation_of_values_is_no_changed_comment() -> None:
    """Lines that explain one value each (`daily => every day`) may change without the variable being changed."""
    old = "# How often\n# daily => every day\nTURN=daily\n"
    assert _diff(old, old.replace("every day", "at midnight\n# weekly => on Sundays")).changed == ()
    assert [one.key for one in _diff(old, old.replace("How often", "When")).changed] == ["TURN"]
