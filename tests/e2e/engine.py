"""Podman, with a store, networks and names of its own: it runs `compose.yaml` as Docker would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tests.e2e.process import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.container import Image

NEEDED: Final = ("podman", "runc", "iptables")
# Podman asks for higher limits than a machine may allow its root: what it allows is enough.
RUNTIME: Final = """#!{python}
import json, os, resource, sys
arguments = sys.argv[1:]
for option, file in (("--bundle", "config.json"), ("--process", "")):
    if option in arguments:
        path = os.path.join(arguments[arguments.index(option) + 1], file).rstrip("/")
        with open(path) as told:
            spec = json.load(told)
        for limit in spec.get("process", spec).get("rlimits", []):
            _, most = resource.getrlimit(getattr(resource, limit["type"]))
            if most != resource.RLIM_INFINITY:
                limit["hard"] = min(limit["hard"], most)
                limit["soft"] = min(limit["soft"], limit["hard"])
        with open(path, "w") as told:
            json.dump(spec, told)
os.execvp("runc", ["runc", *arguments])
"""
SETTINGS: Final = """
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "bounded"
[engine.runtimes]
bounded = ["{runtime}"]
"""


class Engine:
    """Podman with the images of a store."""

    def __init__(self, image: Image, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "compose.yaml", folder)
        runtime = folder / "runtime"
        runtime.write_text(RUNTIME.format(python=sys.executable), encoding="utf-8")
        runtime.chmod(0o755)
        settings, storage = folder / "containers.conf", folder / "storage.conf"
        settings.write_text(SETTINGS.format(runtime=runtime), encoding="utf-8")
        storage.write_text(image.storage(), encoding="utf-8")
        self._env = {
            **os.environ, "CONTAINERS_CONF": str(settings), "CONTAINERS_STORAGE_CONF": str(storage),
            "COMPOSE_PROJECT_NAME": self.project, "NO_COLOR": "1",
        }  # fmt: skip

    @property
    def project(self) -> str:
        """How compose's containers and networks begin; nobody else has it."""
        return f"dzone{os.getpid()}"

    def podman(self, *words: str, check: bool = True) -> str:
        """Run it; return what it writes."""
        return self._run("podman", *words, check=check)

    def compose(self, *words: str, check: bool = True) -> str:
        """Have compose do something with the file in our folder."""
        return self._run(sys.executable, "-m", "podman_compose", *words, check=check)

    def run_in(self, service: str, *words: str, check: bool = True) -> str:
        """Run something in a service's container."""
        return self.podman("exec", f"{self.project}_{service}_1", *words, check=check)

    def gateway(self, network: str) -> str:
        """Make a network of the project's, as compose would; return the address of this machine in it."""
        name = f"{self.project}_{network}"
        self.podman("network", "create", name)
        told = self.podman("network", "inspect", name, "--format", "{{range .Subnets}}{{.Gateway}}{{end}}")
        return told.strip()

    def works(self) -> str:
        """Say why it can't run containers here; nothing if it can."""
        try:
            self.podman("run", "--rm", "localhost/python", "true")  # in a network, as compose does
        except AssertionError as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Leave nothing running, and no network."""
        self.compose("down", "-v", "-t", "10", check=False)
        names = self.podman("network", "ls", "-q", check=False).split()
        ours = [name for name in names if name.startswith(self.project)]
        if ours:
            self.podman("network", "rm", "-f", *ours, check=False)

    def _run(self, *line: str, check: bool) -> str:
        done = subprocess.run(
            line, cwd=self.folder, env=self._env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", check=False,
        )  # fmt: skip
        said = f"{line[0]} {line[1:4]}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        assert not check or done.returncode == 0, said
        return done.stdout
