"""What registries say of images, asked through the engine with the operator's own credentials."""

from avnwizard.adapters.docker import engine_api
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.credentials import Credentials
from avnwizard.adapters.docker.logins import is_logged_in


class Registry:
    """Every registry that an image's name may lead to."""

    def __init__(self, cli: DockerCli) -> None:
        self._cli, self._credentials = cli, Credentials()

    def digest(self, reference: str) -> str:
        """What the tag is now ("sha256:…"); "" where the registry cannot be asked."""
        engine_socket = self._cli.engine_socket
        return engine_api.registry_digest(engine_socket, reference, self._auth(reference)) if engine_socket else ""

    def offers(self, reference: str) -> bool | None:
        """Whether the registry has an image; None where that is not known."""
        engine_socket = self._cli.engine_socket
        if not engine_socket:
            return None
        auth = self.credentials(reference)
        found = engine_api.offers(engine_socket, reference, auth or "")
        # without the credentials that there are, a "no" may only mean that they are needed
        return None if found is False and auth is None else found

    def credentials(self, reference: str) -> str | None:
        """The header for an image's registry, "" for a stranger; None where there are some that cannot be had."""
        auth = self._auth(reference)
        return None if not auth and is_logged_in(self._cli.environ, reference) else auth

    def _auth(self, reference: str) -> str:
        return self._credentials.auth(reference, self._cli.environ)
