"""Character.AI: the files of CAI Tools, and what the site's own interface answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tavern_tui.storage.chats_import.lines import ForeignChat, Json, Line, counted, moment_in, name_in, spoken
from tavern_tui.storage.json_keep import as_list, as_object, dig

WHERE = "Character.AI"


def matches(value: Json) -> bool:
    if "histories" in value or "turns" in value:
        return True
    chats, rows = as_list(value.get("chats")), as_list(value.get("messages"))
    return any("turns" in as_object(one) for one in chats) or any(
        "src__is_human" in as_object(one) for one in rows
    )


def read(value: Json, warnings: list[str]) -> Sequence[ForeignChat]:
    character = _character(value)
    chats: list[ForeignChat] = []
    for rows in _chats(value):
        lines = tuple(line for row in rows if (line := _line(row)) is not None)
        warnings += counted(len(rows) - len(lines), len(rows), WHERE)
        speaker = next((line.name for line in lines if not line.is_user and line.name), "")
        chats.append(ForeignChat(lines=lines, character=character or speaker))
    return chats


def _chats(value: Json) -> Iterator[list[Json]]:
    """The rows of each chat, the oldest first."""
    histories = value.get("histories")
    for history in as_list(dig(histories, ("histories",)) or histories):
        yield _rows(as_object(history).get("msgs"))
    if "messages" in value:
        yield _rows(value.get("messages"))
    for chat in (value, *map(as_object, as_list(value.get("chats")))):
        if "turns" in chat:
            yield _oldest_first(_rows(chat.get("turns")))


def _rows(value: object) -> list[Json]:
    return [as_object(row) for row in as_list(value)]


def _oldest_first(turns: list[Json]) -> list[Json]:
    """The site answers with the newest turn first, exporters turn that around: the dates decide."""
    dates = [moment_in(turn.get("create_time")) for turn in turns]
    if dates and all(dates):
        return [turn for _, turn in sorted(zip(dates, turns, strict=True), key=lambda pair: pair[0])]
    return turns


def _line(row: Json) -> Line | None:
    if "candidates" in row:
        return _turn(row)
    text = spoken(row.get("text"))
    if not text:
        return None
    source = as_object(row.get("src"))
    is_user = bool(source.get("is_human", row.get("src__is_human")))
    name = name_in(source.get("name") or row.get("src__name"))
    return Line(
        text=text, is_user=is_user, name="" if is_user else name, sent_at=moment_in(row.get("created"))
    )


def _turn(row: Json) -> Line | None:
    """A turn with its candidates; the primary one is what the chat shows."""
    candidates = [as_object(one) for one in as_list(row.get("candidates"))]
    primary = row.get("primary_candidate_id")
    candidates.sort(key=lambda one: one.get("candidate_id") != primary)
    texts = [text for one in candidates if (text := spoken(one.get("raw_content")))]
    if not texts:
        return None
    author = as_object(row.get("author"))
    is_user = bool(author.get("is_human"))
    return Line(
        text=texts[0],
        is_user=is_user,
        name="" if is_user else name_in(author.get("name")),
        sent_at=moment_in(row.get("create_time")),
        others=tuple(texts[1:]),
    )


def _character(value: Json) -> str:
    return name_in(dig(value, ("info", "character", "name")) or dig(value, ("info", "name")))
