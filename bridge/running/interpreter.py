"""What this Python has to be, and to have, before anything else of ours is imported.

Python 3.7 can read this module, and those that import it first: they keep to what old ones know.
"""

import os
import signal
import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

OLDEST = (3, 11)


def heed_stop() -> None:
    """Let a SIGTERM end a container's first process from its first moment on.

    The system drops a signal for which that one has no handler yet, and the container would be killed later.
    """
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def command(package: str) -> str:
    """Tell how somebody starts a package of ours, going by how they started this process."""
    script = "dzone-" + package
    return script if Path(sys.argv[0]).stem == script else "python -m " + package


def to_install(extra: str) -> str:
    """Tell how somebody installs an extra of ours, where this Python finds it.

    In double quotes, which sh, PowerShell and cmd understand. What pipx or uv have made may have no pip.
    """
    if find_spec("pip") is None:
        return f'Install "dzone-bot[{extra}]" in place of dzone-bot.'
    return f'Install it: {_python()} -m pip install "dzone-bot[{extra}]"'


def _python() -> str:
    """Name this Python as somebody would type it here."""
    try:
        return str(Path(sys.executable).relative_to(Path.cwd()))
    except ValueError:
        return sys.executable


def trouble(package: str, *needed: str) -> str:
    """Say in one sentence what keeps this Python from running a package of ours; nothing if it can."""
    if sys.version_info[:2] < OLDEST:
        version = ".".join(map(str, sys.version_info[:3]))
        return f"The {package} needs Python 3.11 or newer; this one is {version} ({sys.executable})."
    for name in needed:
        found = find_spec(name)
        if found is None:
            return (
                f"This Python ({sys.executable}) has no {name}: start the {package} with the one for which it"
                f" was installed, usually {_usual_python()} -m {package}."
            )
        if found.origin is not None and _hides_another(name, Path(found.origin)):
            return (
                f"{found.origin} stands in the way of the package {name}: rename it, or start the {package}"
                " in another folder."
            )
    return ""


def _hides_another(name: str, file: Path) -> bool:
    """Tell whether a module was found because we were started where it is, before one that is installed."""
    folder = file.parent.parent if file.name == "__init__.py" else file.parent
    if folder.resolve() != Path.cwd():
        return False
    elsewhere = [place for place in sys.path if Path(place).resolve() != Path.cwd()]
    return PathFinder.find_spec(name, elsewhere) is not None


def _usual_python() -> str:
    return ".venv\\Scripts\\python" if sys.platform == "win32" else ".venv/bin/python"
