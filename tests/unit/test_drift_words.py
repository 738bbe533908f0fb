"""What is said of a service that runs otherwise than the files say, and what has to be acknowledged."""

import pytest

from avnwizard.domain.answers import Answers, read_answers, write_answers
from avnwizard.domain.drift import Drift, Drifted, Likeness, images_pinned

ID = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
PINNED = "host:5000/a/web:v1.5.0"
DIGEST = f"host:5000/a/web@{ID}"


def _drift(
    runs: str = "host:5000/a/web:v2.0.0",
    *,
    image: bool = True,
    config: Likeness = "same",
    ids: tuple[str, ...] = (OTHER,),
    pinned: str = PINNED,
    service: str = "web",
) -> Drift:
    return Drift(service, runs, ids, pinned, image, config)


@pytest.mark.parametrize(
    ("drift", "words"),
    [
        (_drift(), f"web runs host:5000/a/web:v2.0.0; v1.5.0 pins {PINNED}."),
        (_drift(PINNED), f"web runs sha256:bbbbbbbbbbbb, which is not what {PINNED} names on this host."),
        (
            _drift(config="other"),
            f"web runs host:5000/a/web:v2.0.0; v1.5.0 pins {PINNED}, and with another configuration.",
        ),
        (_drift(image=False, config="other"), "web was made from another configuration than the files of v1.5.0 say"),
    ],
)
def test_a_sentence_names_both_sides(drift: Drift, words: str) -> None:
    """What runs, and what the files say."""
    assert words in drift.sentence("v1.5.0")


@pytest.mark.parametrize(
    ("drift", "words"),
    [
        (_drift(), ""),
        (_drift(config="unknown"), ""),
        (_drift(image=False, config="other"), ""),
        (_drift(config="other"), "image and configuration are both of another release"),
        (_drift(pinned=DIGEST), "the files pin the image by its digest, which no other image can be given"),
        (_drift(ids=(OTHER, ID)), "its containers run different images"),
    ],
)
def test_which_has_no_way_back(drift: Drift, words: str) -> None:
    """What a rollback makes is the files' configuration with the image that ran, under the files' name for it."""
    assert drift.no_way_back == words


def test_every_decision_says_what_was_seen() -> None:
    """What is seen later has another key, so an older answer does not count for it."""
    found = Drifted("v1.5.0", (_drift(), _drift(PINNED, service="docs"), _drift(image=False, config="other")))
    keys = [one.key for one in found.decisions()]
    assert keys == [
        "web runs host:5000/a/web:v2.0.0",
        "docs runs sha256:bbbbbbbbbbbb",
        "the configuration of web",
    ]
    later = Drifted("v1.5.0", (_drift("host:5000/a/web:v2.1.0"),))
    answered = Answers().accepting(found.decisions())
    assert answered.open(found.decisions()) == ()
    assert len(answered.open(later.decisions())) == 1


def test_a_whole_other_release_is_one_decision() -> None:
    """Twenty services need not be acknowledged one by one; each is named all the same."""
    drifts = tuple(_drift(service=name) for name in ("docs", "web"))
    found = Drifted("v2.0.0", drifts, release="v1.5.0")
    (one,) = found.decisions()
    assert one.key == "the stack runs v1.5.0"
    told = found.warnings()
    assert told[0].startswith("What runs is v1.5.0: every container has the images of that release")
    assert any("the images that run (docs, web) and those of v2.0.0" in each for each in told)


def test_hostile_names_do_no_harm() -> None:
    """A label holds what its author likes; the answers file is read back all the same."""
    found = Drifted("v1.5.0", (_drift('x"y\n\x1b[2J'),))
    text = write_answers(found.decisions(), current="v1.5.0", target="v1.6.0")
    assert "\x1b" not in text
    answers = read_answers(text.replace("= false", "= true"), source="f", current="v1.5.0", target="v1.6.0")
    assert answers.open(found.decisions()) == ()


def test_images_that_a_compose_file_pins() -> None:
    """With the env file's values; what has no image, or cannot be read, is left out."""
    text = """
services:
  web: {image: "host/web:${TAG:-v1}"}
  docs: {image: "host/docs:${DOCS?}"}
  built: {build: .}
  empty:
"""
    assert images_pinned(text, {}) == {"web": "host/web:v1"}
    assert images_pinned(text, {"TAG": "v2", "DOCS": "v3"}) == {"web": "host/web:v2", "docs": "host/docs:v3"}
    assert images_pinned("services: []", {}) == {}
