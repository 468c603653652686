"""Gathers what a prompt is built from, and turns the built prompt into a request."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tavern_tui.core.character import Character
from tavern_tui.core.chat import Message
from tavern_tui.core.chat_options import Tool
from tavern_tui.core.connection import Connection
from tavern_tui.core.generation import GenerationRequest, GenerationType
from tavern_tui.core.preset import ChatPreset, RegexScript
from tavern_tui.core.prompt import BuiltPrompt, Prompt, StateChanges
from tavern_tui.core.samplers import SamplerValue
from tavern_tui.core.template import ReasoningTemplate
from tavern_tui.prompt.build import build_prompt
from tavern_tui.prompt.inputs import ChatShape, PromptInputs, TextShape
from tavern_tui.prompt.outgoing import Outgoing, outgoing
from tavern_tui.prompt.scene import open_scene
from tavern_tui.prompt.sources import card_fields
from tavern_tui.prompt.state import state_changes
from tavern_tui.services.attachments import Attached, Attachments, addresses, extra_of
from tavern_tui.services.connections import ConnectionService
from tavern_tui.services.following import Following
from tavern_tui.services.library import Library
from tavern_tui.services.media_takes import MediaTakes
from tavern_tui.services.preset_scripts import PresetScripts
from tavern_tui.services.preview import WireView
from tavern_tui.services.prompt_sources import PromptSources
from tavern_tui.services.requests import for_chat, offers_tools, samplers_for
from tavern_tui.services.token_counts import TokenCounts
from tavern_tui.services.token_ids import TokenIds
from tavern_tui.services.tool_desk import ToolDesk
from tavern_tui.services.tools import ToolContext
from tavern_tui.services.user_setup import SetupService
from tavern_tui.storage.chat_injections import chat_injections
from tavern_tui.storage.presets import (
    ordered_samplers,
    picture_detail,
    samplers_from_chat,
    shows_media,
    text_kind,
    tool_rounds,
)
from tavern_tui.storage.templates import TemplateStore
from tavern_tui.text.regex_scripts import Placement, ScriptContext, apply_scripts, counts_here

if TYPE_CHECKING:
    from tavern_tui.services.generating import Conversation
    from tavern_tui.services.reply import ReplyRules

_MACRO = re.compile(r"\{\{|<(?:USER|BOT|CHAR|GROUP)", re.IGNORECASE)


class PromptDesk(PromptSources):
    """One per program: the session says which chat, the desk knows everything else."""

    def __init__(
        self,
        *,
        connections: ConnectionService,
        library: Library,
        setup: SetupService,
        templates: TemplateStore,
        preset_scripts: PresetScripts,
        default_preset: Callable[[], ChatPreset],
        now: Callable[[], datetime],
        tools: ToolDesk,
        attachments: Attachments,
        counts: TokenCounts | None = None,
        name_of_chat: Callable[[str], str] = lambda chat: "",
    ) -> None:
        super().__init__(
            connections=connections,
            library=library,
            setup=setup,
            templates=templates,
            preset_scripts=preset_scripts,
            default_preset=default_preset,
        )
        self._name_of_chat = name_of_chat
        self._now = now
        self.tools = tools
        self.attachments = attachments
        self.media_takes = MediaTakes(connections)
        self.counts = counts or TokenCounts(connections)
        self._token_ids = TokenIds()

    @property
    def following(self) -> Following:
        """What follows a reply of the current connection by itself."""
        setup = self._setup.value
        more = setup.auto_continue
        if self.connections.spec_of(self.connections.current).prompt_kind == "chat":
            more = replace(more, enabled=more.enabled and more.allow_chat_completions)
        return Following(more=more, anew=setup.auto_swipe)

    # --- inputs

    def inputs(
        self,
        session: Conversation,
        *,
        user_input: str,
        generation: GenerationType = GenerationType.NORMAL,
        seed: int,
        dry_run: bool = False,
        speaker: Character | None = None,
        last: int | None = None,
    ) -> PromptInputs:
        """Everything a build may know, at this moment. `speaker`: who answers, if not whoever
        did last. `last`: the message the chat ends with, for this build. In the background (`quiet`) the
        input is a prompt that stands after the chat."""
        setup = self._setup.value
        chat = session.chat
        connection = self.connections.current
        character = speaker or session.character
        shape = self._shape(character)
        is_last = last is None or last == len(chat.messages) - 1
        return PromptInputs(
            shape=shape,
            character=character,
            group=session.cast,
            persona=session.persona,
            messages=chat.messages if last is None else chat.messages[: last + 1],
            metadata=chat.metadata,
            chat_name=chat.title,
            generation=generation,
            user_input="" if generation is GenerationType.QUIET else user_input,
            quiet_prompt=user_input if generation is GenerationType.QUIET else "",
            books=self._books(session, character),
            lore=setup.lore,
            note=setup.note_of(chat.metadata),
            default_note=setup.note.text,
            character_note=setup.character_note(character.file),
            summary=session.summary,
            injections=chat_injections(session.summary, setup.summary, chat.metadata),
            options=setup.options,
            reasoning=setup.reasoning,
            regex_scripts=self.regex_scripts(character),
            context_size=self.connections.context_size,
            response_length=self.connections.max_tokens,
            counter=self.counts.counter(),
            now=self._now(),
            seed=seed,
            global_variables=setup.global_variables,
            model=self.connections.model,
            api=connection.provider,
            character_tags=setup.tags_of(character.file),
            tools=self._offered(shape, generation) if is_last else (),
            attached=extra_of(session.attached) if generation is GenerationType.NORMAL else {},
            dry_run=dry_run,
        )

    def _offered(self, shape: TextShape | ChatShape, generation: GenerationType) -> tuple[Tool, ...]:
        """The tools a reply of this kind may call; none where several replies come at once."""
        if not isinstance(shape, ChatShape) or not offers_tools(
            shape.preset, generation, shape.post_processing, self.connections.current.samplers
        ):
            return ()
        connection = self.connections.current
        spec = self.connections.spec_of(connection)
        several = {**self._preset_samplers(connection), **connection.samplers}.get("n", 1)
        if "n" in spec.samplers and isinstance(several, int) and several > 1:
            return ()
        return self.tools.offers()

    def tool_rounds(self) -> int:
        """How often in a row a model may call tools before it has to answer."""
        return tool_rounds(self._preset(self.connections.current.chat_preset).source)

    def tool_context(self, session: Conversation) -> ToolContext:
        """What tools may know of a chat."""
        books = self._books(session, session.character)
        return ToolContext(chat=session.chat, books=books, now=self._now())

    # --- building

    def outgoing(self, text: str, inputs: PromptInputs) -> Outgoing:
        """The message that sending `text` adds to the chat, and what its macros changed."""
        return outgoing(text, inputs)

    def build(self, inputs: PromptInputs) -> BuiltPrompt:
        """The prompt for these inputs. Raises PromptError."""
        inputs = self._with_pictures(inputs)
        built = build_prompt(inputs)
        careful = self.counts.careful(built, inputs.counter)
        return built if careful is None else build_prompt(replace(inputs, counter=careful))

    def _with_pictures(self, inputs: PromptInputs) -> PromptInputs:
        """The inputs with the pictures of the chat, where the preset lets the model see them."""
        shape = inputs.shape
        if not isinstance(shape, ChatShape) or inputs.media or not shows_media(shape.preset.source):
            return inputs
        detail = picture_detail(shape.preset.source)
        found = self.attachments.for_prompt(
            inputs.messages,
            inputs.api,
            detail,
            kinds=self.media_takes.kinds(),
            waiting=addresses(inputs.attached),
        )
        return replace(inputs, media=found)

    def media_refusal(self, attached: Attached) -> str:
        """Why a file would not reach the model that answers, in one sentence; empty: it would."""
        refusal = self.media_takes.refusal(attached)
        preset = self._preset(self.connections.current.chat_preset)
        if refusal or shows_media(preset.source):
            return refusal
        return f'The preset "{preset.name}" shows the model no pictures (`media_inlining` is off).'

    def picture_detail(self) -> str:
        """How closely the preset lets a model look at pictures."""
        return picture_detail(self._preset(self.connections.current.chat_preset).source)

    def request(self, built: BuiltPrompt, inputs: PromptInputs, *, chat: str = "") -> GenerationRequest:
        """The request for the current connection. `chat`: what tells this chat from the others."""
        connection = self.connections.current
        samplers = samplers_for(
            inputs.generation, {**self._preset_samplers(connection), **connection.samplers}
        )
        if built.changes.banned:  # {{banned "text"}}
            own = samplers.get("banned_tokens", ())
            lines = own if isinstance(own, tuple) else ()
            samplers["banned_tokens"] = (*map(str, lines), *built.changes.banned)
        request = GenerationRequest(
            prompt=built.prompt,
            model=connection.model,
            max_tokens=inputs.response_length,
            context_size=inputs.context_size,
            samplers=samplers,
            stop=tuple(dict.fromkeys((*built.prompt.stop, *connection.stop))),
            stream=connection.stream,
            extra_body=connection.extra_body,
            genkey=f"tavern-{uuid.UUID(int=inputs.seed)}",
        )
        if isinstance(inputs.shape, ChatShape):
            request = for_chat(
                request,
                inputs.shape.preset,
                inputs.generation,
                post_processing=inputs.shape.post_processing,
                tools=inputs.tools,
                choices=connection.samplers,
            )
        spec = self.connections.spec_of(connection)
        if chat and spec.knows_chats and inputs.generation is not GenerationType.QUIET:
            request = replace(request, session=self._name_of_chat(chat))
        return self._token_ids.filled(request, spec, self.counts.tokenizer())

    def _preset_samplers(self, connection: Connection) -> Mapping[str, SamplerValue]:
        """The samplers of the connection's preset; the connection's own are laid over them."""
        if self.connections.spec_of(connection).prompt_kind == "chat":
            chosen = self.chat_preset or connection.chat_preset
            return samplers_from_chat(self._preset(connection.chat_preset)) if chosen else {}
        if not connection.text_preset:
            return {}
        preset = self._library.text_preset(connection.text_preset, text_kind(connection.provider))
        return ordered_samplers(preset, connection.provider) if preset is not None else {}

    def wire(self, request: GenerationRequest) -> WireView:
        """The request as bytes on the wire, secrets masked. No I/O."""
        prepared = self.connections.provider().wire(request).masked()
        return WireView(
            method=prepared.method, url=prepared.url, headers=prepared.headers, body=prepared.body
        )

    def reply_rules(self, inputs: PromptInputs, prompt: Prompt) -> ReplyRules:
        """How the reply to this prompt is read and cleaned."""
        from tavern_tui.services.reply_reading import rules_of

        return rules_of(inputs, prompt, self.connections.current.stop)

    def shown(self, session: Conversation, message: Message, depth: int) -> str:
        """A message's text as it is shown: macros resolved, display scripts applied."""
        return self.shower(session)(message, depth)

    def shower(self, session: Conversation) -> Callable[[Message, int], str]:
        """`shown` for many messages: which scripts run is asked once, for each author."""
        scripts_of: dict[tuple[str, str], tuple[RegexScript, ...]] = {}

        def shown(message: Message, depth: int) -> str:
            author = (session.turns.author(message) if session.turns else None) or session.character
            key = author.file, author.name
            if key not in scripts_of:
                scripts_of[key] = self.regex_scripts(author)
            scripts = scripts_of[key]
            return self._shown(session, message, depth, author, scripts)

        return shown

    def _shown(
        self,
        session: Conversation,
        message: Message,
        depth: int,
        author: Character,
        scripts: tuple[RegexScript, ...],
    ) -> str:
        text = message.text
        has_macros = ("{{" in text or "<" in text) and _MACRO.search(text) is not None
        placement = Placement.USER_INPUT if message.is_user else Placement.AI_OUTPUT
        context = ScriptContext.DISPLAY
        if not has_macros and not any(counts_here(one, placement, context, depth) for one in scripts):
            return text
        scene = open_scene(self.inputs(session, user_input="", seed=0, dry_run=True, speaker=author))
        text = scene.substitute(message.text) if has_macros else message.text
        return apply_scripts(
            text,
            scripts,
            placement=placement,
            context=context,
            depth=depth,
            substitute=scene.substitute,
            warnings=None,
        )

    def as_stored(self, session: Conversation, speaker: Character, text: str, seed: int | None = None) -> str:
        """A greeting as it goes into the chat: after the scripts that change what is stored; with a
        seed for its dice, its macros are resolved as well."""
        scripts = self.regex_scripts(speaker)
        if seed is None and not scripts:
            return text
        scene = open_scene(self.inputs(session, user_input="", seed=seed or 0, dry_run=True, speaker=speaker))
        scene.macros.card = card_fields(scene)
        return apply_scripts(
            text if seed is None else scene.substitute(text),
            scripts,
            placement=Placement.AI_OUTPUT,
            context=ScriptContext.STORE,
            depth=None,
            substitute=scene.substitute,
            warnings=None,
        )

    def resolver(self, session: Conversation) -> Callable[[str], str]:
        """Resolves macros as the open chat's prompt would; what they change is thrown away."""
        scene = open_scene(self.inputs(session, user_input="", seed=0, dry_run=True))
        scene.macros.card = card_fields(scene)
        return scene.substitute

    def resolved(self, text: str, inputs: PromptInputs) -> tuple[str, StateChanges]:
        """A text with its macros resolved, and what they changed."""
        scene = open_scene(inputs)
        scene.macros.card = card_fields(scene)
        return scene.substitute(text), state_changes(scene)

    @property
    def reasoning(self) -> ReasoningTemplate:
        """How a model's thinking is marked in its text."""
        return self._setup.value.reasoning

    @property
    def global_variables(self) -> Mapping[str, object]:
        """The variables all chats share."""
        return self._setup.value.global_variables

    # --- the outside

    async def get_ready(
        self, session: Conversation, user_input: str = "", *, speaker: Character | None = None
    ) -> None:
        """Learn what a build needs and a server may know: its template, context and counts."""
        await self.connections.known_status()
        if self._offered(self._shape(speaker or session.character), GenerationType.NORMAL):
            await self.tools.get_ready()
        await self.counts.get_ready(
            lambda: self.build(
                self.inputs(session, user_input=user_input, seed=0, dry_run=True, speaker=speaker)
            )
        )

    def keep_global_variables(self, variables: Mapping[str, object]) -> None:
        """Write the global variables that macros changed."""
        self._setup.change_global_variables(variables)

    async def aclose(self) -> None:
        await self.tools.aclose()
        await self.counts.aclose()
