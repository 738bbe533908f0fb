"""An env file as a value: read as Compose reads it, changed byte by byte and no byte more."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from avnwizard.domain.envfile import edits
from avnwizard.domain.envfile.errors import EnvEncodingError
from avnwizard.domain.envfile.scan import Statement, scan
from avnwizard.domain.envfile.variables import Variable, variables
from avnwizard.domain.interpolation import InterpolationError, MalformedError, interpolate

_BOM = "\ufeff"
_LONGEST_VALUE = 1 << 20
"""Far above what Linux lets one variable hold (128 KiB); a file that doubles itself stops here."""


@dataclass(frozen=True)
class EnvFile:
    """The text of an env file and what Compose understands of it.

    `unread` holds the numbers of the lines that Compose would refuse; only a release's file may have any.
    Its repr holds no value, since values are secrets.
    """

    text: str
    statements: tuple[Statement, ...]
    unread: tuple[int, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a file's bytes.

        Raises:
            EnvSyntaxError: Compose would refuse it; says the line.
            EnvEncodingError: it is not UTF-8.
        """
        text = _decoded(data)
        return cls(text, tuple(scan(text.removeprefix(_BOM))))

    @classmethod
    def parse_release(cls, data: bytes) -> Self:
        """Read a release's example file: a line that Compose would refuse is passed over and kept as it is.

        Raises:
            EnvEncodingError: it is not UTF-8.
        """
        text, unread = _decoded(data), list[int]()
        statements = tuple(scan(text.removeprefix(_BOM), unread))
        return cls(text, statements, tuple(dict.fromkeys(unread)))

    def __repr__(self) -> str:
        return f"EnvFile({len(self.keys())} variables)"

    def to_bytes(self) -> bytes:
        """Give the file's bytes: those that were read, but for what edits changed."""
        return self.text.encode("utf-8")

    @cached_property
    def _last(self) -> dict[str, Statement]:
        return {s.key: s for s in self.statements}

    def keys(self) -> tuple[str, ...]:
        """The names that are set, in order of their first appearance, each once."""
        return tuple(self._last)

    def __contains__(self, key: object) -> bool:
        return key in self._last

    def literal(self, key: str) -> str | None:
        """The value after quotes and escapes but before interpolation; the last one of several."""
        found = self._last.get(key)
        return None if found is None or found.inherited else found.literal

    def get(self, key: str, environment: Mapping[str, str] | None = None) -> str | None:
        """The value as Compose would see it, or None where the name is not set.

        Raises:
            InterpolationError: a value of this file cannot be interpolated.
        """
        return self.as_dict(environment).get(key)

    def as_dict(self, environment: Mapping[str, str] | None = None) -> dict[str, str]:
        """Every value as Compose would see it.

        Args:
            environment: the shell's variables, which Compose prefers when it interpolates; none by default.

        Raises:
            InterpolationError: a value cannot be interpolated; says the variable and its line.
        """
        outer = environment or {}
        values: dict[str, str] = {}
        known = ChainMap(dict(outer), values)
        for s in self.statements:
            if s.inherited:
                if s.key in outer:
                    values[s.key] = outer[s.key]
                continue
            try:
                values[s.key] = interpolate(s.literal, known) if "$" in s.literal and s.expands else s.literal
            except InterpolationError as wrong:
                # the text behind a ${ is a part of a value, so of a secret
                said = "invalid interpolation" if isinstance(wrong, MalformedError) else wrong.message
                raise InterpolationError(f"env file, line {s.line}, {s.key}: {said}", wrong.hint) from None
            if len(values[s.key]) > _LONGEST_VALUE:
                raise InterpolationError(f"env file, line {s.line}, {s.key}: far too long a value", "Shorten it.")
        return values

    @cached_property
    def _variables(self) -> tuple[Variable, ...]:
        return variables(self.text.removeprefix(_BOM), self.statements)

    def variables(self) -> tuple[Variable, ...]:
        """Every variable, set or offered, in document order, with the comment above it."""
        return self._variables

    def offers(self) -> tuple[Variable, ...]:
        """The variables that stand in the file only as a comment (`# NAME=value`)."""
        return tuple(v for v in self._variables if not v.active and v.key not in self._last)

    def with_value(self, key: str, value: str) -> Self:
        """Set a variable: its last assignment changes, or a line is added at the end."""
        return self._edited(edits.with_value(self._body, self.statements, key, value), key, value)

    def renamed(self, old: str, new: str) -> Self:
        """Rename a variable wherever it is set, and where other values of the file refer to it.

        Raises:
            EnvEditError: `old` is not set, or `new` is set already.
        """
        return self._edited(edits.renamed(self._body, self.statements, old, new))

    def commented_out(self, key: str, *, note: str = "") -> Self:
        """Turn every assignment of a variable into a comment, with a note above it.

        Raises:
            EnvEditError: the variable is not set.
        """
        return self._edited(edits.commented_out(self._body, self.statements, key, note))

    def appended(self, key: str, value: str, *, comment: str = "") -> Self:
        """Add a variable at the end of the file, with a comment above it.

        Raises:
            EnvEditError: the variable is set already.
        """
        return self._edited(edits.appended(self._body, self.statements, key, value, comment), key, value)

    @property
    def _body(self) -> str:
        return self.text.removeprefix(_BOM)

    def _edited(self, body: str, key: str = "", value: str = "") -> Self:
        mark = _BOM if self.text.startswith(_BOM) else ""
        after = type(self)(mark + body, tuple(scan(body)))
        if key:
            edits.check_written(after.statements, key, value)
        return after


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise EnvEncodingError(data.count(b"\n", 0, wrong.start) + 1) from None
