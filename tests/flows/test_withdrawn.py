"""A release that the remote no longer has."""

from avnwizard.flows.check import check
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.adapters.git_stack import git


def test_a_release_that_was_withdrawn_is_named(practice_host: PracticeHost) -> None:
    """H9: "the tag is where it was" is said of tags that the remote has, and of no others."""
    host = open_host(practice_host.project.directory)
    assert [one.level for one in check(host) if one.check == "remote"] == ["ok"]
    git(host.repo.directory, "push", "-q", "origin", ":refs/tags/v1.5.0")
    (found,) = [one for one in check(host) if one.check == "remote"]
    assert (found.level, "no longer has v1.5.0" in found.message) == ("warn", True)
