"""Text tools."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from difflib import SequenceMatcher

from tavern_tui.core.errors import UsageError
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.services.slash.registry import Call, Slash
from tavern_tui.services.slash.values import as_json, as_number, as_text, is_on
from tavern_tui.services.template_use import TemplateKind
from tavern_tui.text.js_regex import JsMatch, JsRegex, compile_js, parse_literal
from tavern_tui.text.reasoning import split_reasoning
from tavern_tui.text.trim import trim_sentences


async def lower(call: Call) -> object:
    return call.unnamed.lower()


async def upper(call: Call) -> object:
    return call.unnamed.upper()


async def substr(call: Call) -> object:
    start, end = as_number(call.text("start")), as_number(call.text("end"))
    first = int(start) if start is not None else None
    return call.unnamed[first : int(end) if end is not None else None]


async def trim_end(call: Call) -> object:
    return trim_sentences(call.unnamed)


async def trim_start(call: Call) -> object:
    """Drop a sentence whose beginning is missing: everything up to the first one that ends."""
    text = call.unnamed
    ends = [at for mark in ".!?\n" if (at := text.find(mark)) >= 0]
    return text[min(ends) + 1 :].lstrip() if ends and not text[:1].isupper() else text


def pattern_of(call: Call) -> JsRegex:
    text = call.text("pattern") or call.text("find")
    if not text:
        raise UsageError("This needs pattern=.")
    return parse_literal(text) or compile_js(text)


async def replace(call: Call) -> object:
    pattern, replacer = call.text("pattern") or call.text("find"), call.text("replacer")
    if call.text("mode", "literal") != "regex":
        return call.unnamed.replace(pattern, replacer) if pattern else call.unnamed

    def written(match: JsMatch) -> str:
        text = replacer.replace("$&", match.group(0) or "").replace("{{match}}", match.group(0) or "")
        for number in range(9, 0, -1):
            if f"${number}" in text:
                group = match.group(number) if number <= found.groups else f"${number}"
                text = text.replace(f"${number}", group or "")
        return text

    found = pattern_of(call)
    return await asyncio.to_thread(found.sub, written, call.unnamed)


async def test(call: Call) -> object:
    return (await asyncio.to_thread(pattern_of(call).search, call.unnamed)) is not None


async def match(call: Call) -> object:
    """All matches with the flag g, else the first one with its groups."""
    pattern = pattern_of(call)
    if "g" in pattern.flags:
        found: list[list[str]] = []

        def keep(one: JsMatch) -> str:
            found.append([one.group(at) or "" for at in range(pattern.groups + 1)])
            return ""

        await asyncio.to_thread(pattern.sub, keep, call.unnamed)
        return json.dumps(found, ensure_ascii=False)
    one = await asyncio.to_thread(pattern.search, call.unnamed)
    groups = [one.group(at) or "" for at in range(pattern.groups + 1)] if one is not None else []
    return json.dumps(groups, ensure_ascii=False)


async def fuzzy(call: Call) -> object:
    items = as_json(call.text("list"))
    words = [as_text(one) for one in items] if isinstance(items, list) else []
    wanted = call.unnamed.strip()
    threshold = as_number(call.text("threshold", "0.4")) or 0.4
    inside = [one for one in words if one.lower() in wanted.lower() or wanted.lower() in one.lower()]
    if call.text("mode", "first") == "first" and inside:
        return inside[0]
    said = [wanted.lower(), *wanted.lower().split()]
    best = max(words, key=lambda one: _likeness(one, said), default="")
    return best if best and _likeness(best, said) >= 1 - threshold else ""


def _likeness(word: str, said: Sequence[str]) -> float:
    """How much a word is like the one of `said` that is most like it: 0 to 1."""
    return max(SequenceMatcher(None, word.lower(), one).ratio() for one in said)


async def tokens(call: Call) -> object:
    return str(call.session.count(call.unnamed))


async def count(call: Call) -> object:
    return str(sum(call.session.count(one.text) for one in call.session.chat.visible()))


async def trim_tokens(call: Call) -> object:
    limit = int(as_number(call.text("limit")) or 0)
    from_start = call.text("direction") == "start"
    text = call.unnamed
    low, high = 0, len(text)
    while low < high:  # the longest piece within the limit
        middle = (low + high + 1) // 2
        piece = text[-middle:] if from_start else text[:middle]
        low, high = (middle, high) if call.session.count(piece) <= limit else (low, middle - 1)
    return (text[-low:] if from_start else text[:low]) if low else ""


async def parse_reasoning(call: Call) -> object:
    template: ReasoningTemplate = call.session.reasoning
    found = split_reasoning(call.unnamed, template, strict=call.text("strict", "true") != "false")
    return found.text if call.text("return") == "content" else found.reasoning


async def format_reasoning(call: Call) -> object:
    template = call.session.reasoning
    thought = call.text("reasoning")
    block = f"{template.prefix}{thought}{template.suffix}{template.separator}" if thought else ""
    return block + call.unnamed


async def reasoning_template(call: Call) -> object:
    """The template in use, or another one from now on."""
    templates, wanted = call.tavern.reasoning_templates, call.unnamed.strip()
    if not wanted:
        return templates.chosen
    try:
        return templates.choose(wanted).name
    except UsageError as error:
        if is_on(call.text("quiet")):
            return ""
        known = ", ".join(one.name for one in templates.entries(TemplateKind.REASONING))
        raise UsageError(str(error), hint=f"Known: {known}.") from error


COMMANDS = (
    Slash(name="lower", aliases=("lowercase", "to-lower"), run=lower, help="In small letters.", usage="TEXT"),
    Slash(name="upper", aliases=("uppercase", "to-upper"), run=upper, help="In capitals.", usage="TEXT"),
    Slash(
        name="substr",
        aliases=("substring",),
        run=substr,
        help="A part of a text.",
        usage="[start=N] [end=N] TEXT",
    ),
    Slash(name="trimstart", run=trim_start, help="Without half a sentence at its beginning.", usage="TEXT"),
    Slash(name="trimend", run=trim_end, help="Without half a sentence at its end.", usage="TEXT"),
    Slash(
        name="trimtokens",
        run=trim_tokens,
        help="Cut to so many tokens.",
        usage="limit=N direction=start|end TEXT",
    ),
    Slash(
        name="replace",
        aliases=("re",),
        run=replace,
        help="Replace words, or what a regular expression finds.",
        usage="[mode=literal|regex] pattern=P [replacer=R] TEXT",
    ),
    Slash(
        name="test", run=test, help="Whether a regular expression finds something.", usage="pattern=P TEXT"
    ),
    Slash(
        name="match", run=match, help="What a regular expression finds, as a list.", usage="pattern=P TEXT"
    ),
    Slash(
        name="fuzzy",
        run=fuzzy,
        help="The entry of a list that is most like a text.",
        usage="list=L [threshold=0.4] [mode=first|best] TEXT",
    ),
    Slash(name="tokens", run=tokens, help="Tokens of a text.", usage="TEXT"),
    Slash(name="count", run=count, help="Tokens of the whole chat."),
    Slash(
        name="reasoning-parse",
        aliases=("parse-reasoning",),
        run=parse_reasoning,
        help="Take the thinking out of a text.",
        usage="[return=reasoning|content] [strict=true] TEXT",
    ),
    Slash(
        name="reasoning-format",
        aliases=("format-reasoning",),
        run=format_reasoning,
        help="Put thinking before a text.",
        usage="reasoning=T TEXT",
    ),
    Slash(
        name="reasoning-template",
        aliases=("reasoning-formatting", "reasoning-preset"),
        run=reasoning_template,
        help="How a model marks its thinking.",
        usage="[quiet=false] [NAME]",
    ),
)
