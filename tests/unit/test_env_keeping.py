"""When a variable may be commented out, when it stays and when it is asked about; what decides a service's image."""

import pytest

from avnwizard.domain.answers import COMMENT_OUT, KEEP, Answers, Decision
from avnwizard.domain.compose import env_file_paths, image_variables, variables_used, whole_file_readers
from avnwizard.domain.env_decisions import apply_decisions, env_decisions
from avnwizard.domain.env_merge import contested, merge_edits, merged
from avnwizard.domain.env_pins import Defaults, Pin, pins
from avnwizard.domain.env_readers import Readers
from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.secret import Secret

STACK = "/srv/id"
WHOLE = """
services:
  by_list: {env_file: [.env.production]}
  by_text: {env_file: ./.env.production}
  by_path: {env_file: [{path: /srv/id/.env.production, required: false}]}
  by_variable: {env_file: "${ENV_FILE:-.env.production}"}
  by_something_unclear: {env_file: "${ENV_FILE:?}"}
  by_mount: {volumes: ["./.env.production:/app/.env:ro"]}
  by_folder: {volumes: [{type: bind, source: ., target: /app}]}
  by_secret: {secrets: [env]}
  other_file: {env_file: web.env}
  other_mount: {volumes: ["data:/data", "/:/host:ro", "./conf:/conf"]}
  named: {environment: {A: "${A}"}}
secrets: {env: {file: ./.env.production}}
"""


def _env(text: str) -> EnvFile:
    return EnvFile.parse(text.encode())


def test_services_that_are_given_the_whole_file() -> None:
    """By `env_file` in each of its forms, by a mount of the file or the project, as a secret; no other way counts."""
    found = whole_file_readers(
        WHOLE, directory=STACK, env_files=frozenset({f"{STACK}/.env.production"}), values={"ENV_FILE_X": "1"}
    )
    assert found == tuple(
        sorted(
            "by_list by_text by_path by_variable by_something_unclear by_mount by_folder by_secret".split()  # noqa: SIM905 - shorter
        )
    )
    assert f"{STACK}/web.env" in env_file_paths(WHOLE, directory=STACK, values={})


def _decide(
    old: str,
    new: str,
    operator: str,
    readers: Readers | None = None,
    given: dict[str, str] | None = None,
    *,
    notes: str = "",
) -> tuple[dict[str, Decision], EnvFile]:
    env = _env(operator)
    diff = diff_env(_env(old), _env(new), changelog=notes, operator=env)
    answers = Answers({key: Secret(value) for key, value in (given or {}).items()})
    decisions = env_decisions(env, diff, variables_used(""), answers, readers=readers or Readers())
    decided = tuple(one for one in decisions if answers.get(one) is not None)
    after, _ = apply_decisions(env, decided, answers, note="n")
    return {one.id: one for one in decisions}, after


@pytest.mark.parametrize(
    ("readers", "why"),
    [
        (Readers(whole=("gateway",)), "gateway is given the whole file"),
        (Readers(whole=("a", "b")), "a, b are given the whole file"),
        (Readers(named={"LEGACY": "web.env"}), "web.env refers to it"),
        (Readers(unknown="v2 has no example file to tell what it reads"), "v2 has no example file"),
    ],
)
def test_what_may_be_read_stays_unless_the_operator_says_otherwise(readers: Readers, why: str) -> None:
    """It is told why; "comment-out" has to be answered."""
    decisions, after = _decide("LEGACY=1\nPOOL=5\n", "POOL=5\n", "LEGACY=mine\nPOOL=5\n", readers)
    one = decisions["remove:LEGACY"]
    assert (one.proposal, one.certain) == (KEEP, True)
    assert why in one.why[0]
    assert after.get("LEGACY") == "mine"
    _, after = _decide(
        "LEGACY=1\nPOOL=5\n", "POOL=5\n", "LEGACY=mine\nPOOL=5\n", readers, {"remove:LEGACY": COMMENT_OUT}
    )
    assert "LEGACY" not in after


@pytest.mark.parametrize("notes", ["- `LEGACY` was removed\n", "### Removed\n\n- `LEGACY`, at last\n"])
def test_what_the_release_says_is_gone_is_commented_out(notes: str) -> None:
    """Unasked only where the release's notes name the variable among what it removes."""
    decisions, after = _decide("LEGACY=1\nPOOL=5\n", "POOL=5\n", "LEGACY=mine\nPOOL=5\n", notes=notes)
    assert (decisions["remove:LEGACY"].proposal, decisions["remove:LEGACY"].certain) == (COMMENT_OUT, True)
    assert "LEGACY" not in after


def test_what_the_release_does_not_speak_of_stays() -> None:
    """A variable that only left the example file stays as it is, and that needs no answer."""
    decisions, after = _decide("LEGACY=1\nPOOL=5\n", "POOL=5\n", "LEGACY=mine\nPOOL=5\n", notes="- `POOL` removed\n")
    assert (decisions["remove:LEGACY"].proposal, decisions["remove:LEGACY"].certain) == (KEEP, True)
    assert after.get("LEGACY") == "mine"


def test_a_missed_rename_is_not_decided_unasked() -> None:
    """A pair too unlike to be proposed: the old value is kept, and both sides are questions that name each other."""
    old, new = "A=1\nSTORE_FOLDER=/x\nB=2\n", "A=1\nB=2\nC=3\nARCHIVE_FOLDER=/srv/data\nNUMBER=7\n"
    decisions, after = _decide(old, new, "A=1\nSTORE_FOLDER=/mine\nB=2\n")
    assert "rename:STORE_FOLDER" not in decisions
    gone, come = decisions["remove:STORE_FOLDER"], decisions["value:ARCHIVE_FOLDER"]
    assert (gone.certain, gone.proposal, come.certain) == (False, KEEP, False)
    assert "ARCHIVE_FOLDER" in gone.question
    assert "STORE_FOLDER" in come.question
    assert decisions["value:NUMBER"].certain
    assert after.get("STORE_FOLDER") == "/mine"


@pytest.mark.parametrize(
    ("key", "rest"), [("COMPOSE_PROJECT_NAME", ""), ("DOCKER_HOST", ""), ("BASE", "IMAGE=reg/app:${BASE}\n")]
)
def test_what_compose_or_the_file_itself_reads_stays(key: str, rest: str) -> None:
    """The project's name decides its volumes; a value that others refer to is read through them."""
    decisions, after = _decide(f"{key}=x\n", "", f"{key}=mine\n{rest}")
    assert decisions[f"remove:{key}"].proposal == KEEP
    assert after.literal(key) == "mine"


def test_a_variable_that_goes_while_a_likely_successor_comes_is_a_question() -> None:
    """The new one counts in another unit, so its value cannot be carried over, nor the old one be dropped."""
    old, new = "# how long\nSESSION_TIMEOUT_MS=5000\nX=1\n", "# how long\nSESSION_TIMEOUT_SECONDS=5\nX=1\n"
    decisions, after = _decide(old, new, "SESSION_TIMEOUT_MS=9000\nX=1\n")
    one = decisions["remove:SESSION_TIMEOUT_MS"]
    assert (one.certain, one.proposal) == (False, KEEP)
    assert "SESSION_TIMEOUT_SECONDS may take its place" in one.question
    assert after.get("SESSION_TIMEOUT_MS") == "9000"


def test_a_refused_rename_does_not_comment_out_unasked() -> None:
    """Who says that it is no rename has not said that the old one may go."""
    old, new = "# mail server\nMAIL_URL=\nX=1\n", "# mail server\nCOURIER_MAIL_URL=\nX=1\n"
    decisions, after = _decide(old, new, "MAIL_URL=m\nX=1\n", given={"rename:MAIL_URL": ""})
    assert not decisions["remove:MAIL_URL"].certain
    assert after.get("MAIL_URL") == "m"


def test_the_variables_that_decide_an_image() -> None:
    """Those in `image:`, also within a default, and those that the env file's values refer to."""
    compose = "services: {a: {image: '${REG:-${MIRROR}}/a:${TAG}'}, b: {image: '$IMG'}, c: {environment: {T: $T}}}"
    found = image_variables([compose], _env("IMG=reg/b:${BTAG}\nBTAG=1\n"))
    assert found == {"REG": ("a",), "MIRROR": ("a",), "TAG": ("a",), "IMG": ("b",), "BTAG": ("b",)}


IMAGE = "services: {{web: {{image: 'web:{}'}}}}"


def _pinned(old: str, new: str, operator: str, *, image: tuple[str, str]) -> tuple[tuple[Pin, ...], EnvFile]:
    compose = [IMAGE.format(one) for one in image]
    env, before, after = _env(operator), _env(old), _env(new)
    diff = diff_env(before, after, compose_old=compose[0], compose_new=compose[1], operator=env)
    uses_old, uses_new = (variables_used(one) for one in compose)
    found = pins(
        Defaults(before, uses_old), Defaults(after, uses_new), image_variables(compose[1:], env), diff.renamed
    )
    answers = Answers({f"rename:{rename.old}": Secret(rename.new) for rename in diff.renamed if rename.old in env})
    decisions = env_decisions(env, diff, uses_new, answers, pins=found)
    return found, apply_decisions(env, decisions, answers, note="n")[0]


def test_a_default_that_was_taken_over_and_picks_the_image_is_adopted() -> None:
    """From the example file, from an offer in a comment, from the compose file's own default, and across a rename."""
    plain = ("${APP_TAG:-latest}",) * 2
    _, after = _pinned("APP_TAG=v1\n", "APP_TAG=v2\n", "# mine\nAPP_TAG='v1' # hm\n", image=plain)
    assert after.text == "# mine\nAPP_TAG='v2' # hm\n"
    _, after = _pinned("# APP_TAG=v1\n", "# APP_TAG=v2\n", "APP_TAG=v1\n", image=plain)
    assert after.get("APP_TAG") == "v2"
    _, after = _pinned("", "", "APP_TAG=v1\n", image=("${APP_TAG:-v1}", "${APP_TAG:-v2}"))
    assert after.get("APP_TAG") == "v2"
    _, after = _pinned("WEB_TAG=v1\n", "WEB_IMAGE_TAG=v2\n", "WEB_TAG=v1\n", image=("${WEB_TAG}", "${WEB_IMAGE_TAG}"))
    assert after.get("WEB_IMAGE_TAG") == "v2"


def test_a_pin_of_the_operators_own_stays() -> None:
    """Another value than the old default is a choice; a variable that feeds no image keeps its value."""
    plain = ("${APP_TAG:-latest}",) * 2
    found, after = _pinned("APP_TAG=v1\n", "APP_TAG=v2\n", "APP_TAG=v1-patched\n", image=plain)
    assert found == (Pin("APP_TAG", "APP_TAG", "v1", "v2", ("web",)),)
    assert after.get("APP_TAG") == "v1-patched"
    found, after = _pinned("POOL=5\n", "POOL=9\n", "POOL=5\n", image=plain)
    assert (found, after.get("POOL")) == ((), "5")


def test_a_tracked_env_file_is_merged_by_variables() -> None:
    """Changes stand side by side; what both changed stays the operator's and is named; the rest is the release's."""
    base = _env("BIND=9000\nTAG=v1\nOLD=1\nGONE=1\nBOTH=a\n")
    ours = _env('BIND=9443\nTAG=v1\nOLD=1\nBOTH=b\nMINE="x y"\nREF=${BIND}\n')
    theirs = _env("# new\nBIND=9000\nTAG=v2\nGONE=1\nBOTH=c\nNEW=5")
    result = merged(base, ours, theirs)
    assert result.text == '# new\nBIND=9443\nTAG=v2\n# GONE=1\nBOTH=b\nNEW=5\nMINE="x y"\nREF=${BIND}\n'
    assert contested(base, ours, theirs) == ("BOTH",)
    edits = {(edit.action, edit.key, edit.shown) for edit in merge_edits(ours, result, why="v2's own file")}
    assert edits == {("set", "TAG", "v2"), ("remove", "OLD", "1"), ("add", "NEW", "5")}
