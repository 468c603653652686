"""Names: who speaks in a prompt, and when a name goes in front of their words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Who speaks."""

    user: str = ""
    char: str = ""
    group: tuple[str, ...] = ()
    """Names of a group's members; empty outside groups."""

    def starts_with_member(self, text: str) -> bool:
        """Whether the text begins with a group member's `Name: `."""
        return any(text.startswith(f"{name}: ") for name in self.group)

    def example_label(self, speaker: str, text: str) -> str:
        """What goes in front of an example message's words: `Name: `, or nothing where it stands
        there already. `speaker` is the message's `example_user` or `example_assistant`."""
        name = {"example_user": self.user, "example_assistant": self.char}.get(speaker, "")
        if speaker == "example_assistant" and self.starts_with_member(text):
            return ""
        return label(name, text)


def label(name: str, text: str) -> str:
    """`Name: `, or nothing where there is no name or the text begins with it."""
    return f"{name}: " if name and not text.startswith(f"{name}: ") else ""
