"""Images that stand for those of PostgreSQL and Redis, made of this machine's own programs.

They understand as much of what the official ones do as `compose.yaml` asks for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Buildah = Callable[..., str]

USER: Final = "70:70"  # a number is enough
LISTENS: Final = "-c listen_addresses=* -c unix_socket_directories="
DATA: Final = "/var/lib/postgresql/data"
# As docker-entrypoint.sh of the official image: whoever is named owns a new database of that name.
ENTRY: Final = """#!/bin/sh
set -e
export PATH={bin}:$PATH
if [ ! -s {data}/PG_VERSION ]; then
    echo "$POSTGRES_PASSWORD" > /tmp/password
    initdb -D {data} -U "$POSTGRES_USER" --pwfile=/tmp/password -A scram-sha-256 --no-sync > /dev/null
    echo 'host all all all scram-sha-256' >> {data}/pg_hba.conf
    echo "CREATE DATABASE \\"$POSTGRES_DB\\"" | postgres --single -D {data} postgres > /dev/null
fi
exec "$@"
"""


def build_redis(buildah: Buildah, base: str, name: str) -> None:
    """Make an image that runs redis-server, which lets in whoever gets there, as the official one does."""

    def prepare(root: Path) -> None:
        _write(root / "entry", '#!/bin/sh\nexec "$@" --protected-mode no\n')

    program = Path(shutil.which("redis-server") or "")
    _build(buildah, base, name, [program], "--entrypoint", '["/entry"]', prepare=prepare)


def build_postgres(buildah: Buildah, base: str, name: str) -> None:
    """Make an image that makes a database at its first start, and runs it."""
    [bin_] = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
    version = bin_.parent.name
    programs = [bin_ / program for program in ("postgres", "initdb")]
    modules = [bin_.parent / "lib" / f"{module}.so" for module in ("dict_snowball", "plpgsql")]
    shared = Path(f"/usr/share/postgresql/{version}")

    def prepare(root: Path) -> None:
        _write(root / "entry", ENTRY.format(bin=bin_, data=DATA))
        with (root / "etc/passwd").open("a", encoding="utf-8") as users:
            users.write("postgres:x:70:70::/:/bin/sh\n")  # initdb wants to know who it is
        data = root / DATA[1:]
        data.mkdir(parents=True)
        shutil.chown(data, 70, 70)
        data.chmod(0o700)

    _build(
        buildah, base, name, [*programs, *modules, shared], "--user", USER, "--volume", DATA,
        "--entrypoint", '["/entry"]', "--cmd", f"{bin_}/postgres -D {DATA} {LISTENS}", prepare=prepare,
    )  # fmt: skip


def _build(
    buildah: Buildah, base: str, name: str, files: Iterable[Path], *config: str,
    prepare: Callable[[Path], None] = lambda _: None,
) -> None:  # fmt: skip
    container = buildah("from", "--pull-never", base).strip()
    root = Path(buildah("mount", container).strip())
    for file in files:
        for each in (file, *_libraries(file)):
            _copy(each, root)
    prepare(root)
    if config:
        buildah("config", *config, container)
    buildah("commit", "--quiet", "--rm", container, name)


def _write(program: Path, text: str) -> None:
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)


def _libraries(program: Path) -> list[Path]:
    """Name what a program is linked with."""
    if program.is_dir():
        return []
    told = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", told)]


def _copy(file: Path, root: Path) -> None:
    """Have a file, or a folder, at the same place below `root`."""
    place = root / str(file)[1:]
    if file.is_dir():
        shutil.copytree(file, place, dirs_exist_ok=True, symlinks=True)
    elif not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file.resolve(), place)
