"""What is seen of a release after it was verified: figures judged, and a run that ends as "done, but"."""

import pytest

from avnwizard.domain.bake import Baked, Requests, error_lines, trouble
from avnwizard.engine.feed import Event
from avnwizard.errors import ExitCode
from avnwizard.flows.steps.bake import requests
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import BAKE_S, open_host
from tests.flows.cli import answer_all, avnwizard

CALM = Requests(1000, 0, (5.0, 6.0, 5.0))


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (Baked(before=CALM, requests=CALM), ()),
        (Baked(before=CALM, requests=Requests(100, 0, (9.0, 30.0, 9.0))), ()),
        (Baked(errors={"web": 4}, errors_before={"web": 0}), ()),
        (Baked(errors={"web": 50}, errors_before={"web": 30}), ()),
        (Baked(before=Requests(1000, 100, (5.0,)), requests=Requests(100, 12, (5.0,))), ()),
        (Baked(restarts={"web": 2}, ailing={"web": "unhealthy"}), ("web was restarted 2 times",)),
        (Baked(ailing={"api": "unhealthy"}), ("api was unhealthy",)),
        (Baked(before=CALM, requests=Requests(100, 3, (5.0,))), ("3 of 100 requests through the edge failed",)),
        (Baked(before=CALM, requests=Requests(100, 0, (80.0,))), ("requests take 80 ms instead of 5 ms",)),
        (
            Baked(errors={"web": 9}, errors_before={"web": 1}),
            ("web logged 9 lines at error level; in as much time before the roll: 1",),
        ),
    ],
)
def test_what_counts_as_trouble(seen: Baked, said: tuple[str, ...]) -> None:
    """Compared with what was usual before the roll; a little more of anything says nothing."""
    assert trouble(seen) == said


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ("2026-11-28 14:02:11 ERROR could not connect", True),
        ('{"level":"error","msg":"boom"}', True),
        ('{"level":50,"msg":"boom"}', True),
        ("time=2026 level=fatal msg=x", True),
        ("E1128 14:02:11.0 main.go:3] x", True),
        ("2026 [crit] 7#7: *1 x", False),
        ('{"level":"info","msg":"0 errors"}', False),
        ("GET /error 200", False),
        ("level=warning msg=error_count", False),
    ],
)
def test_error_lines(line: str, is_error: bool) -> None:
    """As loggers write their level; the word "error" in a message is none."""
    assert error_lines([line]) == is_error


def test_requests_are_those_of_the_time() -> None:
    """What was counted ahead is taken off; a second without an answer has no time."""
    told = [
        Event(0.0, "measure", "", data={"sent": sent, "lost": lost, "second": {"answered": answered, "p50_ms": p50}})
        for sent, lost, answered, p50 in ((10, 0, 10, 4.0), (20, 1, 9, 6.0), (30, 11, 0, 0.0))
    ]
    assert requests(told[1:], told[:1]) == Requests(20, 11, (6.0,))
    assert requests([]) == Requests()


def test_a_release_that_complains_is_done_but(
    practice_host: PracticeHost, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is done; what was seen and the way back are told where it ends, and in the report."""
    checkout = practice_host.project.directory
    answers = answer_all(checkout, "v2.0.0", tmp_path_factory.mktemp("bake") / "answers.toml")
    monkeypatch.setenv(BAKE_S, "9")
    with practice_host.state.transaction() as db:  # some 80,000 lines in the two minutes after its start
        db.execute(
            "CREATE TRIGGER complains AFTER INSERT ON container WHEN NEW.service = 'web' BEGIN INSERT INTO log "
            "SELECT NEW.id, NEW.created_at + abs(random() % 120000) / 1000.0, 'ERROR no luck' "
            "FROM container a, container b, container c, (SELECT id FROM container LIMIT 8) d; END"
        )
    said = avnwizard("upgrade", "--to", "v2.0.0", "--stack", checkout, "--yes", "--answers", answers)
    assert said.code == ExitCode.DONE, said.err
    host = open_host(checkout)
    run = host.journal().runs()[0]
    assert run.state == "done"
    assert "but: web logged" in said.err
    assert f"avnwizard rollback {run.id}" in said.err
    assert "Seen after it was verified" in (host.state.run(run.id) / "report.md").read_text()
