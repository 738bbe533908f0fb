"""What an image reference is: a tag, which may be moved, or a digest or id, which names one image for good."""

from collections.abc import Iterable


def is_tag(reference: str) -> bool:
    """Whether another image can be given this name."""
    return bool(reference) and "@" not in reference and not reference.startswith("sha256:")


def is_known_as(digest: str, one: str, sources: Iterable[str]) -> bool:
    """Whether an image has a digest.

    Its repository may hold the same image under several, of one tag each: Docker then names any of them first.

    Args:
        one: the digest that it goes by.
        sources: every NAME@DIGEST under which it is known.
    """
    return digest == one or any(source.endswith(f"@{digest}") for source in sources)


def by_digest(reference: str, digest: str) -> str:
    """The image of that digest in a reference's repository; the reference itself where no digest is known."""
    return f"{repository_of(reference)}@{digest}" if digest else reference


def repository_of(reference: str) -> str:
    """A reference without its tag and digest, as it is written."""
    head, slash, last = reference.partition("@")[0].rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
