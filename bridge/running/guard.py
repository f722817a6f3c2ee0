"""Runs a program until whoever asked for it is gone, however that ended: killed programs can't end others.

`python -m bridge.running.guard FOLDER PROGRAM ...` ends the program as soon as its own input ends, and then
removes the folder, if one is named: an empty name stands for none. It needs nothing but Python.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

KILLED: Final = 128  # and more: how shells write a signal as an exit code
PATIENCE: Final = 1.0  # seconds that the program has to end: with nothing to store it takes no time


def main(arguments: Sequence[str]) -> int:
    """Run the program; return its exit code."""
    folder, *command = arguments
    # Who stops a service may tell all its processes at once: the program ends after those who need it.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), lambda *_: None)  # and not SIG_IGN: it would be inherited
    # What it says is passed on, and not written there by itself: it would keep our parent from seeing us end.
    try:
        program = subprocess.Popen(  # noqa: S603 - what our parent asks for
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        os.write(sys.stdout.fileno(), f"{command[0]} can't be started: {error.strerror}.\n".encode())
        return 1
    asked = threading.Event()
    threading.Thread(target=_end_with_input, args=[program, asked], daemon=True).start()
    assert program.stdout is not None  # noqa: S101 - it is a pipe, as asked for
    for line in program.stdout:
        with contextlib.suppress(OSError):  # nobody listens any more
            os.write(sys.stdout.fileno(), line)
    code = program.wait()
    if asked.is_set() and folder:
        shutil.rmtree(folder, ignore_errors=True)
    return code if code >= 0 else KILLED - code


def _end_with_input(program: "subprocess.Popen[bytes]", asked: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    asked.set()
    program.terminate()
    try:
        program.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        program.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
