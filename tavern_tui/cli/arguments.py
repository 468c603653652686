"""What may be said on the command line. Standard library only: `--help` must be instant."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from tavern_tui import __version__

EPILOG = """\
commands:
  tavern-tui [CARD|CHARACTER]   open the app, with this card or character if one is given
  tavern-tui --plain [CARD]     talk line by line, for screen readers and poor terminals
  tavern-tui send ...           send one message, stream the reply to standard output
  tavern-tui prompt ...         print the prompt that `send` would send
  tavern-tui providers          list the kinds of servers that can answer
  tavern-tui models ...         list the models of a server; load, unload or fetch one
  tavern-tui connections ...    list, export (without keys) or import connections
  tavern-tui keys ...           list, add, choose or remove API keys
  tavern-tui check              say what is installed, found and reachable
  tavern-tui import FILE...     take over cards, lorebooks, chats, presets and templates
  tavern-tui tokenizer [NAME]   list tokenizer files that can be fetched, or fetch one
  tavern-tui export CHARACTER   write a chat as Markdown, text, HTML or JSONL
  tavern-tui search WORDS       find words in all chats
  tavern-tui paths              say where everything is kept

`tavern-tui COMMAND --help` explains a command.
exit codes: 0 ok, 1 failure (one sentence on standard error), 2 wrong usage, 130 Ctrl-C
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options of one run; `command` names what to do. Exits with 2 on wrong usage."""
    words = list(argv)
    at = _command_at(words)
    if at is None:
        return _app_parser().parse_args(words, argparse.Namespace(command="app"))
    command = words.pop(at)
    parser = argparse.ArgumentParser(
        prog=f"tavern-tui {command}",
        description=COMMANDS[command].__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_places(parser)
    COMMANDS[command](parser)
    return parser.parse_args(words, argparse.Namespace(command=command))


def _command_at(words: Sequence[str]) -> int | None:
    """Where the command word stands: the first word that is neither an option nor its value."""
    skip = False
    for at, word in enumerate(words):
        if skip:
            skip = False
        elif word in ("--data", "--config"):
            skip = True
        elif not word.startswith("-"):
            return at if word in COMMANDS else None
    return None


def _add_places(parser: argparse.ArgumentParser) -> None:
    places = parser.add_argument_group("places")
    places.add_argument(
        "--data", metavar="DIR", help="data folder (SillyTavern's layout); also TAVERN_TUI_DATA"
    )
    places.add_argument("--config", metavar="FILE", help="settings file; also TAVERN_TUI_CONFIG")


def _app_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tavern-tui",
        description="A role-play chat client for the terminal.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"tavern-tui {__version__}")
    parser.add_argument(
        "card", nargs="?", metavar="CARD|CHARACTER", help="a card file, or the name of a character or group"
    )
    parser.add_argument(
        "--plain", action="store_true", help="talk line by line: for screen readers and poor terminals"
    )
    _add_places(parser)
    return parser


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def _add_generation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("message", nargs="?", metavar="MESSAGE", help="what you say; - reads standard input")
    who = parser.add_argument_group("who speaks, and where")
    who.add_argument("--character", metavar="FILE|NAME", help="a card file, or a character you have")
    who.add_argument("--group", metavar="NAME", help="instead of a character: a group you have")
    who.add_argument("--persona", metavar="NAME", help="who you are")
    who.add_argument(
        "--lorebook", metavar="FILE", action="append", default=[], help="one more lorebook (may be repeated)"
    )
    who.add_argument("--chat", metavar="FILE.jsonl", help="go on with this chat, or begin it there")
    server = parser.add_argument_group("who answers")
    server.add_argument("--connection", metavar="NAME", help="a saved connection")
    server.add_argument("--provider", metavar="ID", help="a provider (see `tavern-tui providers`)")
    server.add_argument("--url", help="the server's address")
    server.add_argument("--model", metavar="M", help="the model's id")
    server.add_argument("--key-env", metavar="VAR", help="environment variable that holds the API key")
    shape = parser.add_argument_group("how")
    shape.add_argument("--template", metavar="NAME", help="instruct template; `none` for plain text")
    shape.add_argument("--preset", metavar="FILE", help="a SillyTavern preset (text or chat completion)")
    shape.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="samplers",
        help="a sampler, such as temperature=0.7 (may be repeated)",
    )
    shape.add_argument(
        "--option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="options",
        help="a choice only this provider has (see `tavern-tui providers --json`; may be repeated)",
    )
    shape.add_argument("--max-tokens", metavar="N", type=_positive, help="length of the reply, tokens")
    shape.add_argument("--context", metavar="N", type=_positive, help="context size, tokens")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _send(parser: argparse.ArgumentParser) -> None:
    """Send one message and stream the reply to standard output as it arrives.

    Without --character the bundled character speaks; without --connection or --provider the
    current connection answers (`offline` on a fresh machine)."""
    _add_generation(parser)
    run = parser.add_argument_group("this run")
    run.add_argument("--no-stream", action="store_true", help="ask for the reply in one piece")
    run.add_argument("--no-save", action="store_true", help="write no chat file")
    run.add_argument(
        "--dry-run",
        action="store_true",
        help="send nothing; print the exact HTTP request as JSON, secrets masked",
    )


def _prompt(parser: argparse.ArgumentParser) -> None:
    """Print the prompt that `send` would send: the string and its stop list, or the messages."""
    _add_generation(parser)
    parser.add_argument("--parts", action="store_true", help="list the parts with their tokens")
    _add_json(parser)


def _providers(parser: argparse.ArgumentParser) -> None:
    """List the kinds of servers that can answer."""
    _add_json(parser)


def _models(parser: argparse.ArgumentParser) -> None:
    """List the models of a server, or have it load, unload or fetch one."""
    work = parser.add_mutually_exclusive_group()
    work.add_argument("--load", metavar="MODEL", help="have the server load this model")
    work.add_argument("--unload", metavar="MODEL", help="have the server let go of this model")
    work.add_argument("--fetch", metavar="MODEL", help="have the server get a model it does not have")
    parser.add_argument("--connection", metavar="NAME", help="a saved connection")
    parser.add_argument("--provider", metavar="ID", help="a provider (see `tavern-tui providers`)")
    parser.add_argument("--url", help="the server's address")
    parser.add_argument("--key-env", metavar="VAR", help="environment variable that holds the API key")
    _add_json(parser)


def _connections(parser: argparse.ArgumentParser) -> None:
    """List the saved connections, export them without keys, or import such a file."""
    parser.add_argument("what", nargs="?", choices=("list", "export", "import"), default="list")
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="file to write or to read (TOML, or SillyTavern's settings.json)",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="connections to export; none: all")
    _add_json(parser)


def _keys(parser: argparse.ArgumentParser) -> None:
    """List API keys by name, add one (read from standard input), choose one, or remove one."""
    parser.add_argument("what", nargs="?", choices=("list", "add", "use", "remove", "import"), default="list")
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="a connection (add, use), a key (remove), a secrets.json (import)",
    )
    parser.add_argument("key", nargs="?", metavar="KEY", help="name of the key to use")
    parser.add_argument("--label", default="", help="what to call a new key; none: the provider's usual one")
    _add_json(parser)


def _check(parser: argparse.ArgumentParser) -> None:
    """Say what is installed, found and reachable."""
    _add_json(parser)


def _import(parser: argparse.ArgumentParser) -> None:
    """Take over cards, lorebooks, chats, presets and templates."""
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--character", metavar="NAME", help="the character an imported chat belongs to")
    _add_json(parser)


def _tokenizer(parser: argparse.ArgumentParser) -> None:
    """List the tokenizer files that can be fetched from their makers, or fetch one.

    Nothing is fetched unless you name it. NovelAI needs one to be told stop strings and bans."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the tokenizer to fetch")


def _export(parser: argparse.ArgumentParser) -> None:
    """Write a chat as Markdown, plain text, a web page or JSONL.

    Without CHAT the one written last; without --output to standard output."""
    parser.add_argument("character", metavar="CHARACTER", help="a character or group: file, id or name")
    parser.add_argument("chat", nargs="?", metavar="CHAT", help="the chat's title")
    parser.add_argument(
        "--format",
        choices=("md", "txt", "html", "jsonl"),
        help="how (default: by the output's ending, else md)",
    )
    parser.add_argument("--output", "-o", metavar="FILE", help="where to; a file that is there is replaced")
    parser.add_argument(
        "--hidden",
        choices=("mark", "leave-out"),
        default="mark",
        help="what becomes of messages hidden from the model (default: mark)",
    )
    parser.add_argument("--thinking", action="store_true", help="with the model's thinking")


def _search(parser: argparse.ArgumentParser) -> None:
    """Find messages that hold all of these words, in all chats; the newest come first.

    Words in quotation marks are found as they stand."""
    parser.add_argument("words", nargs="+", metavar="WORDS")
    parser.add_argument("--character", metavar="NAME", help="only in chats with this character or group")
    parser.add_argument("--limit", metavar="N", type=_positive, default=50, help="so many (default: 50)")
    parser.add_argument("--best", action="store_true", help="the best matches first, not the newest")
    _add_json(parser)


def _paths(parser: argparse.ArgumentParser) -> None:
    """Say where everything is kept."""
    _add_json(parser)


COMMANDS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "send": _send,
    "prompt": _prompt,
    "providers": _providers,
    "models": _models,
    "connections": _connections,
    "keys": _keys,
    "check": _check,
    "import": _import,
    "export": _export,
    "search": _search,
    "tokenizer": _tokenizer,
    "paths": _paths,
}
