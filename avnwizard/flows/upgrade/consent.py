"""What an operator has to agree to before a rollback starts: typed at a terminal, given as a flag where nobody is."""

from collections.abc import Sequence

from avnwizard.errors import RefusedError

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
