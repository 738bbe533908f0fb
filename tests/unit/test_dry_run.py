"""What Compose says in a dry run, as 2.26.1 and 2.40.3 printed it."""

from avnwizard.domain.dry_run import words_of, would_go

_SAID = """\
 DRY-RUN MODE -  Container demo-plain-1  Running
 DRY-RUN MODE -  Container demo-envf-1  Recreate
 DRY-RUN MODE -  Container demo-envf-1  Recreated
 DRY-RUN MODE -  Container 79417fd6278e_demo-envf-1  Starting
 DRY-RUN MODE -  Container 79417fd6278e_demo-envf-1  Started
  DRY-RUN MODE -  Could not find the file / in container dd57a0e40ebe_demo-inlc-1
 DRY-RUN MODE -  Container demo-job-1  Created
 DRY-RUN MODE -  Container demo-job-1  Starting
 DRY-RUN MODE -  Container demo-plain-2  Stopping
 DRY-RUN MODE -  Container demo-plain-2  Stopped
 DRY-RUN MODE -  Container demo-plain-2  Removing
"""


def test_every_container_has_its_words() -> None:
    """By its own name: the makeshift name of one that is being replaced is another container."""
    words = words_of(_SAID)
    assert {name for name, said in words.items() if would_go(said)} == {"demo-envf-1", "demo-plain-2"}
    assert words["demo-plain-1"] == {"Running"}
    assert words["demo-job-1"] == {"Created", "Starting"}
    assert "demo-inlc-1" not in words


def test_other_text_says_nothing() -> None:
    """Neither a warning nor an error is taken for what happens to a container."""
    assert words_of('time="…" level=warning msg="Found orphan containers ([demo-x-1])"\nno such service: y\n') == {}
