"""What an operator has to agree to before a run starts: typed at a terminal, given as a flag where nobody is."""

from collections.abc import Sequence

from avnwizard.domain.plan import Breaking
from avnwizard.errors import RefusedError
from avnwizard.flows.upgrade.releases import JUMP

Consent = Sequence[tuple[str, str]]
"""(flag, sentence) each."""


def require_consent(consent: Consent, command: str) -> None:
    """Refuse to start unattended what nobody agreed to.

    Raises:
        RefusedError: each sentence, and the flags that agree to them.
    """
    if consent:
        said, flags = " ".join(text for _, text in consent), " ".join(flag for flag, _ in consent)
        raise RefusedError(f"{said} Nothing was changed.", f"If that is what you want: {command} {flags}")


def require_jump_allowed(breaking: Sequence[Breaking], *, allowed: bool) -> None:
    """Refuse to jump over a major version, or a stop that the release names, which nobody allowed.

    Raises:
        RefusedError: says what is jumped over, and the flag.
    """
    jump = next((item for item in breaking if item.id == JUMP), None)
    if jump and not allowed:
        raise RefusedError(
            f"{jump.title} Nothing was changed.",
            "Go to the releases in between first: avnwizard releases; or add --allow-jump.",
        )
