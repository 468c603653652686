"""YAML files read safely and fast, and written so that they are read the same."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.core.errors import DataError

MAX_NODES = 20_000
"""Values in one file: a few lines that refer to one another can stand for billions."""


def parse_yaml(data: bytes | str, what: str) -> dict[str, object]:
    """The mapping in a YAML text. Raises DataError naming `what`."""
    import yaml  # 12 ms

    # The C loader is ten times faster; PyYAML comes without it on some systems.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        found = yaml.load(text, Loader=loader)
    except UnicodeDecodeError as error:
        raise DataError(f"{what} is not UTF-8 text (byte {error.start + 1}).") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        problem = " ".join(str(getattr(error, "problem", error)).split())
        raise DataError(f"{what} is not valid YAML: {problem}{place}.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{what} is not usable YAML: {error}.") from error
    if not isinstance(found, dict):
        raise DataError(f"{what} should hold a mapping of names to values.")
    return {str(name): value for name, value in found.items()}


def yaml_text(value: Mapping[str, object]) -> str:
    """A mapping as YAML, its keys in their order. Texts of several lines stand as such."""
    import yaml  # 12 ms

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        value = value.encode("utf-8", "replace").decode("utf-8")  # half characters have no form in YAML
        style = '"' if _is_odd(value) else "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return str(yaml.dump(dict(value), Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100_000))


def _is_odd(text: str) -> bool:
    """Whether a text is better quoted: white space at its ends is easily missed, and what YAML takes
    for the end of a line is not always one."""
    return not text or text != text.strip() or not text.replace("\n", "").isprintable()


def plain(value: object) -> object:
    """A YAML value as JSON knows it: what JSON does not know becomes its text, what is too much is cut."""
    left = [MAX_NODES]

    def walk(one: object, depth: int) -> object:
        left[0] -= 1
        if isinstance(one, str | int | float | bool | None):
            return one
        if left[0] < 0 or depth > 20:
            return None
        if isinstance(one, Mapping):
            return {str(key): walk(inner, depth + 1) for key, inner in one.items() if left[0] > 0}
        if isinstance(one, list):
            return [walk(inner, depth + 1) for inner in one if left[0] > 0]
        return str(one)

    return walk(value, 0)
