"""The documentation that ships with the package: one Markdown file a topic, shown by `avnwizard help TOPIC`."""

from importlib.resources import files

TOPICS = (
    "screens", "keys", "reading", "security", "troubleshooting", "snapshots", "rehearsal", "expand-contract", "roll",
    "rotation", "canary", "postgres", "fleet", "kubernetes", "measurements", "stacks", "configuration", "hooks",
    "answers", "exit-codes", "json", "environment", "state", "glossary", "architecture",
)  # fmt: skip
"""In the order in which they are listed."""


def text_of(topic: str) -> str:
    """A topic's Markdown as it is written; what is generated comes after it (`avnwizard.cli.verbs.help`)."""
    return (files("avnwizard.docs") / f"{topic}.md").read_text("utf-8")


def title_of(text: str) -> str:
    """The first heading of a topic, without its mark."""
    return text.partition("\n")[0].lstrip("# ")
