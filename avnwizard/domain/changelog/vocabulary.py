"""The words by which projects mark changes in their changelogs.

Sources: Keep a Changelog 1.1 (its six groups), Conventional Commits 1.0 (the footer and `!`), changesets and
release-please (group titles), GitHub's alerts, the admonitions of MkDocs and reStructuredText, GitHub's pull-request
templates, Git's trailers, and the changelogs of about seventy self-hosted projects that were read for this. No
project's name is among them.
"""

import re

_COMPATIBLE = r"(?:backwards?|bc|b/c|upwards?)"
NEGATED = (
    r"(?<!non-)(?<!non )(?<!\bno )(?<!\bnot )(?<!\bno known )(?<!\bno other )(?<!\bnot a )(?<!\bnever )(?<!\bavoid )"
    r"(?<!\bany )(?<!\bwithout )(?<!-longer-)(?<!\blonger )(?<!non\u2011)"
)
"""What stands before a mark that says the opposite."""

PHRASE = (
    rf"(?:{NEGATED}\b(?:potential(?:ly)? |possibl[ye] |minor |major )?breaking\b(?:[ -]changes?\b)?+"
    rf"|{NEGATED}\bbreak[ -]changes?\b"
    rf"|{_COMPATIBLE}[ -]?(?:compatibility )?incompatib\w+(?: changes?)?"
    rf"|{NEGATED}(?:{_COMPATIBLE}[ -])?compatibility[ -]breaks?\b|(?:backwards?[ -])compatibility[ -]changes?\b"
    rf"|{NEGATED}\bbc[ -]breaks?\b|\bnot (?:fully )?{_COMPATIBLE}[ -]compatible\b"
    rf"|{NEGATED}\bincompatible (?:\w+ )?changes?\b|\bincompatib(?:le|ilit(?:y|ies))\b(?=\W*$))"
)
"""A mark in words, without its dress."""

CATEGORIES = (
    r"(?:new )?features?|added|(?:other )?change[sd]|(?:bugs? ?)?fix(?:es|ed)|bugs\b|chores?|misc|documentation|docs"
    r"|performance|(?:code )?refactor|code generation|reverts?|tests?|unclassified|dependenc|build"
    r"|continuous integration|ci\b|security|style|improve|enhance|contributors|what'?s changed|highlights|epics"
    r"|patch changes|minor changes|major changes|internal|other\b|new\b|known issues"
)
"""How the other groups of usual changelogs begin: a breaking section ends there, however deep they are."""

FORM_HEADINGS = r"checklist|related issues?|further comments|proposed changes|how to test|types? of changes?"
"""The headings of pull-request templates, which some commit messages hold: they end nothing and say nothing."""

TRAILER = (
    r"(?:(?:see |this )?(?:closes?|closed|fix(?:es|ed)?|resolves?|refs?|references|related(?: to)?)\b:?"
    r"(?:\s+(?:and\s+|,\s*)?(?:closes?|fix(?:es)?|resolves?)?\s*(?:https?://\S+|[\w./-]*#\d+|\[[^\]]*\]\([^)]*\)),?)+"
    r"|(?:co-authored-by|signed-off-by|reviewed-by|acked-by|reported-by|change-id|[\w-]*revid|cc):?\s[^\n]*(?:\n<[^\n]*)*)"
)
"""Lines at the end of a commit's message that say nothing of the change."""

NOTICES = (
    ("removed", r"\bremov(?:ed|als?)\b|\bdropp(?:ed|ing)\b|\bdrops?\b|\bend of (?:life|support)\b"),
    ("deprecated", r"\bdeprecat"),
    ("migration", r"\bmigrat(?:ion|ing|e)\b"),
    ("upgrade", r"\bupgrad(?:e|ing)\b|\bbefore you update\b|\bupdate notes?\b"),
    ("behaviour", r"\bbehaviou?rs?(?:al)? changes?\b|\bchanges? (?:in|of|to) behaviou?r\b|\bchanged? defaults?\b"),
    ("configuration", r"\bconfig(?:uration)?\b.*\bchang|\bchang\w* .*\bconfig|\benv(?:ironment)?\b.*\bchang"),
    (
        "important",
        r"^\W*(?:major changes|notes?)\W*$|\bimportant\b|\battention\b|\brequire(?:d|ments?)\b|\bplease note\b",
    ),
    ("warning", r"\bwarnings?\b|\bcautions?\b|\bdanger\b|\bknown issues?\b"),
)
"""Kind of a notice -> the words of a group's heading that stand for it, the first that fits."""

ALERTS = {
    "warning": "warning",
    "caution": "warning",
    "danger": "warning",
    "attention": "important",
    "important": "important",
    "note": "important",
    "deprecated": "deprecated",
    "versionremoved": "removed",
}
"""GitHub's alerts and the admonitions of MkDocs and reStructuredText -> kind of notice."""

LEADS = (
    ("removed", r"(?:remov(?:ed?|es|ing)|dropp?(?:ed|ing|s)?|dropping|disabled|no longer)\b(?!-)"),
    ("deprecated", r"(?:deprecat\w+)\b"),
    ("important", r"(?:important|attention|please note|note that|n\.?b\.|nota bene|heads[ -]up)\b"),
    ("warning", r"(?:warning|caution|danger)\b"),
    ("upgrade", r"(?:upgrad(?:e|ing) notes?|before (?:you )?upgrad\w+|to upgrade)\b"),
    ("migration", r"(?:migration(?: notes?)?)\s*:"),
    ("behaviour", r"(?:behaviou?r(?:al)? changes?)\s*:"),
)
"""Kind of a notice -> how a bullet or a paragraph begins that is one wherever it stands."""

NEEDS_HANDS = (
    r"\bthis release (?:includes a database change|requires|removes|dropped|drops)\b|\bdropp?(?:ed|s|ing)? support\b"
    r"|\b(?:will|has|have) been removed\b|\bwill be removed\b|\byou (?:must|will need to|have to|now need)\b"
    r"|\bmust (?:be )?upgrad\w+|\bminimum supported\b|\bno longer (?:supported|works?)\b|\bnow requires?\b"
    r"|\bconfiguration changes?\b|\bstop (?:publishing|shipping)\b|\brequires? manual\b|\bbefore upgrading\b"
)
"""What a release's introduction says where the operator has something to do; notices of the kind `important`."""

GOES_ON = (
    r"(?:this|these|that|those|it|they|see|for example|for details|for more|instead|previously|such|otherwise|however"
    r"|also|e\.g|in this|in that|example|detailed|the following|below|as a result|therefore|you can)\b"
)
"""How a paragraph begins that says more of the one above."""


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern that does not heed the case."""
    return re.compile(pattern, re.IGNORECASE)
