"""Every number of `avnwizard.toml` has bounds, and whatever is wrong in the file is one error with its place."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest

from avnwizard.domain.config import Config, parse_config
from avnwizard.errors import ExitCode, UsageError
from avnwizard.practice.host import PracticeHost
from tests.flows.cli import avnwizard

_RANGES = {
    "roll.healthy_s": "a number from 1 to 86,400",
    "roll.drain_s": "a number from 0 to 3,600",
    "roll.drain_limit_s": "a number from 0 to 86,400",
    "releases.every_days": "a whole number from 1 to 366",
    "releases.deprecation_months": "a whole number from 0 to 60",
    "roll.hold_s": "a number from 0 to 120",
    "roll.at_once": "a whole number from 0 to 64",
    "verify.bake_s": "a number from 0 to 3,600",
    "postgres.keep_old_days": "a number from 0 to 36,500",
    "postgres.keep_reverse_s": "a number from 0 to 2,678,400",
    "probe.rate": "a number from 0.5 to 200",
    "canary.every_s": "a number from 1 to 3,600",
    "rotation.window_s": "a number from 0 to 3,153,600,000",
    "fleet.timeout_s": "a number from 1 to 3,600",
    "fleet.drain_s": "a number from 0 to 86,400",
    "fleet.watch_s": "a number from 0 to 3,600",
    "fleet.bake_s": "a number from 0 to 86,400",
    "hooks.timeout_s": "a number from 1 to 3,600",
    "rehearse.cpus": "a number from 0.1 to 256",
    "rehearse.memory_mb": "a whole number from 64 to 1,048,576",
    "rehearse.max_load": "a number from 0.1 to 1,000",
    "rehearse.healthy_s": "a number from 1 to 86,400",
    "rehearse.job_s": "a number from 1 to 86,400",
    "rehearse.old_at_once": "a whole number from 1 to 64",
    "rehearse.check_s": "a number from 1 to 86,400",
    "kubernetes.timeout_s": "a number from 0 to 14,400",
    "kubernetes.settle_s": "a number from 0 to 3,600",
    "snapshot.keep": "a whole number from 1 to 10,000",
    "snapshot.keep_days": "a number from 0 to 36,500",
}


def _numbers(section: Any, before: str = "") -> Iterator[str]:
    """The settings that are numbers, as `section.key`."""
    hints = get_type_hints(section)
    for one in fields(section):
        if is_dataclass(hints[one.name]):
            yield from _numbers(hints[one.name], f"{one.name}.")
        elif {hints[one.name], *get_args(hints[one.name])} & {int, float}:
            yield f"{before}{one.name}"


def test_every_number_has_a_range() -> None:
    """A new number is listed here with what it may be."""
    assert set(_numbers(Config)) == _RANGES.keys()


@pytest.mark.parametrize("value", ["nan", "-nan", "inf", "-inf", "-1", "1e300", "9" * 400])
@pytest.mark.parametrize("place", _RANGES)
def test_senseless_numbers_are_refused(place: str, value: str) -> None:
    """Not a number, endless, negative, or beyond all measure: the error names file, key and range."""
    section, _, key = place.partition(".")
    with pytest.raises(UsageError) as caught:
        parse_config(f"[{section}]\n{key} = {value}\n", source="/srv/id/avnwizard.toml")
    assert caught.value.message == f"/srv/id/avnwizard.toml: {place}: Must be {_RANGES[place]}."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[roll]\nhealthy_s = 0", "healthy_s: Must be"),
        (b"[snapshot]\nkeep = 0", "keep: Must be"),
        (b"a=" + b"[" * 5000, "f, line 1: nested too deeply"),
        (b"x = 1\na=" + b"{b=" * 5000, "f, line 2: nested too deeply"),
        (b"\n\nkeep=" + b"9" * 10_000, "f, line 3: a number cannot be read"),
        (b"at = 2020-99-99", "f is not TOML: "),
        (b"a = 'x\n", "f is not TOML: "),
        (b"a = 1\nb = \xff", "f, line 2: this is not UTF-8 text"),
        (b"a = 1\0", "f is not TOML: "),
        ("[stack]\nproject = 'a\u202eb'".encode(), "stack.project holds a character that cannot be shown"),
        ("[probe.paths]\n'a\u2028' = '/'".encode(), "probe.paths.a\\u2028 holds a character"),
        (b'[stack]\nfiles = ["a", "b\\u0000"]', "stack.files.1 holds a character that cannot be shown"),
        (b"[snapshot]\nkeep = [1]", "snapshot.keep: Must be"),
        (b"roll = 5", "roll: "),
        (b"[roll.strategy]\n'a\\nb' = 'x'", "roll.strategy"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_malformed_file_is_one_error(text: bytes, said: str) -> None:
    """It names the file and the place, in characters that can be shown, with something to do."""
    with pytest.raises(UsageError) as caught:
        parse_config(text, source="f")
    assert said in caught.value.message
    assert caught.value.message.isprintable()
    assert caught.value.hint


def test_a_verb_says_what_is_wrong_with_the_file(practice_host: PracticeHost) -> None:
    """Exit code 2 and one error, whatever is in the checkout's `avnwizard.toml`; never a bug."""
    file = practice_host.project.directory / "avnwizard.toml"
    for text in (b"[roll]\nhealthy_s = nan\n", b"a=" + b"[" * 5000, b"[stack]\nproduct = '\xff'\n"):
        file.write_bytes(text)
        said = avnwizard("status", "--stack", file.parent)
        assert said.code == ExitCode.USAGE, said.err
        assert str(file) in said.err
        assert "bug" not in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("demo", "--yes", "--speed", "0"),
        ("demo", "--yes", "--speed", "-1"),
        ("demo", "--yes", "--speed", "nan"),
        ("demo", "--yes", "--speed", "inf"),
        ("snapshot", "prune", "--keep-days", "nan"),
        ("snapshot", "prune", "--keep-days", "inf"),
        ("snapshot", "prune", "--keep", "-1"),
    ],
    ids=" ".join,
)
def test_a_senseless_option_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    """On the command line, too, a number is one within its bounds."""
    said = avnwizard(*arguments)
    assert said.code == ExitCode.USAGE
    assert arguments[-2] in said.err
