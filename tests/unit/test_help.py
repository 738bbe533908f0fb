"""The help topics: complete, and true to the code that they describe."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from avnwizard.cli.app import app
from avnwizard.cli.screen_pages import SCREENS
from avnwizard.cli.verbs.topics import json_shapes, whole
from avnwizard.docs import TOPICS, text_of, title_of
from avnwizard.domain.config import Config, parse_config
from avnwizard.domain.config_sample import sample
from avnwizard.errors import ExitCode
from avnwizard.ui.screens.find import ListPage
from tests.flows.cli import avnwizard

ROOT = Path(__file__).parents[2]


def test_the_topics_are_listed() -> None:
    """`help` names every topic with what it is about, and exits with 0."""
    said = avnwizard("help")
    assert said.code == ExitCode.DONE
    for topic in TOPICS:
        assert re.search(rf"^{topic} +{re.escape(title_of(text_of(topic)))}", said.out, re.MULTILINE)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_shown_whole(topic: str) -> None:
    """Without a terminal a topic is its Markdown, without a pager and without control characters."""
    said = avnwizard("help", topic)
    assert (said.code, said.out) == (ExitCode.DONE, whole(app, topic))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", said.out)


def test_an_unknown_topic() -> None:
    """Exit 2, naming the topics that there are."""
    said = avnwizard("help", "nonsense")
    assert said.code == ExitCode.USAGE
    assert "glossary" in said.err


def test_every_file_is_a_topic() -> None:
    """No page of the package is left out of the list."""
    assert {file.stem for file in (ROOT / "avnwizard" / "docs").glob("*.md")} == set(TOPICS)


def test_the_sample_is_the_defaults() -> None:
    """The generated `avnwizard.toml` is accepted, and changes nothing."""
    assert parse_config(sample(), source="sample") == Config()


def test_every_exit_code_is_explained() -> None:
    """The table has each code once, and no other."""
    rows = re.findall(r"^\| (\d+) \|", text_of("exit-codes"), re.MULTILINE)
    assert [int(row) for row in rows] == sorted(ExitCode)


def _with_json(command: Any, before: str = "") -> Iterator[str]:
    for name, below in getattr(command, "commands", {}).items():
        yield from _with_json(below, f"{before}{name} ")
        if not hasattr(below, "commands") and any("--json" in option.opts for option in below.params):
            yield f"{before}{name}"


def test_every_json_is_described() -> None:
    """Each verb that takes `--json` says in its help, and so in `help json`, what it prints."""
    assert set(_with_json(typer.main.get_command(app))) - {name for name, _ in json_shapes(app)} == set()


def test_every_switch_is_explained() -> None:
    """Each environment variable of ours that the code reads is in the table, and no other."""
    code = "".join(file.read_text("utf-8") for top in ("avnwizard", "tests") for file in (ROOT / top).rglob("*.py"))
    read = set(re.findall(r'"(AVNWIZARD_[A-Z_]+)"', code))
    assert read == set(re.findall(r"`(AVNWIZARD_[A-Z_]+)`", text_of("environment")))


def test_the_screens_page_says_what_the_screens_say() -> None:
    """Every screen with the words that `?` shows, and its own keys."""
    text = whole(app, "screens")
    for title, page in SCREENS:
        assert f"## {title}\n\n{page.EXPLAINED}" in text
        assert page.EXPLAINED
    assert "- `w`: Save plan" in text
    assert text.count("- `/`: Find") == sum(issubclass(page, ListPage) for _, page in SCREENS) > 0
    files = {file.stem for file in (ROOT / "avnwizard" / "ui" / "screens").glob("*.py")}
    known = {page.__module__.rpartition(".")[2] for _, page in SCREENS}
    others = {
        "__init__",
        "page",
        "plan_page",
        "starting",
        "find",
        "ask",
        "confirm_name",
        "enter_value",
        "explain",
        "pick_volumes",
        "pick_data_way",
    }
    assert files - others == known, "a new screen belongs on that page"
