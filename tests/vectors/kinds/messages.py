"""Vectors of message lists as the services take them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tavern_tui.core.names import Names
from tavern_tui.prompt.post_process import post_process
from tavern_tui.providers.shaping.ai21 import ai21_messages
from tavern_tui.providers.shaping.claude import claude_prompt
from tavern_tui.providers.shaping.cohere import cohere_messages
from tavern_tui.providers.shaping.deepseek import deepseek_messages
from tavern_tui.providers.shaping.google import google_prompt
from tavern_tui.providers.shaping.mistral import mistral_messages
from tavern_tui.providers.shaping.moonshot import moonshot_messages
from tavern_tui.providers.shaping.xai import xai_messages
from tests.vectors.kinds import faults
from tests.vectors.kinds.case import Case, Json, names_of

Convert = Callable[[list[faults.Message]], Any]


def claude_cases(file: Json) -> Iterator[Case]:
    """One case per message list. Blank texts and white space at the end of a last reply, which the
    service refuses, are expected to be gone; words beside tool calls to be there."""
    for vector in file["vectors"]:
        convert = partial(_claude, vector.get("options", {}), names_of(vector), file["promptPlaceholder"])
        if any(faults.speaks_and_calls(message) for message in vector["input"]):
            yield _alike(vector, convert, _apart(vector["input"]))
        else:
            yield _case(vector, convert, faults.acceptable_to_claude(vector["output"]))


def _claude(options: Json, names: Names, placeholder: str, messages: list[faults.Message]) -> Json:
    prompt = claude_prompt(
        messages,
        names,
        placeholder=placeholder,
        system=options.get("useSysPrompt", True),
        tools=options.get("useTools", False),
        prefill=options.get("prefill", ""),
    )
    return {"messages": prompt.messages, "systemPrompt": prompt.system}


def google_cases(file: Json) -> Iterator[Case]:
    """One case per message list. A signed text is expected once, words beside tool calls too."""
    for vector in file["vectors"]:
        convert = partial(_google, vector.get("options", {}), names_of(vector))
        if any(faults.speaks_and_calls(message) for message in vector["input"]):
            yield _alike(vector, convert, _apart(vector["input"]))
        else:
            yield _case(vector, convert, faults.said_once(vector["output"]))


def _google(options: Json, names: Names, messages: list[faults.Message]) -> Json:
    prompt = google_prompt(
        messages, names, model=options.get("model", "gemini"), system=options.get("useSysPrompt", True)
    )
    return {"contents": prompt.contents, "system_instruction": {"parts": prompt.system}}


def cohere_cases(file: Json) -> Iterator[Case]:
    """One case per message list. Named messages with pictures are expected to come out."""
    for vector in file["vectors"]:
        yield _named(vector, partial(_cohere, names_of(vector), file["promptPlaceholder"]))


def _cohere(names: Names, placeholder: str, messages: list[faults.Message]) -> Json:
    return {"chatHistory": cohere_messages(messages, names, placeholder=placeholder)}


def mistral_cases(file: Json) -> Iterator[Case]:
    """One case per message list. No names, and a last message that the service answers."""
    for vector in file["vectors"]:
        convert = partial(_mistral, names_of(vector))
        if "output" in vector:
            yield _case(vector, convert, faults.acceptable_to_mistral(vector["output"]))
        else:
            yield _named(vector, convert)


def _mistral(names: Names, messages: list[faults.Message]) -> Any:
    return mistral_messages(messages, names)


def ai21_cases(file: Json) -> Iterator[Case]:
    """One case per message list. Neighbours with parts or calls are expected with all of them."""
    for vector in file["vectors"]:
        convert = partial(_ai21, names_of(vector), file["promptPlaceholder"])
        if any(map(faults.garbled_by_ai21, faults.ai21_runs(vector["input"]))) and "output" in vector:
            spelled = [faults.spelled_out(message, names_of(vector)) for message in vector["input"]]
            yield _case(vector, convert, faults.whole_for_ai21(vector["output"], spelled))
        else:
            yield _named(vector, convert)


def _ai21(names: Names, placeholder: str, messages: list[faults.Message]) -> Any:
    return ai21_messages(messages, names, placeholder=placeholder)


def xai_cases(file: Json) -> Iterator[Case]:
    """One case per message list."""
    for vector in file["vectors"]:
        names = names_of(vector)
        yield _named(vector, lambda messages, names=names: xai_messages(messages, names))


def deepseek_cases(file: Json) -> Iterator[Case]:
    """One case per message list, after the post-processing the service's row asks for."""
    for vector in file["vectors"]:
        tools = bool(vector.get("options", {}).get("tools"))
        yield _case(
            vector,
            partial(_deepseek, names_of(vector), file["promptPlaceholder"], tools),
            vector["output"],
        )


def _deepseek(names: Names, placeholder: str, tools: bool, messages: list[faults.Message]) -> Any:
    return deepseek_messages(post_process(messages, "semi_tools", names, placeholder), tools=tools)


def moonshot_cases(file: Json) -> Iterator[Case]:
    """One case per message list."""
    for vector in file["vectors"]:
        yield _case(vector, moonshot_messages, vector["output"])


# --- from a vector to its case


def _case(vector: Json, convert: Convert, right: Any) -> Case:
    """A case that should come to `right`; a fault where the recording says otherwise."""
    return Case(
        name=vector["name"],
        run=partial(convert, vector["input"]),
        expected=right,
        fault=right != vector["output"],
    )


def _alike(vector: Json, convert: Convert, plainer: list[faults.Message]) -> Case:
    """A fault: the messages should come out as `plainer` ones do, which say the same."""
    return Case(
        name=vector["name"], run=partial(convert, vector["input"]), expected=convert(plainer), fault=True
    )


def _named(vector: Json, convert: Convert) -> Case:
    if "output" in vector:  # xAI: users keep their names, with pictures too
        return _case(vector, convert, vector["output"])
    names = names_of(vector)
    return _alike(vector, convert, [faults.spelled_out(message, names) for message in vector["input"]])


def _apart(messages: list[faults.Message]) -> list[faults.Message]:
    return [one for message in messages for one in faults.speaks_then_calls(message)]
