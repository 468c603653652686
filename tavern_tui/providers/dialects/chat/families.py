"""What models of one family refuse or call differently, done to a finished body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tavern_tui.providers.base import ModelRule

Body = dict[str, object]


def fitted(body: Body, model: str, rules: Iterable[ModelRule], *, effort: bool) -> Body:
    """The body as this model takes it. `effort`: a reasoning effort was asked for."""
    for rule in rules:
        if re.search(rule.pattern, model) and rule.effort in (None, effort):
            body = _ruled(body, rule)
    return body


def _ruled(body: Body, rule: ModelRule) -> Body:
    made = {key: value for key, value in body.items() if key not in rule.drop}
    for key, most in rule.most.items():
        value = made.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            made[key] = min(value, most)
    if rule.roles and isinstance(messages := made.get("messages"), list):
        made["messages"] = [_recast(message, rule.roles) for message in messages]
    made |= rule.put
    return {rule.rename.get(key, key): value for key, value in made.items()}


def _recast(message: object, roles: Mapping[str, str]) -> object:
    if not isinstance(message, Mapping) or message.get("role") not in roles:
        return message
    return {**message, "role": roles[str(message["role"])]}
