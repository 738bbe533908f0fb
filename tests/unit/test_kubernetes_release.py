"""A Helm history as it is met: which revision serves, which is stuck, and whose the newest one is."""

import pytest

from avnwizard.domain.kubernetes.orders import ChartOrder, ReleasePlace, rollback_words, upgrade_words
from avnwizard.domain.kubernetes.release import Revision, base_of, cure_of, mark_of, serving, standing
from avnwizard.domain.kubernetes.versions import Tools, complaints, version_of

_MARK = mark_of("r1")


def _history(*lines: str) -> tuple[Revision, ...]:
    """From lines of "STATUS DESCRIPTION"."""
    split = (line.partition(" ") for line in lines)
    return tuple(
        Revision(number, status, f"id-1.{number}", "", said) for number, (status, _, said) in enumerate(split, 1)
    )


def test_the_revision_that_serves_is_not_the_newest_but_one() -> None:
    """A failed revision in between is never gone back to, also once Helm calls it superseded."""
    history = _history(
        "superseded Install complete",
        'superseded Upgrade "id" failed: timed out',
        'failed Upgrade "id" failed: timed out',
    )
    found = serving(history)
    assert found is not None
    assert found.number == 1


def test_a_release_that_never_came_up_serves_nothing() -> None:
    """There is no revision to go back to."""
    history = _history("pending-install Initial install underway")
    assert serving(history) is None
    assert "none to go back to" in cure_of(history)
    assert serving(()) is None


def test_the_cure_names_the_last_deployed_revision() -> None:
    """By number and chart."""
    history = _history(
        "superseded Install complete", "deployed Upgrade complete", "pending-upgrade Preparing upgrade"
    )
    assert "Revision 2 (id-1.2) was the last to be deployed" in cure_of(history)
    assert cure_of(history[:2]) == ""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["deployed Install complete"], "base"),
        (["deployed Install complete", "pending-upgrade Preparing upgrade"], "pending"),
        (["deployed Install complete", 'failed Upgrade "id" failed: x'], "failed"),
        (["superseded Install complete", f"deployed {_MARK}"], "ours"),
        (["superseded Install complete", f"superseded {_MARK}", "deployed Rollback to 1"], "base"),
        (["superseded Install complete", f"superseded {_MARK}", "pending-rollback Rollback to 1"], "pending"),
        (["superseded Install complete", "deployed Upgrade complete"], "foreign"),
        (["superseded Install complete", "superseded Upgrade complete", "deployed Rollback to 2"], "foreign"),
        (["superseded Install complete", f"deployed {mark_of('r2')}"], "foreign"),
        ([], "none"),
    ],
)
def test_where_a_release_stands_for_a_run(lines: list[str], expected: str) -> None:
    """For a run that was planned on revision 1."""
    assert standing(_history(*lines), base=1, mark=_MARK) == expected


def test_a_rollback_of_a_rollback_brings_the_first_revision() -> None:
    """The base is followed through the descriptions; a revision that Helm has pruned keeps its number."""
    history = _history("superseded Install complete", "superseded Rollback to 1", "deployed Rollback to 2")
    assert base_of(history[2], history) == 1
    assert base_of(history[2], history[2:]) == 2
    assert base_of(Revision(4, "deployed", "", "", "Rollback to 9"), history) != 9


def test_the_options_are_spelt_as_the_helm_at_hand_wants_them() -> None:
    """Helm 4 has --rollback-on-failure and field owners; Helm 3 has --atomic. A rollback always has its number."""
    place, order = ReleasePlace("lab", "ns", "id"), ChartOrder("/chart", ("/v.yaml",))
    new, old = (Tools(version, "v1.33.1", "v1.33.1", "lab") for version in ("v4.3.1", "v3.22.0"))
    four = upgrade_words(place, order, new, timeout_s=90.0, mark=_MARK)
    three = upgrade_words(place, order, old, timeout_s=90.0, mark=_MARK)
    assert set(four) - set(three) == {"--rollback-on-failure"}
    assert set(three) - set(four) == {"--atomic"}
    assert four[:4] == ("helm", "upgrade", "id", "/chart")
    assert four[-2:] == ("--kube-context", "lab")
    assert "90s" in four
    assert rollback_words(place, 7, new, timeout_s=9.0)[:4] == ("helm", "rollback", "id", "7")
    assert "--force-conflicts" not in rollback_words(place, 7, old, timeout_s=9.0)


@pytest.mark.parametrize(
    ("helm", "kubectl", "stops"),
    [
        ("v3.16.0", "v1.33.1", []),
        ("v4.3.1+g1", "v1.32.4-dispatcher", []),
        ("v3.15.4", "v1.33.1", [True]),
        ("v5.0.0", "v1.33.1", [True]),
        ("", "v1.33.1", [True]),
        ("v3.16.0", "v1.31.9", [False]),
        ("v3.16.0", "", [False]),
    ],
)
def test_versions_that_do_not_go_together(helm: str, kubectl: str, stops: list[bool]) -> None:
    """An unknown or old Helm stops; kubectl out of the skew that Kubernetes supports is worth a word."""
    assert [grave for grave, _, _ in complaints(Tools(helm, kubectl, "v1.33.13", ""))] == stops


def test_a_version_is_read_or_unknown() -> None:
    """With and without a v, with anything behind it."""
    assert version_of("v1.33.13-eks-1") == (1, 33)
    assert version_of("4.3.1+gc0") == (4, 3)
    assert version_of("latest") is None
