"""Inclusion groups: of several matching entries, one takes part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tavern_tui.lore.order import Listed


def filter_groups(
    found: Sequence[Listed],
    active: Sequence[Listed],
    *,
    score: Callable[[Listed], int],
    scoring: bool,
    rng: Random,
) -> list[Listed]:
    """`found` without the entries that lose in their groups. Notes in those why.

    `active` are the entries of earlier passes, `scoring` is the global setting."""
    out: set[Listed] = set()
    for name, members in _groups(found).items():
        members = [member for member in members if member not in out]
        winners = _winners(name, members, active, score, scoring, rng)
        for member in members:
            if member not in winners:
                member.reason = f'another entry of its group "{name}" takes part'
                out.add(member)
    return [listed for listed in found if listed not in out]


def _groups(found: Sequence[Listed]) -> dict[str, list[Listed]]:
    groups: dict[str, list[Listed]] = {}
    for listed in found:
        if listed.entry.group:
            for name in dict.fromkeys(part.strip() for part in listed.entry.group.split(",")):
                if name:
                    groups.setdefault(name, []).append(listed)
    return groups


def _winners(
    name: str,
    members: list[Listed],
    active: Sequence[Listed],
    score: Callable[[Listed], int],
    scoring: bool,
    rng: Random,
) -> Sequence[Listed]:
    sticky = [member for member in members if member.sticky]
    if sticky:
        return sticky
    members = _best_scores(members, score, scoring)
    if any(listed.entry.group == name for listed in active):
        return ()
    if len(members) <= 1:
        return members
    preferred = [member for member in members if member.entry.group_override]
    if preferred:
        return (max(preferred, key=lambda member: member.entry.order),)
    return (_drawn(members, rng),)


def _best_scores(members: list[Listed], score: Callable[[Listed], int], scoring: bool) -> list[Listed]:
    def counts(member: Listed) -> bool:
        own = member.entry.use_group_scoring
        return scoring if own is None else own

    if not any(map(counts, members)):
        return members
    scores = {member: score(member) for member in members}
    best = max(scores.values())
    return [member for member in members if scores[member] >= best or not counts(member)]


def _drawn(members: Sequence[Listed], rng: Random) -> Listed:
    drawn = rng.random() * sum(member.entry.group_weight for member in members)
    reached = 0.0
    for member in members:
        reached += member.entry.group_weight
        if reached >= drawn:
            return member
    return members[-1]
