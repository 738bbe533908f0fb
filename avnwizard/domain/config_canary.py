"""`[canary]` of `avnwizard.toml`: the synthetic user that signs in before, during and after a run."""

import re
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Interval

from avnwizard.domain.secret import redact_urls

_HOUR_S = 3600
_URL = re.compile(r"|https?://[!-~]+")
_URLS = ("kratos_url", "kratos_admin_url", "hydra_url", "hydra_admin_url")


@dataclass(frozen=True)
class CanarySection:
    """`[canary]`: how the synthetic user of `avnwizard canary setup` signs in during a run.

    Attributes:
        enabled: whether a canary that is set up goes along with runs.
        every_s: seconds from the beginning of one round to the next.
        kratos: the compose service that is Kratos; "" for the one whose image says so, "none" to leave it out.
        hydra: the same for Hydra.
        kratos_url: where people reach Kratos' public API, such as "https://id.example.com/kratos". "": its container
            is asked on its own address, past the edge.
        kratos_admin_url: the same for its admin API.
        hydra_url: where people reach Hydra's public API.
        hydra_admin_url: the same for its admin API.
        identifier: what the canary signs in with at Kratos.
        schema: the identity schema of its identity; "" for the default one.
        traits: further traits that the schema demands, such as {"name.first" = "Canary"}.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic wants it

    enabled: bool = True
    every_s: Annotated[float, Interval(ge=1, le=_HOUR_S)] = 5.0
    kratos: str = ""
    hydra: str = ""
    kratos_url: str = ""
    kratos_admin_url: str = ""
    hydra_url: str = ""
    hydra_admin_url: str = ""
    identifier: str = "avnwizard-canary@canary.invalid"
    schema: str = ""
    traits: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an address that cannot be one, or holds a password; `ValueError` names the key first."""
        for name in _URLS:
            url = str(getattr(self, name))
            if not _URL.fullmatch(url):
                raise ValueError(f"{name}: Must begin with http:// or https:// and hold no space")
            if redact_urls(url) != url:
                raise ValueError(f"{name}: Must hold no password and no token")
        if not self.identifier.strip():
            raise ValueError("identifier: Must not be empty")
