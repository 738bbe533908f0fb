"""Real files of a release, broken at random: each reader gives a value or one clear error, and never a crash."""

import random
from collections.abc import Callable
from functools import cache

import pytest

from avnwizard.domain.answers import read_answers
from avnwizard.domain.changelog import sections_between
from avnwizard.domain.compose import variables_used
from avnwizard.domain.config import parse_config
from avnwizard.domain.config_sample import sample
from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.traefik.rules import parse_rule, requests_for, why_not
from avnwizard.domain.version import Version
from avnwizard.errors import WizardError
from avnwizard.practice.compose.model import load
from avnwizard.practice.product.releases import release
from avnwizard.practice.product.template import COMPOSE_FILE, tree

_ODD = (
    *(
        "!!int ",
        "!!float ",
        "!!bool ",
        "!!timestamp ",
        "!reset ",
        "!!binary ",
        "&a ",
        "*a",
        "<<: ",
        "? ",
        "- ",
        "[",
        "{",
    ),
    *(
        "]",
        "}",
        "(",
        ")",
        "`",
        "'",
        '"',
        '"""',
        "$",
        "${",
        "${A:-",
        "#",
        "## ",
        "### Breaking\n",
        "```\n",
        "<!--",
        "-->",
    ),
    *("\\", "\0", "\x1b", "\x85", "\u2028", "\u202e", "\ufeff", "\udcff", "\r", "\t", "\n", "=", ":", "nan", "-inf"),
    *(
        "9" * 5000,
        "(" * 300,
        "[" * 300,
        "1.2.3",
        "v2",
        "-rc.1",
        "2020-99-99",
        "0x",
        "1e999",
        "true",
        "é",
        "\U0001f4a5",
    ),
)
"""Pieces that some reader stumbled over, and every kind of separator."""


def _broken(text: str, chance: random.Random) -> str:
    """A text with a few pieces put in, taken out or doubled."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.randint(0, 40))
        match chance.randrange(3):
            case 0:
                text = text[:at] + chance.choice(_ODD) + text[at:]
            case 1:
                text = text[:at] + text[end:]
            case _:
                text = text[:end] + text[at:]
    return text


@cache
def _real(name: str) -> str:
    """A file of the practice's v2.0.0, the settings with their defaults, or what stands in a label."""
    made: dict[str, Callable[[], str]] = {
        "avnwizard.toml": sample,
        "answers.toml": lambda: 'from = "v1"\nto = "v2"\n\n[acknowledge]\n"2.0.0/1" = true\n\n[value]\nA = "b"\n',
        "rule": lambda: "(Host(`a.test`) || HostRegexp(`^.+$`)) && !PathPrefix(`/x`) && Method(`GET`)",
        "tag": lambda: "@scope/name@v1.2.3-rc.1+build",
    }
    return made[name]() if name in made else tree(release("v2.0.0"), registry="r")[name]


def _compose(text: str) -> None:
    variables_used(text)
    load(text, {"A": "b"})


def _env(text: str) -> None:
    file = EnvFile.parse(text.encode("utf-8", "surrogatepass"))
    file.variables()
    diff_env(file, EnvFile.parse(_real(".env.example").encode()))


def _rule(text: str) -> None:
    rule = parse_rule(text)
    requests_for(rule)
    why_not(rule)


def _tag(text: str) -> None:
    version = Version.find(text)
    assert version is None or version == Version.parse(version.text)


_READERS: dict[str, Callable[[str], object]] = {
    COMPOSE_FILE: _compose,
    ".env.example": _env,
    "CHANGELOG.md": lambda text: sections_between(text, "v1.5.0", "v2.0.0"),
    "avnwizard.toml": lambda text: parse_config(text, source="f"),
    "answers.toml": lambda text: read_answers(text, source="f", current="v1", target="v2"),
    "rule": _rule,
    "tag": _tag,
}
_TIMES = {COMPOSE_FILE: 25, ".env.example": 25, "CHANGELOG.md": 50}
"""A large file is broken less often."""


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", _READERS)
def test_a_broken_file_is_read_or_refused(name: str, seed: int) -> None:
    """One error that can be shown and says what to do; anything else would be a bug of ours on the screen."""
    chance = random.Random(seed)  # noqa: S311 - a test's own dice
    for _ in range(_TIMES.get(name, 300)):
        refused = ""
        try:
            _READERS[name](_broken(_real(name), chance))
        except WizardError as error:
            refused = f"{error.message} {error.hint}"
        assert all(line.isprintable() for line in refused.split("\n"))
