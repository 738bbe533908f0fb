"""What the screens are made of, without a screen: the view of a run, words, masks, prose, the terminal."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.content import Content
from textual.geometry import Size

from avnwizard import ui
from avnwizard.domain.env_preview import preview
from avnwizard.domain.envfile import EnvFile
from avnwizard.engine.feed import Event
from avnwizard.engine.records import RunRecord, StepRecord
from avnwizard.ui import run_lines
from avnwizard.ui.ascii_filter import AsciiFilter, plain_sign
from avnwizard.ui.log_lines import log_of, speakers
from avnwizard.ui.run_view import RunNews, RunView, Second
from avnwizard.ui.widgets.images import image_tag
from avnwizard.ui.widgets.key_bar import KeyBar
from avnwizard.ui.widgets.probe import counts, seconds
from avnwizard.ui.widgets.prose import prose

RUN = RunRecord("r", "upgrade", "v1 to v2", "", "", "running", 1, 100.0, 0.0, "", "")
STEPS = tuple(StepRecord("r", n, name, f"Do {name}", "pending", 0.0, 0.0, "", {}) for n, name in enumerate("abc"))


def news(**changed: object) -> RunNews:
    """A look at a live run."""
    return replace(RunNews(RUN, STEPS, live=True), **changed)  # type: ignore[arg-type]  # fields by name


def test_the_canary_has_a_line_once_it_goes_along() -> None:
    """Nothing without one; else its own words, with nothing hostile in them, and whether anything failed."""
    view = RunView(RUN).told(news(), settled=True)
    assert str(run_lines.canary(view)) == ""
    told = "9 tries, 0 failed during the run"
    event = Event(1.0, "canary", "", f"{told}\x1b[2J", {"tried": 9, "failed": 0, "broken": []})
    well = view.told(news(events=(event,)), settled=True)
    assert f"canary: {told}" in str(run_lines.canary(well))
    assert "\x1b" not in str(run_lines.canary(well))
    ill = view.told(news(events=(replace(event, data={"failed": 2}),)), settled=True)
    assert (well.canary_ails, ill.canary_ails) == (False, True)
    assert str(run_lines.canary(well))[0] != str(run_lines.canary(ill))[0]


def test_a_run_whose_process_is_gone_is_cut_off() -> None:
    """Running in the journal, nobody holds the lock: cut off, once its process had time to start."""
    view = RunView(RUN).told(news(live=False), settled=False)
    assert view.phase == "starting"
    assert view.told(news(live=False), settled=True).phase == "cut off"
    assert view.told(news(), settled=False).told(news(live=False), settled=False).stopped


def test_an_old_failure_is_not_told_of_a_new_attempt() -> None:
    """Tried again, the run is starting until it is seen at work; then a failure is one."""
    failed = replace(RUN, state="failed")
    view = RunView(failed).told(news(record=failed), settled=False)
    assert view.phase == "starting"
    view = view.told(news(), settled=False).told(news(record=failed), settled=False)
    assert view.phase == "failed"


def test_controls_that_wait_are_told() -> None:
    """Asked to pause or to stop, the run says so before it does."""
    assert RunView(RUN).told(news(asked=frozenset({"pause"})), settled=True).phase == "pausing"
    assert RunView(RUN).told(news(asked=frozenset({"abort"})), settled=True).phase == "stopping"


def test_time_left_and_the_bar_go_by_the_steps_times() -> None:
    """One long step of three: the bar is nearly full once it is done; of a run that stopped no time is left."""
    steps = (
        replace(STEPS[0], state="done", started_at=100.0, finished_at=190.0),
        replace(STEPS[1], state="started", started_at=190.0),
        STEPS[2],
    )
    view = RunView(RUN).told(news(steps=steps, expected={"a": 90.0, "b": 5.0, "c": 5.0}), settled=True)
    shown = run_lines.summary(view, 192.0, 100).plain
    assert "1 of 3 steps  1 min 32 s, about 8 s left" in shown
    assert shown.count("█") == 18
    stopped = view.told(news(record=replace(RUN, state="failed"), steps=steps, live=False), settled=True)
    assert " left" not in run_lines.summary(stopped, 192.0, 100).plain
    narrow = run_lines.summary(view, 192.0, 72)
    assert "█" in narrow.plain
    assert narrow.cell_length <= 72, "the bar has the room that is left"
    assert "█" not in run_lines.summary(view, 192.0, 60).plain


def test_time_in_which_a_run_stood_still_is_not_its_work() -> None:
    """Failed after 10 s, tried again half an hour later: 12 s of work, and not 30 minutes."""
    failed = replace(STEPS[0], state="failed", started_at=100.0, finished_at=110.0)
    view = RunView(RUN).told(news(record=replace(RUN, state="failed"), steps=(failed,), live=False), settled=True)
    assert view.elapsed(2000.0) == 10.0
    again = replace(failed, state="started", started_at=1900.0)
    assert view.told(news(steps=(again,)), settled=True).elapsed(1912.0) == 12.0


def _measured(sent: int, in_all: int, **second: float) -> Event:
    kinds = {"misrouted": in_all - 1, "\x1b[2J": 1} if in_all else {}
    data = {"sent": sent, "answered": sent - in_all, "lost": in_all, "kinds": kinds, "longest_gap_ms": 1300.0}
    return Event(0.0, "measure", "", "", {**data, "p50_ms": 5.0, "p99_ms": 41.0, "second": second})


def test_the_probe_shows_what_was_measured_and_nothing_else() -> None:
    """No measure, no probe; then the newest counts, and the seconds one after another."""
    assert RunView(RUN).told(news(), settled=True).probe is None
    first, then = (
        _measured(10, 0, answered=10, lost=0, p99_ms=9.0),
        _measured(20, 7, answered=3, lost=7, p99_ms=200.0),
    )
    view = RunView(RUN).told(news(events=(first, then)), settled=True)
    probe = view.probe
    assert probe is not None
    assert (probe.sent, probe.answered, probe.lost, probe.gap_ms) == (20, 13, 7, 1300.0)
    assert probe.seconds == (Second(10, 0, 9.0), Second(3, 7, 200.0))
    assert counts(probe, 80).plain == "✗ edge: 20 sent, 13 answered, 7 lost (answered by another service), gap 1.3 s"
    drawn = seconds(probe, 40).plain
    assert len(drawn) == 40
    assert drawn.endswith("▁✗ 200 ms")


@pytest.mark.parametrize("width", [20, 38, 58, 78, 118])
def test_the_probe_fits_any_width(width: int) -> None:
    """Numbers are left out, never cut in the middle where the counts themselves have room; the plot is as wide."""
    events = tuple(_measured(20 * n, 3, answered=20, lost=n % 9 == 0, p99_ms=float(n)) for n in range(1, 400))
    probe = RunView(RUN).told(news(events=events), settled=True).probe
    assert probe is not None
    assert len(probe.seconds) == 240
    assert len(counts(probe, width).plain) <= width
    assert len(seconds(probe, width).plain) == width
    assert "\x1b" not in counts(probe, width).plain


def test_a_measure_of_another_shape_breaks_nothing() -> None:
    """What is no number counts as none."""
    odd = Event(0.0, "measure", "", "", {"sent": "x", "kinds": [1], "second": "y", "p99_ms": None})
    probe = RunView(RUN).told(news(events=(odd,)), settled=True).probe
    assert probe is not None
    assert (probe.sent, probe.kinds, probe.p99_ms) == (0, (), 0.0)


def test_a_hostile_line_of_a_container_is_shown_harmless() -> None:
    """Markup stays text, an escape sequence is visible and moves nothing."""
    event = Event(0.0, "say", "a", "gateway | [/x] [bold]\x1b[2J\u202egnp\x07", {})
    view = RunView(RUN).told(news(events=(event,)), settled=True)
    line = run_lines.log_lines(view, 1)[0].plain
    assert line == "gateway | [/x] [bold]␛[2J\\u202egnp␇"


def test_an_image_is_its_tag() -> None:
    """No registry host on the screen, and a digest neither."""
    assert image_tag("registry.example.test:5000/avnology/hydra:v2.3.0@sha256:00ff") == "v2.3.0"
    assert image_tag("registry.example.test:5000/avnology/hydra") == "hydra"


def test_the_preview_masks_secrets_in_values_comments_and_urls() -> None:
    """No secret of either file is in the preview, whether it goes, comes, stays or is commented out."""
    before = EnvFile.parse(b"A_SECRET=one1\nB=2\nDB=postgres://u:pass1@h/d\nC_TOKEN='two2\nlines2'\n")
    after = before.with_value("A_SECRET", "new1").commented_out("C_TOKEN").with_value("B", "3")
    lines = preview(before, after)
    text = "\n".join(f"{line.sign}{line.text}" for line in lines)
    assert "-A_SECRET=***" in text
    assert "+A_SECRET=***" in text
    assert "+B=3" in text
    for secret in ("one1", "new1", "pass1", "two2", "lines2"):
        assert secret not in text, text


def test_prose_keeps_every_word_and_obeys_none() -> None:
    """Markup of Textual, HTML, control characters: shown. Headings, lists, code: styled."""
    text = prose("# [BREAKING] x\n\n- one [/b] `two`\n  1. three\n\n<b>four</b> [five](http://e.example)\x1b[31m\n")
    for said in ("[BREAKING] x", "• one [/b] two", "1. three", "<b>four</b>", "five (http://e.example)␛[31m"):
        assert said in text.plain
    assert any("bold" in str(span.style) for span in text.spans)


def test_prose_of_a_line_without_end_is_shown() -> None:
    """5,000 characters without a space, and lists nested past reason, neither crash nor vanish."""
    assert "y" * 5000 in prose("y" * 5000).plain
    assert "deep" in prose("".join("  " * n + "- a\n" for n in range(60)) + "deep\n").plain


def test_signs_become_ascii_cell_by_cell() -> None:
    """Where the locale is not UTF-8 nothing but ASCII goes out, and no column moves."""
    made = AsciiFilter().apply([Segment("✓ v1 → v2 █░ ü 漢 … ┌─┐")], Color(0, 0, 0))[0].text
    assert made == "+ v1 > v2 #- u ?? ~ +-+"
    assert len(made) == Content("✓ v1 → v2 █░ ü 漢 … ┌─┐").cell_length


def test_every_sign_of_the_screens_has_a_plain_form() -> None:
    """No `?` stands for a sign that avnwizard itself puts on a screen."""
    source = "".join(file.read_text("utf-8") for file in sorted(Path(ui.__file__).parent.rglob("*.py")))
    assert {sign for sign in source if plain_sign(sign) == "?" != sign} == set()


@pytest.mark.parametrize("width", [58, 78])
def test_the_price_of_going_back_comes_first_and_fits(width: int) -> None:
    """Its sentence begins with the seconds and the rows, and takes three lines at most at any width."""
    text = "going back now: about 40 s down, 14 new sessions and 1 new identity lost (since 02:14); what users write"
    view = replace(RunView(RUN), cost=f"{text} while the migration runs would be lost too")
    told = run_lines.cost(view)
    assert told.plain.startswith("Going back now: about 40 s down, 14 new sessions")
    assert len(told.wrap(width)) <= 3


def _said(view: RunView, *lines: tuple[str, str]) -> RunView:
    events = tuple(Event(1000.0 + n, "say", step, text, {}) for n, (step, text) in enumerate(lines))
    return view.told(news(events=events), settled=True)


@pytest.mark.parametrize("width", [58, 78])
def test_the_log_shows_every_word_at_any_width(width: int) -> None:
    """A long reason is wrapped below its time; no line is wider than the page, and nothing is cut off."""
    reason = "0006_account_handles.sql: canceling statement due to lock timeout, while altering the table accounts"
    log = log_of(_said(RunView(RUN), ("a", "short"), ("b", reason)), width)
    assert all(line.cell_length <= width for line in log.lines)
    assert [line.plain for line in log.lines if not line.plain[:1].isspace()][:1] == ["Do a"]
    assert " ".join(line.plain[10:].strip() for line in log.lines[3:]) == reason
    assert re.fullmatch(r"\d\d:\d\d:\d\d  short", log.lines[1].plain)


def test_the_log_is_searched_and_narrowed() -> None:
    """The lines that hold what is sought, whatever its case; one step's words alone."""
    view = _said(RunView(RUN), ("a", "pulling"), ("b", "Error: x"), ("b", "fine"), ("c", "an ERROR"))
    log = log_of(view, 78, sought="error")
    assert [log.lines[n].plain[10:] for n in log.found] == ["Error: x", "an ERROR"]
    assert any(span.style == "reverse" for span in log.lines[log.found[0]].spans)
    assert speakers(view) == ("a", "b", "c")
    assert [line.plain[10:] for line in log_of(view, 78, only="b").lines[1:]] == ["Error: x", "fine"]


def test_keys_that_do_not_fit_stand_behind_help() -> None:
    """The last key is always shown; where others are left out it says that there are more."""

    class Bar(KeyBar):
        content_size = Size(46, 1)

    bar = Bar()
    bar.set_reactive(KeyBar.keys, (("Enter", "Go on"), ("?", "Help")))
    assert bar.render().plain == "Enter Go on  ? Help"
    many = (("Enter", "Go on"), ("Space", "I have read it"), ("/", "Search the whole text"), ("?", "Help"))
    bar.set_reactive(KeyBar.keys, many)
    assert bar.render().plain == "Enter Go on  Space I have read it  ? More"


@pytest.mark.parametrize("width", [29, 50, 78])
def test_the_time_left_of_a_step_is_never_cut_off(width: int) -> None:
    """A share where there is little room, sizes where there is; the seconds left stand at the end of each line."""
    steps = (replace(STEPS[0], title="Take a snapshot of every database", state="started", started_at=100.0),)
    made = Event(110.0, "progress", "a", "", {"done": 54e6, "total": 140e6, "unit": "bytes", "left_s": 12.0})
    view = RunView(RUN).told(news(steps=steps, events=(made,)), settled=True)
    line = run_lines.step_lines(view, width, 110.0)[0].plain
    assert line.endswith(", 12 s left")
    assert len(line) <= width
    assert ("39%" in line) == (width < 50)
