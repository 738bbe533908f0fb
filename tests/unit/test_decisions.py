"""Decisions, answers, strategies, secrets and the configuration: pure values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avnwizard.domain.answers import GENERATE, Answers, Decision, check_known, read_answers, write_answers
from avnwizard.domain.compose import variables_used
from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.config import Config, parse_config
from avnwizard.domain.env_decisions import apply_decisions, env_decisions
from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel, Service
from avnwizard.domain.secret import Secret, generate, is_secret_name, masked
from avnwizard.domain.strategy import COMPLETED, choose, roll_order
from avnwizard.errors import RefusedError, UsageError

OLD = b"MAIL_URL=\nPOOL_SIZE=5\nLEGACY_MODE=on\n"
NEW = b"COURIER_MAIL_URL=\nPOOL_SIZE=5\nAPI_SECRET=\nTHRESHOLD=70\n"
COMPOSE = """
services:
  api:
    environment:
      MAIL: ${COURIER_MAIL_URL:?}
      SECRET: ${API_SECRET:?set it}
      POOL: ${POOL_SIZE:-5}
      LIMIT: ${THRESHOLD:-70}
"""
OPERATOR = b"# mine\r\nMAIL_URL=smtp://u:pw@host\r\nPOOL_SIZE=9\nLEGACY_MODE=off"


def _decide(given: dict[str, str], operator: bytes = OPERATOR) -> tuple[EnvFile, tuple[Decision, ...], Answers]:
    env = EnvFile.parse(operator)
    diff = diff_env(EnvFile.parse(OLD), EnvFile.parse(NEW), changelog="- `LEGACY_MODE` was removed\n", operator=env)
    answers = Answers({key: Secret(value) for key, value in given.items()})
    return env, env_decisions(env, diff, variables_used(COMPOSE), answers), answers


def test_a_rename_is_asked_and_a_removal_is_not() -> None:
    """An uncertain rename is open, a required secret is open, a default and a removal are certain."""
    _, decisions, answers = _decide({})
    assert {d.id for d in answers.open(decisions)} == {"rename:MAIL_URL", "value:API_SECRET"}
    assert {d.id for d in decisions if d.certain} == {"value:THRESHOLD", "remove:LEGACY_MODE"}


def test_the_file_as_it_will_be() -> None:
    """Renamed with its value, added, commented out; every other byte stays; a secret is generated and never shown."""
    env, decisions, answers = _decide({"rename:MAIL_URL": "COURIER_MAIL_URL", "value:API_SECRET": GENERATE})
    after, edits = apply_decisions(env, decisions, answers, note="avnwizard")
    assert after.to_bytes().startswith(b"# mine\r\nCOURIER_MAIL_URL=smtp://u:pw@host\r\nPOOL_SIZE=9\n")
    assert after.get("LEGACY_MODE") is None
    assert len(after.get("API_SECRET") or "") == 64
    shown = {edit.key: edit.shown for edit in edits}
    assert shown == {"MAIL_URL": "smtp://***@host", "API_SECRET": "***", "THRESHOLD": "70", "LEGACY_MODE": "off"}


def test_a_refused_rename_opens_the_next_question() -> None:
    """Refused, the old name is a removal and the new one needs a value of its own."""
    _, decisions, answers = _decide({"rename:MAIL_URL": ""})
    assert "value:COURIER_MAIL_URL" in {d.id for d in answers.open(decisions)}
    assert "remove:MAIL_URL" in {d.id for d in decisions}


def test_nothing_is_asked_for_what_the_operator_has() -> None:
    """A name that is set already is neither renamed over nor added again."""
    _, decisions, _ = _decide({}, operator=b"COURIER_MAIL_URL=x\nAPI_SECRET=0123456789abcdef\nTHRESHOLD=1\n")
    assert decisions == ()


def test_an_answer_that_cannot_be_a_name() -> None:
    """A rename to something that is no variable name is refused."""
    env, decisions, answers = _decide({"rename:MAIL_URL": "NOT A NAME", "value:API_SECRET": "x"})
    with pytest.raises(UsageError):
        apply_decisions(env, decisions, answers, note="")


def test_answers_survive_the_file() -> None:
    """What is written is read back; hostile text in a question stays a comment."""
    decisions = (
        Decision("acknowledge", "2.0.0/1", "\x1b[2J\nbreaking = true"),
        Decision("value", "TOKEN", "TOKEN needs a value", secret=True, proposal=GENERATE),
    )
    text = write_answers(decisions, current="v1", target="v2")
    assert "\x1b" not in text
    answers = read_answers(text.replace("= false", "= true"), source="f", current="v1", target="v2")
    assert answers.open(decisions) == ()
    assert "***" in repr(answers)
    assert GENERATE not in repr(answers)


def test_an_unknown_answer_is_a_typing_error() -> None:
    """An answer to a question that nobody asked is refused by name."""
    with pytest.raises(UsageError, match="TYPO"):
        check_known(Answers({"value:TYPO": Secret("x")}), (), source="f")


@given(st.text())
def test_any_answers_file_is_read_or_refused(text: str) -> None:
    """No file crashes the reader."""
    refused = ""
    try:
        read_answers(text, source="f", current="v1", target="v2")
    except UsageError as error:
        refused = error.message
    assert refused, "such a text never names this upgrade"


def test_secrets_do_not_show() -> None:
    """The type hides its text, names decide what is masked, and generated ones are never all digits."""
    assert str(Secret("hunter2")) == repr(Secret("hunter2")) == "***"
    assert is_secret_name("HYDRA_SYSTEM_SECRET")
    assert is_secret_name("db_password")
    assert not is_secret_name("MONKEY_BUSINESS")
    assert masked("URL", "postgres://u:pw@h/db") == "postgres://***@h/db"
    made = generate(16).reveal()
    assert len(made) == 16
    assert not made.isdigit()


def _model(**services: dict[str, object]) -> ComposeModel:
    return model_from_config({"services": services})


def test_strategies_and_their_reasons() -> None:
    """Jobs, fixed ports, data, missing health checks, and stateless services, one with a name of its own."""
    health = {"test": ["CMD", "true"]}
    model = _model(
        migrate={"image": "m"},
        api={"image": "a", "healthcheck": health, "depends_on": {"migrate": {"condition": COMPLETED}}},
        edge={"image": "e", "healthcheck": health, "ports": [{"published": "80", "target": 80}]},
        db={"image": "reg.example:5000/postgres:17", "volumes": [{"type": "volume", "source": "d", "target": "/d"}]},
        named={"image": "n", "container_name": "n", "healthcheck": health},
        blind={"image": "b"},
    )  # fmt: skip
    found = {name: choose(service, model).strategy for name, service in model.services.items()}
    alone = dict.fromkeys(("edge", "db", "blind"), "recreate")
    assert found == {"migrate": "job", "api": "surge", "named": "surge", **alone}
    assert choose(model.services["api"], model, override="recreate").reason == "as avnwizard.toml says"


def test_a_migration_runs_right_before_the_first_that_waits_for_it() -> None:
    """So the old code meets the new schema for as short a time as the compose file allows."""
    done = {"condition": COMPLETED}
    model = _model(
        db={"image": "postgres"},
        a_migrate={"image": "m", "depends_on": {"db": {"condition": "service_healthy"}}},
        a={"image": "a", "depends_on": {"a_migrate": done}},
        b_migrate={"image": "m", "depends_on": {"db": {"condition": "service_healthy"}}},
        b={"image": "b", "depends_on": {"b_migrate": done, "a": {"condition": "service_healthy"}}},
        tidy={"image": "t", "restart": "no", "depends_on": {"db": {"condition": "service_healthy"}}},
    )  # fmt: skip
    assert roll_order(model) == ("db", "a_migrate", "a", "b_migrate", "b", "tidy")


def test_an_unchanged_service_is_left_alone() -> None:
    """What runs as the target wants it is not touched, unless the operator orders it."""
    model = _model(api={"image": "a", "healthcheck": {"test": ["CMD", "true"]}})
    assert choose(model.services["api"], model, same=True).strategy == "skip"
    assert choose(model.services["api"], model).strategy == "surge"
    assert choose(model.services["api"], model, same=True, override="recreate").strategy == "recreate"


def test_a_circle_in_depends_on() -> None:
    """Compose would refuse it too; the circle is named."""
    model = ComposeModel({"a": Service("a", "i", {"b": "x"}), "b": Service("b", "i", {"a": "x"})}, {})
    with pytest.raises(RefusedError, match="circle"):
        roll_order(model)


def test_the_configuration() -> None:
    """Defaults are Avnology's; an unknown key, a wrong type and broken TOML are each named."""
    assert parse_config("", source="f") == Config()
    assert parse_config('[roll]\nstrategy = { docs = "recreate" }', source="f").roll.strategy == {"docs": "recreate"}
    for text, place in (
        ("[stack]\nprojekt = 'x'", "stack.projekt"),
        ("[roll]\ndrain_s = 'x'", "roll.drain_s"),
        ("[", "TOML"),
    ):
        with pytest.raises(UsageError, match=place):
            parse_config(text, source="f")


def test_the_answers_file_says_all_that_breaks() -> None:
    """The whole item stands above its line, in comments of a readable width."""
    text = "Login names are now handles. " + "The old code does not run on this schema. " * 6 + "Take a dump."
    written = write_answers([Decision("acknowledge", "2/1", "2/1: Login", in_full=text)], current="v1", target="v2")
    said = [line.removeprefix("# ") for line in written.splitlines() if line.startswith("# ")]
    assert f"2/1: {text}" in " ".join(said)
    assert max(map(len, written.splitlines())) < 120
