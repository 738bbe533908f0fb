"""`[images]` of `avnwizard.toml`."""

from dataclasses import dataclass

from avnwizard.domain.image_rule import ImageRule


@dataclass(frozen=True)
class ImagesSection:
    """`[images]`: whose signature the release's images have to carry. cosign has to be installed for it.

    Attributes:
        cosign_key: a file with the vendor's public key for cosign, as an absolute path outside the checkout. Then
            every image that a run pulls is verified before anything is rolled. "": none is.
        cosign_log: whether a signature has to be in the public transparency log (Rekor), too. false is for vendors
            who sign with a key and publish no entry.
        unsigned: repositories whose images need no signature, as the compose file writes them and without the tag,
            such as "postgres" or "docker.io/*".
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic wants it

    cosign_key: str = ""
    cosign_log: bool = True
    unsigned: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no path; `ValueError` names the key first."""
        if self.cosign_key and not self.cosign_key.startswith("/"):
            raise ValueError("cosign_key: Must be an absolute path")

    @property
    def rule(self) -> ImageRule:
        """What a plan keeps of it."""
        return ImageRule(self.cosign_key, self.cosign_log, self.unsigned)
