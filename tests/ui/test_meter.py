"""What the status line says of a reply."""

from __future__ import annotations

from tavern_tui.core.generation import FinishReason
from tavern_tui.services.events import ReasoningGrew, ReplyEnded, ReplyGrew, ReplyProgress, ReplyStarted
from tavern_tui.ui.panes.chat.meter import ReplyMeter, summary


def a_meter() -> ReplyMeter:
    return ReplyMeter(started=100.0)


def test_before_the_request_is_out_it_is_being_sent() -> None:
    assert a_meter().sentence(100.1) == "sending"


def test_silence_is_counted_in_seconds() -> None:
    meter = a_meter()
    meter.watch(ReplyStarted(3), 100.0)
    assert meter.sentence(101.0) == "waiting"
    assert meter.sentence(104.2) == "waiting · nothing for 4 s"


def test_the_server_reading_the_prompt_is_shown_with_its_progress() -> None:
    meter = a_meter()
    meter.watch(ReplyProgress(512, 2048), 100.5)
    assert meter.sentence(100.6) == "reading the prompt 512/2,048"
    meter.watch(ReplyProgress(3, 9, "place 3 in the queue\x1b[2J"), 100.7)
    assert meter.sentence(100.8).startswith("place 3 in the queue")
    assert "\x1b" not in meter.sentence(100.8)


def test_the_speed_follows_the_words() -> None:
    meter = a_meter()
    meter.watch(ReplyGrew(3, "x" * 4), 101.0)
    meter.watch(ReplyGrew(3, "x" * 76), 102.0)
    assert meter.sentence(102.0) == "writing · about 20 tokens/s"


def test_thinking_is_told_from_writing() -> None:
    meter = a_meter()
    meter.watch(ReasoningGrew(3, "hm"), 100.1)
    assert meter.sentence(100.2) == "thinking"


def test_afterwards_tokens_speed_and_first_word_are_told() -> None:
    ended = ReplyEnded(
        index=3, text="x", reason=FinishReason.STOP, stopped=True, tokens=100, seconds=5.5, first_token=0.5
    )
    assert summary(ended) == "stopped · 100 tokens · 20.0 tokens/s · first word after 0.5 s"
    assert summary(ReplyEnded(index=None, text="", reason=FinishReason.STOP)) == "nothing came"
