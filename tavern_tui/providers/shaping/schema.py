"""JSON schemas as strict services take them: flat, without the words they do not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tavern_tui.core.errors import UsageError

META = frozenset({"$schema", "$defs", "definitions"})
UNKNOWN_TO_GOOGLE = frozenset({"default", "additionalProperties", "exclusiveMinimum", "propertyNames"})

NAMED = frozenset({"properties", "patternProperties"})
"""Keys under which stand names of the schema's author, which are no words of the language."""
PLAIN = frozenset({"enum", "const", "default", "examples", "required"})
"""Keys under which stand values, not schemas."""

MOST_VALUES = 20_000
DEEPEST = 100
"""Beyond these a schema means harm: references can double it at every level."""


def flat_schema(schema: Mapping[str, object], *, for_google: bool = False) -> dict[str, object]:
    """The schema with every reference in its place. What refers to itself, or to nothing, may be
    anything there. Raises UsageError for a schema that grows without measure."""
    defs = {
        f"#/{place}/{name}": value
        for place in ("$defs", "definitions")
        if isinstance(table := schema.get(place), Mapping)
        for name, value in table.items()
    }
    return _Flattener(defs=defs, left_out=META | UNKNOWN_TO_GOOGLE if for_google else META).table(
        schema, (), 0
    )


@dataclass(slots=True, kw_only=True)
class _Flattener:
    defs: Mapping[str, object]
    left_out: frozenset[str]
    values: int = 0

    def table(self, table: Mapping[str, object], inside: tuple[str, ...], depth: int) -> dict[str, object]:
        """A schema, `inside` the references that led to it."""
        self._count(depth)
        result = self._referred(table.get("$ref"), inside, depth)
        for key, value in table.items():
            if key in self.left_out or key == "$ref":
                continue
            if key in NAMED and isinstance(value, Mapping):
                result[key] = {name: self.value(one, inside, depth + 1) for name, one in value.items()}
            else:
                result[key] = value if key in PLAIN else self.value(value, inside, depth + 1)
        return result

    def value(self, value: object, inside: tuple[str, ...], depth: int) -> object:
        """Anything that stands in a schema."""
        if isinstance(value, Mapping):
            return self.table(value, inside, depth)
        if isinstance(value, list):
            self._count(depth)
            return [self.value(one, inside, depth + 1) for one in value]
        return value

    def _referred(self, reference: object, inside: tuple[str, ...], depth: int) -> dict[str, object]:
        if not isinstance(reference, str) or reference in inside:
            return {}
        found = self.defs.get(reference)
        return self.table(found, (*inside, reference), depth + 1) if isinstance(found, Mapping) else {}

    def _count(self, depth: int) -> None:
        self.values += 1
        if self.values > MOST_VALUES or depth > DEEPEST:
            raise UsageError("The JSON schema is too large or too deep once its references are filled in.")
