"""`[probe]` of `avnwizard.toml`."""

import re
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Interval

from avnwizard.domain.secret import redact_urls

_STRICT = {"extra": "forbid"}
_ADDRESS, _PATH, _URL = (re.compile(each) for each in (r"|\S+:[0-9]{1,5}", r"/[!-~]*", r"https?://[!-~]+"))


@dataclass(frozen=True)
class ProbeSection:
    """`[probe]`: how the edge is probed during a run. The routers' labels tell the routes.

    Attributes:
        rate: requests a second, over all routes.
        address: "ADDRESS:PORT" of the edge on this host, where Traefik's flags and ports do not tell.
        paths: router name -> the path to ask, instead of the one in its rule.
        urls: what to ask instead of the routers, such as "https://id.example.com/health".
        changed: names of routers that may answer otherwise after an upgrade, such as 401 instead of 200.
    """

    __pydantic_config__ = _STRICT

    enabled: bool = True
    rate: Annotated[float, Interval(ge=0.5, le=200)] = 20.0
    address: str = ""
    paths: dict[str, str] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be asked; `ValueError` names the key first."""
        if not _ADDRESS.fullmatch(self.address):
            raise ValueError("address: Must be ADDRESS:PORT")
        for name, path in self.paths.items():
            if not _PATH.fullmatch(path):
                raise ValueError(f"paths.{name}: Must begin with / and hold no space")
        asked = {f"paths.{name}": path for name, path in self.paths.items()}
        for place, text in {**asked, **{f"urls.{number}": url for number, url in enumerate(self.urls)}}.items():
            if redact_urls(text) != text:
                raise ValueError(f"{place}: Must hold no password and no token, since plan and journal keep it")
        for number, url in enumerate(self.urls):
            if not _URL.fullmatch(url):
                raise ValueError(f"urls.{number}: Must begin with http:// or https:// and hold no space")
