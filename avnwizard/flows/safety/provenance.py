"""Where a release comes from: the signature of its tag, by the keys that the operator trusts."""

from collections.abc import Sequence
from pathlib import Path

from avnwizard.domain.checkout import TagRef
from avnwizard.domain.plain import printable
from avnwizard.domain.signature import Signature, Standing
from avnwizard.errors import RefusedError, WizardError
from avnwizard.flows.host import Host


def signature_of(host: Host, tag: str) -> Signature:
    """What the signature of a release's tag is worth.

    Raises:
        RefusedError: a trusted key lies in the checkout, where a release could bring its own.
        HostError: a file of keys cannot be used.
    """
    keys = [Path(one) for one in host.config.releases.trusted_keys]
    top = host.repo.directory.resolve()
    for key in keys:
        if key.resolve().is_relative_to(top):
            raise RefusedError(
                f"The trusted key {printable(str(key))} lies in the checkout: a release could bring its own key.",
                "Copy it to a place outside the checkout, such as /etc/avnwizard, and name that in [releases] "
                "trusted_keys.",
            )
    return host.repo.signature(tag, keys)


_CHECKED = 20
"""So many signed tags of a list are checked: each takes GnuPG or OpenSSH some 20 ms."""


def signatures_of(host: Host, tags: Sequence[TagRef]) -> list[Signature]:
    """The signatures of a list of tags; of many, the first are checked.

    Raises:
        RefusedError, HostError: as in `signature_of`.
    """
    found: list[Signature] = []
    left = _CHECKED
    for tag in tags:
        if not tag.signed:
            found.append(Signature(Standing.NONE))
        elif left:
            left -= 1
            found.append(signature_of(host, tag.name))
        else:
            found.append(Signature(Standing.UNCHECKED, why=f"only the first {_CHECKED} of a list are"))
    return found


def is_refused(host: Host, tag: TagRef) -> bool:
    """Whether `require_genuine` would refuse a release; not where a file of keys cannot be used: a plan says that."""
    needed = host.config.releases.require_signature
    if not tag.signed:
        return needed
    try:
        standing = signature_of(host, tag.name).standing
    except WizardError:
        return False
    return standing is Standing.BAD or (needed and standing is not Standing.VERIFIED)


def require_genuine(host: Host, tag: str) -> Signature:
    """The signature of a release that is about to be planned.

    Raises:
        RefusedError: it is bad, or `[releases] require_signature` is set and it is not verified.
    """
    found = signature_of(host, tag)
    if found.standing is Standing.BAD:
        raise RefusedError(
            f"The tag {printable(tag)} {found.sentence}. Nothing was changed.",
            f"Ask the vendor, and look at it: git verify-tag {printable(tag)}",
        )
    if host.config.releases.require_signature and found.standing is not Standing.VERIFIED:
        raise RefusedError(
            f"The tag {printable(tag)} {found.sentence}, and [releases] require_signature is set. "
            "Nothing was changed.",
            "Name the vendor's public keys in [releases] trusted_keys, or import them into your keyring.",
        )
    return found


def doubt_of(host: Host, tag: str, found: Signature) -> str:
    """What the plan has to warn of, where keys are named and the release is not signed with any of them; else ""."""
    if not host.config.releases.trusted_keys or found.standing is Standing.VERIFIED:
        return ""
    return f"The tag {printable(tag)} {found.sentence}: none of the keys in [releases] trusted_keys vouches for it."
