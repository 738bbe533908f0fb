"""Env files: read as Docker Compose reads them, written back with every untouched byte as it was."""

from avnwizard.domain.envfile.errors import EnvEditError, EnvEncodingError, EnvSyntaxError
from avnwizard.domain.envfile.file import EnvFile
from avnwizard.domain.envfile.lenient import readable
from avnwizard.domain.envfile.variables import Variable

__all__ = ["EnvEditError", "EnvEncodingError", "EnvFile", "EnvSyntaxError", "Variable", "readable"]
