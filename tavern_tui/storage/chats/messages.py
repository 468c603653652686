"""One line of a chat file to a Message and back: what did not change keeps its spelling."""

from __future__ import annotations

from collections.abc import Mapping

from tavern_tui.core.chat import Message, Swipe
from tavern_tui.storage.json_keep import as_list, as_object, flag, kind_of, read_value, text, whole

Json = Mapping[str, object]
NOTHING: dict[str, object] = {}


def message_from_json(line: Json, where: str, warnings: list[str]) -> Message | None:
    """The message of a line's object, or None if it has no text. `where` begins every warning."""
    words = _words(line.get("mes"))
    if words is None:
        warnings.append(f'{where}: "mes" should be a text, but is {kind_of(line.get("mes"))}.')
        return None
    name, is_user, hidden = line.get("name"), line.get("is_user"), line.get("is_system")
    if not isinstance(name, str):
        name = read_value(name, text, "", f'{where}: "name"', warnings)
    if is_user is not True and is_user is not False:
        is_user = read_value(is_user, flag, False, f'{where}: "is_user"', warnings)
    if hidden is not True and hidden is not False:
        hidden = read_value(hidden, flag, False, f'{where}: "is_system"', warnings)
    extra = line.get("extra")
    if extra is not None and not isinstance(extra, dict):
        warnings.append(f'{where}: "extra" should be an object, but is {kind_of(extra)}.')
    shown, swipes = _swipes(line, words, where, warnings)
    return Message(
        name=name,
        is_user=is_user,
        swipes=swipes,
        shown=shown,
        hidden=hidden,
        force_avatar=_word(line.get("force_avatar")),
        original_avatar=_word(line.get("original_avatar")),
        source=line,
    )


def message_json(message: Message) -> dict[str, object]:
    """The object for the message's line: its source with the changes laid over it."""
    before = message_from_json(message.source, "", []) if message.source else None
    if before is None:
        return _new_line(message)
    line = dict(message.source)
    _put_changes(
        line,
        {"name": before.name, "is_user": before.is_user, "is_system": before.hidden, "mes": before.text},
        {"name": message.name, "is_user": message.is_user, "is_system": message.hidden, "mes": message.text},
    )
    _put_changes(line, _facts(before.swipe) | _avatars(before), _facts(message.swipe) | _avatars(message))
    has_swipes = "swipes" in line or len(message.swipes) > 1
    if has_swipes and (before.swipes != message.swipes or before.shown != message.shown):
        _put_swipes(line, message)
    return line


def _words(value: object) -> str | None:
    """A message's text; Chub's exports have an object with a `message` there."""
    if isinstance(value, str):
        return value
    inner = as_object(value).get("message")
    return inner if isinstance(inner, str) else None


def _word(value: object) -> str:
    """A text, or a number of milliseconds spelled out."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _swipes(line: Json, words: str, where: str, warnings: list[str]) -> tuple[int, tuple[Swipe, ...]]:
    """Which swipe is shown, and all of them. The line itself tells about the one that is shown."""
    texts = line.get("swipes")
    if not isinstance(texts, list) or not texts:
        if texts is not None and not isinstance(texts, list):
            warnings.append(f'{where}: "swipes" should be a list, but is {kind_of(texts)}.')
        return 0, (_shown_swipe(line, words, _info(line, 0)),)
    shown = line.get("swipe_id")
    if type(shown) is not int:
        shown = read_value(shown, whole, 0, f'{where}: "swipe_id"', warnings)
    if not 0 <= shown < len(texts):
        warnings.append(f'{where}: "swipe_id" is {shown}, but there are {len(texts)} swipes.')
        shown = min(max(shown, 0), len(texts) - 1)
    if len(texts) == 1:
        return 0, (_shown_swipe(line, words, _info(line, 0)),)
    return shown, tuple(
        _shown_swipe(line, words, _info(line, at)) if at == shown else _swipe(one, _info(line, at))
        for at, one in enumerate(texts)
    )


def _info(line: Json, at: int) -> Json:
    infos = line.get("swipe_info")
    if isinstance(infos, list) and at < len(infos):
        return as_object(infos[at])
    return NOTHING


def _shown_swipe(line: Json, words: str, info: Json) -> Swipe:
    return Swipe(
        text=words,
        sent_at=_word(line.get("send_date")),
        started_at=_word(line.get("gen_started")),
        finished_at=_word(line.get("gen_finished")),
        extra=as_object(line.get("extra", NOTHING)),
        source=info,
    )


def _swipe(value: object, info: Json) -> Swipe:
    return Swipe(
        text=_words(value) or "",
        sent_at=_word(info.get("send_date")),
        started_at=_word(info.get("gen_started")),
        finished_at=_word(info.get("gen_finished")),
        extra=as_object(info.get("extra", NOTHING)),
        source=info,
    )


def _new_line(message: Message) -> dict[str, object]:
    """A line of our own, with the keys SillyTavern gives a message, in its order."""
    line: dict[str, object] = {
        "name": message.name,
        "is_user": message.is_user,
        "is_system": message.hidden,
        "mes": message.text,
    }
    facts = _facts(message.swipe) | _avatars(message)
    extra = facts.pop("extra")
    line |= {name: value for name, value in facts.items() if value} | {"extra": extra}
    if not message.is_user or len(message.swipes) > 1:
        _put_swipes(line, message)
    return line


def _facts(swipe: Swipe) -> dict[str, object]:
    """What a swipe's `swipe_info` and, for the one that is shown, the line itself say."""
    return {
        "send_date": swipe.sent_at,
        "gen_started": swipe.started_at,
        "gen_finished": swipe.finished_at,
        "extra": dict(swipe.extra),
    }


def _avatars(message: Message) -> dict[str, object]:
    return {"force_avatar": message.force_avatar, "original_avatar": message.original_avatar}


def _put_changes(line: dict[str, object], before: Json, after: Json) -> None:
    """Set the keys whose value changed. Keys beside `mes` and `name` that became empty go."""
    for name, value in after.items():
        if value == before[name]:
            continue
        if value == "" and name not in ("mes", "name"):
            line.pop(name, None)
        else:
            line[name] = value


def _put_swipes(line: dict[str, object], message: Message) -> None:
    line["swipe_id"] = message.shown
    line["swipes"] = [swipe.text for swipe in message.swipes]
    old = as_list(line.get("swipe_info"))
    line["swipe_info"] = [_info_json(swipe) for swipe in message.swipes] + old[len(message.swipes) :]


def _info_json(swipe: Swipe) -> dict[str, object]:
    if not swipe.source:
        return {name: value for name, value in _facts(swipe).items() if value or name == "extra"}
    info = dict(swipe.source)
    _put_changes(info, _facts(_swipe(swipe.text, swipe.source)), _facts(swipe))
    return info
