"""`ports.ImageSignatures` by cosign (2.0 and newer), with the credentials that docker has for the registry."""

from avnwizard.adapters.process import run
from avnwizard.domain.image_rule import ImageRule
from avnwizard.domain.plain import printable

_LONGEST_S = 120.0
_INSTALL = (
    "Install cosign (https://docs.sigstore.dev/cosign/system_config/installation/), or remove cosign_key from "
    "[images] in avnwizard.toml."
)


class Cosign:
    """Runs `cosign verify`."""

    def why_not(self, reference: str, rule: ImageRule) -> str:
        """Its exit code is the answer, its last words are the reason."""
        done = run(rule.command(reference), timeout_s=_LONGEST_S, check=False, hint=_INSTALL)
        if done.code == 0:
            return ""
        said = [line for line in done.complaint.splitlines() if line.strip()]
        told = next((line for line in said if line.lower().startswith("error")), said[-1] if said else "")
        return printable(told, limit=300) or f"cosign ended with code {done.code}"
