"""What looks at the signatures of images."""

from typing import Protocol

from avnwizard.domain.image_rule import ImageRule


class ImageSignatures(Protocol):
    """cosign, as the operator has installed it."""

    def why_not(self, reference: str, rule: ImageRule) -> str:
        """Why an image's signature does not hold, in cosign's words; "" where it is verified.

        Raises:
            HostError: cosign is missing, or does not end.
        """
