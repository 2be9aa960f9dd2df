"""The command line: it reads what was asked, hands it to the library, and presents what comes back."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `mattebox`.

    Args:
        arguments: the words after the command's name; None takes those of the process.

    Returns:
        The exit code: 0 all done, 1 something failed, 2 wrong use, 130 stopped by Ctrl-C.
    """
    import typer

    from mattebox.cli.app import app
    from mattebox.cli.text import complain
    from mattebox.errors import BadParameter, MatteboxError, ModelNotFound

    try:
        code = app(arguments, prog_name="mattebox", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        if message := error.format_message().replace(": Value error, ", ": "):
            complain(message)
        return error.exit_code
    except MatteboxError as error:
        complain(str(error))
        return 2 if isinstance(error, (BadParameter, ModelNotFound)) else 1
    except typer.Abort:
        return 130
    except BrokenPipeError:  # whoever read the output has gone; nothing may be written to it at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # users are told in one line, --verbose tells the rest
        logging.getLogger(__name__).debug("unexpected error", exc_info=True)
        complain(f"unexpected {type(error).__name__}: {error}")
        return 1
    return code if isinstance(code, int) else 0
