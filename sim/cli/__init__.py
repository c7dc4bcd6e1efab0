"""The command `cocreate`: one command is one call of the API.

A file holds commands that belong together; `_common` what they share.
"""

import gc
import logging
import os
import sys

import cyclopts

import sim
import sim.cli._environment
from sim.cli import evidence, lab, runs, studies, worlds
from sim.cli._common import WELCOME, app, complain, discard_output, terminal
from sim.errors import UserError, unknown

__all__ = ["app", "call", "evidence", "lab", "main", "runs", "studies", "worlds"]


def main() -> None:
    """Runs the command line: exit 0 done, 1 the work failed, 2 the user's mistake, 130 Ctrl-C."""
    # To load all makes some hundred thousand objects. To look through them for garbage, as they
    # become more and more, takes a tenth of the time.
    gc.set_threshold(100_000)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if sys.stderr is not None and sys.stderr.isatty():
        logging.basicConfig(format="%(message)s")
        logging.getLogger("sim").setLevel(logging.INFO)
    sys.exit(call(sys.argv[1:]))


def call(words: list[str]) -> int:
    """Runs one command and returns its exit code; a traceback is shown on request only."""
    try:
        if words and not words[0].startswith("-") and words[0] not in app:
            raise unknown("command", words[0], [name for name in app if name[0] != "-"])
        code = app(
            words,
            console=terminal(),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
        print(end="", flush=True)
    except cyclopts.CycloptsError as mistake:
        command = "".join(f" {word}" for word in words[:1] if word in app)
        return complain(f"{mistake} See: cocreate{command} --help", 2)
    except UserError as mistake:
        return complain(str(mistake), 2)
    except KeyboardInterrupt:
        return complain("interrupted; nothing was written", 130)
    except BrokenPipeError:  # whoever reads the output, such as head, has enough
        discard_output()
        return 0
    except ImportError as broken:
        return complain(f"the installed packages do not fit together: {broken}", 1)
    except OSError as problem:
        if problem.filename is None:
            discard_output()
        return complain(f"{problem.filename or 'the output'}: {problem.strerror}", 1)
    except (Exception, SystemExit) as failure:  # a style or metric may call sys.exit
        if os.environ.get("COCREATE_TRACEBACK"):
            raise
        from sim.study import told

        hint = "" if isinstance(failure, sim.RunError) else "\nCOCREATE_TRACEBACK=1 shows the way"
        return complain(told(failure) + hint, 1)
    return code or 0


@app.default
def welcome() -> None:
    """Says what this is, and the next three commands."""
    print(WELCOME)
