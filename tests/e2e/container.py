"""The image of the `Dockerfile`, built and run by buildah, which needs no daemon.

In place of Docker Hub's image with Python is one of Debian's packages, in which lies what PyPI would give.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.e2e import servers
from tests.e2e.process import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

NEEDED: Final = ("buildah", "debootstrap")
PACKAGES: Final = "python3,python3-venv,ca-certificates"
EXTRAS: Final = ".[speed,workers,metrics]"
BUILDS_WITH: Final = ("hatchling", "async-timeout")  # and with what Debian's Python lacks
BASE: Final = "localhost/python"
IMAGE: Final = "localhost/dzone-bot"
SAID: Final = "tmp/said"  # in the container: what a command in it writes


class Image:
    """The image, in a store of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._roots = (folder / "store", folder / "run")
        self._driver = _driver(folder)
        self._container = ""

    def build(self) -> None:
        """Build it, and a container of it."""
        self._make_base()
        # Docker's own format, for the other one has no health check.
        self._buildah(
            "build", "--isolation", "chroot", "--format", "docker", "--build-arg", f"PYTHON={BASE}",
            "-t", IMAGE, str(ROOT),
        )  # fmt: skip
        self._container = self._buildah("from", "--pull-never", IMAGE).strip()

    def build_servers(self, redis: str, postgres: str) -> None:
        """Make what stands for the images of other servers, under their names."""
        servers.build_redis(self._buildah, BASE, redis)
        servers.build_postgres(self._buildah, BASE, postgres)

    def storage(self) -> str:
        """Tell in which store the images are, as programs read it from storage.conf."""
        store, run = self._roots
        return f'[storage]\ndriver = "{self._driver}"\ngraphroot = "{store}"\nrunroot = "{run}"\n'

    def command(self, *words: str, env: Mapping[str, str] | None = None) -> list[str]:
        """Return a command line that runs something in the container, as whom the image says."""
        given = [part for name, value in (env or {}).items() for part in ("--env", f"{name}={value}")]
        return [
            *self._line("run", "--isolation", "chroot"), *given, self._container, "--", *words
        ]  # fmt: skip

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        """Run something in the container; return what it writes, errors as well.

        It writes into a file: of what goes through buildah, the end is lost at times.
        """
        line = self.command("sh", "-c", f'exec "$@" >/{SAID} 2>&1', "sh", *words, env=env)
        path = Path(self._buildah("mount", self._container).strip()) / SAID
        try:
            path.unlink(missing_ok=True)
            done = subprocess.run(line, capture_output=True, text=True, errors="replace", check=False)
            said = path.read_text(errors="replace") if path.exists() else ""
        finally:
            self._buildah("umount", self._container)
        assert done.returncode == 0, f"{words[0]}: {said[-3000:]}\n{done.stderr[-3000:]}"
        return said

    def remove(self) -> None:
        """Remove the containers, with what is mounted for them: nobody could delete the folder else."""
        self._buildah("rm", "--all")

    def config(self) -> dict[str, Any]:
        """Return what the image says of how it is run."""
        told = json.loads(self._buildah("inspect", "--type", "image", IMAGE))
        config: dict[str, Any] = told["Docker"]["config"]
        return config

    def _make_base(self) -> None:
        container = self._buildah("from", "scratch").strip()
        system = Path(self._buildah("mount", container).strip())
        _output(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", _suite(), str(system), _mirror()]
        )
        shutil.rmtree(system / "var/cache/apt")
        (system / "usr/local/bin/python3").symlink_to("/usr/bin/python3")
        (system / "etc/pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(system / "wheels")]
        _output([*pip, f"{ROOT}{EXTRAS[1:]}", *BUILDS_WITH])
        self._buildah("commit", "--quiet", "--rm", container, BASE)

    def _line(self, *words: str) -> list[str]:
        store, run = self._roots
        where = ("--root", str(store), "--runroot", str(run), "--storage-driver", self._driver)
        return ["buildah", *where, *words]

    def _buildah(self, *words: str) -> str:
        return _output(self._line(*words))


def require(*more: str) -> None:
    """Without the programs a developer skips these tests; a CI run must not."""
    missing = [name for name in (*NEEDED, *more) if shutil.which(name) is None]
    if os.getuid() != 0:
        missing.append("root's rights")
    reason = f"the container can't be built, without {', '.join(missing)}"
    if missing and os.environ.get("CI"):
        pytest.fail(reason)
    if missing:
        pytest.skip(reason)


def _output(line: list[str]) -> str:
    done = subprocess.run(line, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, f"{line[0]}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _driver(folder: Path) -> str:
    """Choose how layers are kept: as copies where the system can't lay them over one another."""
    known = "overlay" in Path("/proc/filesystems").read_text(encoding="utf-8")
    kind = _output(["stat", "--file-system", "--format", "%T", str(folder)]).strip()
    return "overlay" if known and kind in {"ext2/ext3", "xfs", "btrfs"} else "vfs"


def _suite() -> str:
    """Tell which Debian this is."""
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    return re.search(r'^VERSION_CODENAME="?(\w+)', release, re.MULTILINE)[1]  # type: ignore[index]


def _mirror() -> str:
    """Tell where this machine has its packages from."""
    return _output(["apt-get", "indextargets", "--format", "$(REPO_URI)", f"Codename: {_suite()}"]).split()[0]
