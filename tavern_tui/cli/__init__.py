"""The command line: `tavern-tui`. Imports nothing heavy until it knows what to do."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from tavern_tui.cli.arguments import parse
from tavern_tui.core.errors import TavernError, UsageError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 ok, 1 failure, 2 wrong usage, 130 interrupted with Ctrl-C."""
    options = parse(sys.argv[1:] if argv is None else argv)
    try:
        from tavern_tui.cli.commands import run  # everything else is behind this import

        return run(options)
    except UsageError as error:
        _complain(error)
        return 2
    except TavernError as error:
        _complain(error)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has left; Python would complain once more when it flushes at exit.
        sys.stdout = None
        return 0
    except Exception as error:  # the outermost: nobody should ever need a traceback
        return _report_bug(error, options)


def _report_bug(error: Exception, options: Namespace) -> int:
    """One sentence for the user, the details for whoever mends it."""
    import os
    import traceback

    from tavern_tui.storage.folders import find_folders

    where = find_folders(options.data, options.config, os.environ).log_file
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        with where.open("a", encoding="utf-8", errors="replace") as log:
            traceback.print_exception(error, file=log)
    except OSError:
        pass  # the sentence below still goes out
    hint = f"This is a fault of the program; {where} says more."
    _complain(TavernError(f"Something went wrong: {type(error).__name__}.", hint=hint))
    return 1


def _complain(error: TavernError) -> None:
    from tavern_tui.text.clean import clean_line

    sentence = clean_line(f"tavern-tui: {error} {error.hint}".strip())
    print(sentence, file=sys.stderr)
