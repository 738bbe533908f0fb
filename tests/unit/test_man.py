"""The manual page: everything that `avnwizard help` knows, as `man` reads it."""

import re
import shutil
import subprocess

import pytest

from avnwizard.cli.app import app
from avnwizard.cli.man import from_markdown, page
from avnwizard.cli.verbs.topics import whole
from avnwizard.docs import TOPICS


@pytest.fixture(scope="module")
def written() -> str:
    """The whole page."""
    return page(app, lambda topic: whole(app, topic))


def test_every_verb_and_topic_is_there(written: str) -> None:
    """Verbs below verbs, too; hidden ones are not."""
    for topic in TOPICS:
        assert f".SH {topic.upper().replace('-', chr(92) + '-')}\n" in written
    for verb in ("upgrade", "snapshot restore", "rotate hydra", "postgres plan"):
        assert f".SS avnwizard {verb}\n" in written
    assert ".SS avnwizard carry" not in written
    assert written.isascii()


def test_groff_has_nothing_to_complain_of(written: str) -> None:
    """Where groff is, it formats the page without a warning."""
    if not shutil.which("groff"):
        pytest.skip("groff is not here")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-z", "-Tutf8"], input=written, text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("markdown", "roff"),
    [
        ("# Title\n\nText.", ".PP\nText.\n"),
        (".so /etc/passwd", ".PP\n\\&.so /etc/passwd\n"),
        ("'br\n.ex", ".PP\n\\&'br \\&.ex\n"),
        ("a `\\f` **b** -c", ".PP\na \\fB\\ef\\fR \\fBb\\fR \\-c\n"),
        ("- one\n- two", ".IP \\(bu 2\none\n.IP \\(bu 2\ntwo\n.PP\n"),
        ("1. one\n2. two", ".IP 1. 4\none\n.IP 2. 4\ntwo\n.PP\n"),
        ("```\n.SH x\n```", ".PP\n.RS 4\n.nf\n\\&.SH x\n.fi\n.RE\n"),
        ("| a | b | c |\n|---|---|---|\n| 1 | 2 | |", ".TP\na\nb; c\n.TP\n1\n2\n"),
        ("é …", ".PP\n\\[u00E9] \\[u2026]\n"),
    ],
)
def test_markdown_becomes_roff(markdown: str, roff: str) -> None:
    """Each construct that the topics use; no text is taken for a request to roff."""
    assert from_markdown(markdown) == roff


def test_no_line_is_a_request_that_was_not_meant(written: str) -> None:
    """Only the requests that the writer uses begin lines."""
    used = set(re.findall(r"^[.'](\S*)", written, re.MULTILINE))
    assert used <= {"TH", "SH", "SS", "PP", "TP", "IP", "B", "RI", "RS", "RE", "nf", "fi"}
