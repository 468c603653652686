"""The templates in `instruct_templates/`: whole, told apart, and true to the models' own formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from tavern_tui.core.prompt import TextPrompt
from tavern_tui.core.template import SystemPrompt
from tavern_tui.prompt.build import build_prompt
from tavern_tui.prompt.inputs import PromptInputs
from tavern_tui.storage.bundled import bundled_files
from tavern_tui.storage.folders import Folders
from tavern_tui.storage.templates import TemplateStore
from tavern_tui.text.js_regex import compile_js, parse_literal
from tests.prompt.builders import ann, text_inputs, text_of, user

FILES = bundled_files("instruct_templates", ".yaml")
TEXTS = (
    *("input_sequence", "output_sequence", "system_sequence"),
    *("input_suffix", "output_suffix", "system_suffix"),
    *("story_string_prefix", "story_string_suffix", "stop_sequence"),
    *("names_behavior", "user_alignment_message", "activation_regex"),
)
SWITCHES = ("wrap", "macro", "system_same_as_user", "sequences_as_stop_strings", "skip_examples")
OPTIONAL = (
    *("first_input_sequence", "first_output_sequence"),
    *("last_input_sequence", "last_output_sequence", "last_system_sequence"),
)
WORDED = ("story_string_suffix", "user_alignment_message", "activation_regex")
"""Fields that hold words of our own next to marks of the format."""


def read(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


ALL = {path.stem: read(path) for path in FILES}
INSTRUCT = {one["name"]: one["instruct"] for one in ALL.values() if "instruct" in one}


@pytest.fixture
def store(folders: Folders) -> TemplateStore:
    return TemplateStore(folders)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_who_uses_it_and_has_every_field(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")
    template = ALL[path.stem]
    known = {"name", "instruct", "context", "reasoning", "chat_template_hashes", "chat_template_marks"}
    assert not template.keys() - known
    marks = {"prefix", "suffix", "separator"}
    assert template.get("reasoning", {}).keys() - {"name"} in (marks, set())
    instruct, context = template.get("instruct", {}), template["context"]
    assert not instruct.keys() - {*TEXTS, *SWITCHES, *OPTIONAL}
    if instruct:
        assert all(isinstance(instruct[name], str) for name in TEXTS)
        assert all(isinstance(instruct[name], bool) for name in SWITCHES)
        assert instruct["names_behavior"] in ("none", "force", "always")
    assert context["story_string"].endswith("{{trim}}")
    assert isinstance(context["story_string_position"], int), "without it, files count as old"


def test_names_and_hashes_are_unique() -> None:
    names = [one["name"] for one in ALL.values()]
    hashes = [digest for one in ALL.values() for digest in one.get("chat_template_hashes", ())]
    assert len(set(names)) == len(names)
    assert len(set(hashes)) == len(hashes) == 19
    assert all(len(digest) == 64 and not digest.strip("0123456789abcdef") for digest in hashes)


def test_every_file_is_used_without_a_warning(store: TemplateStore) -> None:
    assert store.warnings == ()
    assert set(store.names()) == set(INSTRUCT)
    assert {one["name"] for one in ALL.values()} <= set(store.context_names())


@pytest.mark.parametrize("name", INSTRUCT)
def test_a_template_gives_a_prompt_whose_stop_strings_are_not_blank(store: TemplateStore, name: str) -> None:
    prompt = build_prompt(inputs_for(store, name)).prompt
    assert isinstance(prompt, TextPrompt)
    assert "Write Ann." in prompt.text
    assert "One." in prompt.text
    assert all(stop.strip() for stop in prompt.stop)
    assert "{{" not in prompt.text.replace("{{[", "").replace("]}}", "")


@pytest.mark.parametrize("name", INSTRUCT)
def test_every_field_of_the_card_reaches_the_prompt_once(store: TemplateStore, name: str) -> None:
    story = store.context(name)
    assert story is not None
    for field in ("anchorBefore", "system", "wiBefore", "description", "personality", "scenario"):
        assert story.story_string.count("{{" + field + "}}") == 1
    for field in ("wiAfter", "persona", "anchorAfter"):
        assert story.story_string.count("{{" + field + "}}") == 1


# --- the models' own templates

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)
LLAMA_3 = (
    "{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n"
    "{{ m.content | trim }}<|eot_id|>{% endfor %}<|start_header_id|>assistant<|end_header_id|>\n\n"
)
LLAMA_4 = (
    "<|begin_of_text|>{% for m in messages %}<|header_start|>{{ m.role }}<|header_end|>\n\n"
    "{{ m.content | trim }}<|eot|>{% endfor %}<|header_start|>assistant<|header_end|>\n\n"
)
MISTRAL_V7 = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ '[INST] ' + m.content + '[/INST]' }}"
    "{% elif m.role == 'system' %}{{ '[SYSTEM_PROMPT] ' + m.content + '[/SYSTEM_PROMPT]' }}"
    "{% else %}{{ ' ' + m.content + '</s>' }}{% endif %}{% endfor %}"
)
MISTRAL_V7_TEKKEN = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ '[INST]' + m.content + '[/INST]' }}"
    "{% elif m.role == 'system' %}{{ '[SYSTEM_PROMPT]' + m.content + '[/SYSTEM_PROMPT]' }}"
    "{% else %}{{ m.content + '</s>' }}{% endif %}{% endfor %}"
)
MISTRAL_V1 = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ ' [INST] ' + m.content + ' [/INST]' }}"
    "{% else %}{{ ' ' + m.content + '</s>' }}{% endif %}{% endfor %}"
)
MISTRAL_V3 = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ '[INST] ' + m.content + '[/INST]' }}"
    "{% else %}{{ ' ' + m.content | trim + '</s>' }}{% endif %}{% endfor %}"
)
MISTRAL_TEKKEN = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ '[INST]' + m.content + '[/INST]' }}"
    "{% else %}{{ m.content + '</s>' }}{% endif %}{% endfor %}"
)
GEMMA_2 = (
    "{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<end_of_turn>\n{% endfor %}<start_of_turn>model\n"
)
GEMMA_4 = (
    "{% for m in messages %}<|turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<turn|>\n{% endfor %}<|turn>model\n"
)
COMMAND_R = (
    "{% set roles = {'system': 'SYSTEM', 'user': 'USER', 'assistant': 'CHATBOT'} %}"
    "{% for m in messages %}<|START_OF_TURN_TOKEN|><|{{ roles[m.role] }}_TOKEN|>{{ m.content | trim }}"
    "<|END_OF_TURN_TOKEN|>{% endfor %}<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>"
)
DEEPSEEK = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}"
    "{% elif m.role == 'user' %}<｜User｜>{{ m.content }}"
    "{% else %}<｜Assistant｜>{{ m.content }}<｜end▁of▁sentence｜>{% endif %}{% endfor %}<｜Assistant｜>"
)
GLM_4 = (
    "[gMASK]<sop>{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{% endfor %}<|assistant|>"
    # The model writes this line break itself; giving it leaves no room for a tool's name.
    "{{ '\n' }}"
)
PHI = "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}<|assistant|>\n"
PHI_4 = (
    "{% for m in messages %}<|im_start|>{{ m.role }}<|im_sep|>{{ m.content }}<|im_end|>{% endfor %}"
    "<|im_start|>assistant<|im_sep|>"
)
TULU = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}"
    "{{ '<|end_of_text|>' if m.role == 'assistant' }}\n{% endfor %}<|assistant|>\n"
)
KIMI = (
    "{% for m in messages %}<|im_{{ m.role }}|>{{ m.role }}<|im_middle|>{{ m.content }}<|im_end|>"
    "{% endfor %}<|im_assistant|>assistant<|im_middle|>"
)
WITH_SYSTEM = {
    "ChatML": CHATML,
    "Llama 3 Instruct": LLAMA_3,
    "Llama 4 Instruct": LLAMA_4,
    "Mistral V7": MISTRAL_V7,
    "Mistral V7-Tekken": MISTRAL_V7_TEKKEN,
    "Gemma 4": GEMMA_4,
    "Command R": COMMAND_R,
    "DeepSeek-V2.5": DEEPSEEK,
    "GLM-4": GLM_4,
    "Phi": PHI,
    "Phi-4": PHI_4,
    "Tulu": TULU,
    "Moonshot AI": KIMI,
}
WITHOUT_SYSTEM = {
    "Gemma 2": GEMMA_2,
    "Mistral V1": MISTRAL_V1,
    "Mistral V2 & V3": MISTRAL_V3,
    "Mistral V3-Tekken": MISTRAL_TEKKEN,
}
"""Models without a system role: it is sent as the first exchange, which their templates do not know."""
SYSTEM = {"role": "system", "content": "Write Ann."}
TURNS = [
    {"role": "user", "content": "One."},
    {"role": "assistant", "content": "Two."},
    {"role": "user", "content": "Three?"},
]


def inputs_for(store: TemplateStore, name: str, *, system: bool = True) -> PromptInputs:
    """Three messages, user first, and a system prompt, laid out by the template called `name`."""
    return text_inputs(
        instruct=store.instruct(name),
        context=store.context(name),
        system=SystemPrompt(enabled=system, content=SYSTEM["content"]),
        messages=[user("One."), ann("Two."), user("Three?")],
    )


def rendered(source: str, messages: list[dict[str, str]]) -> str:
    """As a server would lay the messages out, without the start token, which servers add."""
    environment = jinja2.Environment(autoescape=False, keep_trailing_newline=True)
    return environment.from_string(source).render(messages=messages)


@pytest.mark.parametrize("name", WITH_SYSTEM)
def test_a_prompt_is_laid_out_as_the_models_own_chat_template_does(store: TemplateStore, name: str) -> None:
    assert text_of(inputs_for(store, name)) == rendered(WITH_SYSTEM[name], [SYSTEM, *TURNS])


@pytest.mark.parametrize("name", WITHOUT_SYSTEM)
def test_turns_are_laid_out_as_by_models_without_a_system_role(store: TemplateStore, name: str) -> None:
    assert text_of(inputs_for(store, name, system=False)) == rendered(WITHOUT_SYSTEM[name], TURNS)


@pytest.mark.parametrize("name", ["Mistral V1", "Mistral V2 & V3", "Mistral V3-Tekken", "Llama 2 Chat"])
def test_a_chat_that_begins_with_the_character_keeps_the_roles_alternating(
    store: TemplateStore, name: str
) -> None:
    inputs = text_inputs(
        instruct=store.instruct(name),
        context=store.context(name),
        system=SystemPrompt(content="Write Ann."),
        messages=[ann("Hello."), user("One.")],
    )
    text = text_of(inputs)
    assert text.count("[INST]") == text.count("[/INST]") == 3


# --- picking one


@pytest.mark.parametrize(
    ("name", "source"),
    [
        *((name, source) for name, source in (WITH_SYSTEM | WITHOUT_SYSTEM).items() if name != "Tulu"),
        ("ChatML", "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' }}"),
        ("OpenAI Harmony", "<|start|>user<|message|>{{ m.content }}<|end|><|start|>assistant"),
        ("Llama 2 Chat", "{{ '[INST] <<SYS>>\n' + s + '\n<</SYS>>\n\n' + m.content + ' [/INST]' }}"),
    ],
)
def test_a_servers_chat_template_picks_its_format(store: TemplateStore, name: str, source: str) -> None:
    # Templates of servers spell the roles out; the short ones above loop over them.
    spelled = (
        source.replace("<|im_{{ m.role }}|>{{ m.role }}<|im_middle|>", "<|im_user|>user<|im_middle|>")
        .replace("{{ m.role }}", "user")
        .replace("{{ roles[m.role] }}", "USER")
    )
    assert store.by_chat_template(spelled) == name


def test_an_unknown_chat_template_picks_nothing(store: TemplateStore) -> None:
    assert store.by_chat_template("{{ messages }}") is None


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Qwen2.5-14B-Instruct-Q4_K_M.gguf", "ChatML"),
        ("NousResearch/Hermes-3-Llama-3.1-8B", "ChatML"),
        ("anthracite-org/magnum-v4-27b", "ChatML"),
        ("meta-llama/Llama-3.3-70B-Instruct", "Llama 3 Instruct"),
        ("L3-8B-Stheno-v3.2", "Llama 3 Instruct"),
        ("Llama-4-Scout-17B-16E-Instruct", "Llama 4 Instruct"),
        ("llama-2-13b-chat.Q5_K_M", "Llama 2 Chat"),
        ("Mixtral-8x7B-Instruct-v0.1", "Mistral V1"),
        ("Mistral-7B-Instruct-v0.3", "Mistral V2 & V3"),
        ("Mistral-Nemo-Instruct-2407", "Mistral V3-Tekken"),
        ("Mistral-Large-Instruct-2411", "Mistral V7"),
        ("Mistral-Small-3.2-24B-Instruct-2506", "Mistral V7-Tekken"),
        ("Cydonia-24B-v4", "Mistral V7-Tekken"),
        ("gemma-2-9b-it", "Gemma 2"),
        ("gemma-3-27b-it", "Gemma 2"),
        ("gemma-4-31b-it", "Gemma 4"),
        ("c4ai-command-r-v01", "Command R"),
        ("DeepSeek-R1-Distill-Qwen-32B", "DeepSeek-V2.5"),
        ("DeepSeek-R1-Distill-Llama-8B", "DeepSeek-V2.5"),
        ("glm-4-9b-chat", "GLM-4"),
        ("Phi-3.5-mini-instruct", "Phi"),
        ("phi-4-Q6_K", "Phi-4"),
        ("Llama-3.1-Tulu-3-8B", "Tulu"),
        ("Kimi-K2-Instruct", "Moonshot AI"),
        ("gpt-oss-20b", "OpenAI Harmony"),
        ("mythomax-l2-13b", "Alpaca"),
        ("pygmalion-2-13b", "Metharme"),
        ("Mythalion-13B", "Metharme"),
        ("pygmalion-6b", "Pygmalion"),
        ("vicuna-13b-v1.5", "Vicuna 1.1"),
        ("Meta-Llama-3-8B", None),
        ("my-own-model", None),
    ],
)
def test_a_models_name_picks_its_format(store: TemplateStore, model: str, name: str | None) -> None:
    assert store.by_model(model) == name


def test_a_models_name_is_claimed_by_one_template_only(store: TemplateStore) -> None:
    patterns = {
        name: parse_literal(one["activation_regex"]) or compile_js(one["activation_regex"])
        for name, one in INSTRUCT.items()
        if one["activation_regex"]
    }
    for model in ("Qwen3-8B", "Hermes-3-Llama-3.1-8B", "Mistral-Nemo-Instruct-2407", "WizardLM-13B-V1.2"):
        assert len([name for name, pattern in patterns.items() if pattern.search(model)]) == 1


# --- the recorded formats


def test_formats_agree_with_the_recorded_ones_but_for_our_own_words(shared: Path) -> None:
    differing = []
    for path in sorted((shared / "parity").glob("text-template-*.json")):
        scenario = json.loads(path.read_text(encoding="utf-8"))
        name = scenario["note"].removeprefix("template ").partition(":")[0]
        theirs, ours = scenario["text"]["instruct"], INSTRUCT[name]
        for field in (*TEXTS, *SWITCHES, *OPTIONAL):
            if field not in WORDED and theirs.get(field, "") != ours.get(field, ""):
                differing.append((name, field, theirs.get(field), ours.get(field)))
    assert differing == []
