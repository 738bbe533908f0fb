"""What an operator has to agree to before a rollback starts: typed at a terminal, given as a flag where nobody is."""

from collections.abc import Sequence

from avnwizard.errors import RefusedError
from avnwizard.flows.baseline import Baseline
from avnwizard.flows.out_of_sight import CODE_ONLY

Consent = Sequence[tuple[str, str]]
"""(flag, sentence) each."""


def lets_code_alone(known: Baseline, *, code_only: bool) -> bool:
    """Whether the operator lets the code go back alone; only where there is no snapshot to restore from.

    Raises:
        RefusedError: there is one.
    """
    if code_only and known.manifest:
        raise RefusedError(
            f"{CODE_ONLY} is for databases that avnwizard cannot put back, and this run has a snapshot of them. "
            "Nothing was changed.",
            "Leave it out; where the old code works on the newer schema, say so in avnwizard.toml: "
            "[rollback] compatible.",
        )
    return code_only


def require_consent(consent: Consent, command: str) -> None:
    """Refuse to start unattended what nobody agreed to.

    Raises:
        RefusedError: each sentence, and the flags that agree to them.
    """
    if consent:
        said, flags = " ".join(text for _, text in consent), " ".join(flag for flag, _ in consent)
        raise RefusedError(f"{said} Nothing was changed.", f"If that is what you want: {command} {flags}")
