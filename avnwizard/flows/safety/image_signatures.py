"""The signatures of images, where `[images] cosign_key` wants them: before a plan, and again of what was pulled."""

from collections.abc import Mapping
from pathlib import Path

from avnwizard.domain.image_rule import ImageRule
from avnwizard.domain.plain import printable
from avnwizard.domain.references import by_digest
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host

_HINT = (
    "Ask the vendor. What needs no signature is named by its repository in [images] unsigned of avnwizard.toml; "
    "`cosign verify --key KEY IMAGE` shows more."
)


def image_rule(host: Host) -> ImageRule:
    """What this stack's settings want of images.

    Raises:
        RefusedError: the key is missing, or lies in the checkout, where a release could bring its own.
    """
    rule = host.config.images.rule
    if not rule.key:
        return rule
    key = Path(rule.key)
    if key.resolve().is_relative_to(host.repo.directory.resolve()):
        raise RefusedError(
            f"The key {printable(rule.key)} lies in the checkout: a release could bring its own key.",
            "Copy it to a place outside the checkout, such as /etc/avnwizard, and name that in [images] cosign_key.",
        )
    if not host.files.exists(key):
        raise RefusedError(
            f"There is no key {printable(rule.key)}, which [images] cosign_key names.",
            "Copy the vendor's public key for cosign there.",
        )
    return rule


def require_signed(host: Host, rule: ImageRule, digests: Mapping[str, str]) -> tuple[str, ...]:
    """Verify images; the references of those that were.

    Args:
        digests: image reference -> the digest that is meant; "" is what the registry has under that tag now.

    Raises:
        RefusedError: a signature is missing or bad.
        HostError: cosign is missing.
    """
    wanted = rule.wanted(sorted(digests))
    for reference in wanted:
        if why := host.image_signatures().why_not(by_digest(reference, digests[reference]), rule):
            raise RefusedError(
                f"The signature of {printable(reference)} is not verified by {printable(rule.key)}: {why}. "
                "Nothing that serves was changed.",
                _HINT,
            )
    return wanted
