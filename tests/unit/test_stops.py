"""The stops that a release names in its own words, and which of them an upgrade would jump over."""

from types import SimpleNamespace
from typing import Any

import pytest

from avnwizard.domain.changelog import ChangelogRange
from avnwizard.domain.changelog.stops import named_stops
from avnwizard.domain.checkout import TagRef
from avnwizard.errors import RefusedError
from avnwizard.flows.upgrade.consent import require_jump_allowed
from avnwizard.flows.upgrade.releases import jump_to_acknowledge
from avnwizard.flows.upgrade.stops import with_stops

_GUIDE = b"""# Going to 3

Going to version 3 can only be performed from version 2.20.15. If you are running an older version,
please upgrade to v2.20.15 before proceeding with the v3 upgrade.
"""


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        (_GUIDE.decode(), ["2.20.15"]),
        ("Before this release you must first upgrade to 1.4.2.", ["1.4.2"]),
        ("You must be running at least v1.9.0 to install this.", ["1.9.0"]),
        ("Users of 1.x: first update to version 1.9.", ["1.9"]),
        ("Upgrade to 23.6.2 first, then to this one.", ["23.6.2"]),
        ("We upgraded to React 18.2 in this release.", []),
        ("Upgrade to 2.0.0 to get the fix. Before that nothing worked.", []),
        ("- Updated to Django 4.2.1 because of a fault", []),
        ("Tables from 1.2.3 are only kept for a while.", []),
    ],
)
def test_what_reads_as_a_stop(text: str, versions: list[str]) -> None:
    """Only sentences that say so; a dependency that was raised is none."""
    assert [version for version, _ in named_stops(text)] == versions


def _tag(name: str) -> TagRef:
    return TagRef(name, f"commit of {name}", "2030-01-01", annotated=True, signed=False)


def _host(**files: bytes) -> Any:
    there = {name.replace("__", "/").replace("_md", ".md"): text for name, text in files.items()}
    tags = [_tag(name) for name in ("v2.20.5", "v2.20.15", "v2.20.15-rc.1", "v3.0.5", "helm-2.20.15")]
    repo = SimpleNamespace(tags=lambda: tags, list=lambda *_: tuple(there), read=lambda _ref, path: there.get(path))
    return SimpleNamespace(repo=repo)


def _asked(current: str, host: Any) -> list[str]:
    here, there = _tag(current), _tag("v3.0.5")
    found = with_stops(host, here, there, ChangelogRange((), (), ()), jump_to_acknowledge(here, there))
    return [item.title for item in found]


def test_a_stop_that_would_be_jumped_over_needs_consent() -> None:
    """From before it, by the guide in the documentation; from the stop itself the way is free."""
    host = _host(docs__migration_md=_GUIDE)
    assert _asked("v2.20.5", host) == ["v3.0.5 asks you to upgrade to v2.20.15 first."]
    assert _asked("v2.20.15", host) == []
    assert _asked("v2.20.5", _host(src__migration_md=_GUIDE, docs__usage_md=_GUIDE)) == []
    found = with_stops(host, _tag("v2.20.5"), _tag("v3.0.5"), ChangelogRange((), (), ()), ())
    assert "can only be performed from version 2.20.15" in found[0].text
    with pytest.raises(RefusedError, match=r"asks you to upgrade to v2.20.15 first. Nothing was changed"):
        require_jump_allowed(found, allowed=False)
    require_jump_allowed(found, allowed=True)
