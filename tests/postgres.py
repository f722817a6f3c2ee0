"""A PostgreSQL server of our own, in a temporary folder, which tests may stop, freeze and kill."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.ports import free_port

if TYPE_CHECKING:
    from pwd import struct_passwd

PASSWORD: Final = "only-for-tests/@:%"  # the characters that have to be escaped in an address
ESCAPED: Final = "only-for-tests%2F%40%3A%25"
_START_TIMEOUT: Final = 60  # seconds


def find_binaries() -> Path:
    """Find PostgreSQL's programs. Without them a developer skips these tests; a CI run must not."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = str(debian[-1]) if debian else shutil.which("initdb")
    if initdb:
        return Path(initdb).resolve().parent
    reason = "no PostgreSQL: install the package `postgresql`"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def nobody() -> "struct_passwd | None":
    """Return whom to be instead of root, who may not start PostgreSQL and may write any file."""
    import pwd  # noqa: PLC0415 - Windows has none

    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


class Cluster:
    """One server on a free port of this machine, in `folder`."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self._folder = folder
        self._binaries = binaries
        self._data = folder / "data"
        self._user = nobody()
        self.port = free_port()
        self._made: set[str] = set()

    def make(self) -> None:
        """Make the cluster's files."""
        if self._user:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        secret = self._folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        self._run(
            "initdb", "--pgdata", self._data, "--username=owner", f"--pwfile={secret}", "--no-sync",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
        )  # fmt: skip

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = f"-h 127.0.0.1 -p {self.port} -k {self._folder} -F -c max_connections=30"
        self._run(
            "pg_ctl", "start", "--wait", f"--timeout={_START_TIMEOUT}", "--pgdata", self._data,
            "--log", self._folder / "log", "-o", options,
        )  # fmt: skip

    def stop(self) -> None:
        """Stop at once, like a machine that loses its power."""
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata", self._data)

    @property
    def is_running(self) -> bool:
        """Whether the server is there."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server take connections and answer nothing, as where a network swallows everything."""
        pids = self._processes()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def empty_database(self, name: str = "test") -> str:
        """Make an empty database, or empty the one there is; return its address."""
        if name in self._made:
            self.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public", name)
        else:
            self.sql(f"CREATE DATABASE {name}", "postgres")
            self._made.add(name)
        return self.address(name)

    def address(self, database: str) -> str:
        """Where a database is, the way hosting platforms write it."""
        return f"postgres://owner:{ESCAPED}@127.0.0.1:{self.port}/{database}?sslmode=prefer"

    def sql(self, statement: str, database: str) -> str:
        """Run SQL with PostgreSQL's own client; return its rows, with `|` between columns."""
        return self._run(
            "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1",
            "--host=127.0.0.1", f"--port={self.port}", "--username=owner", "--dbname", database,
            "--command", statement,
        ).strip()  # fmt: skip

    def _processes(self) -> list[int]:
        postmaster = int((self._data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii")
        return [postmaster, *map(int, children.split())]

    def _run(self, program: str, *arguments: str | Path) -> str:
        # A file and not a pipe takes the output: the server inherits it, and a pipe would never end.
        with tempfile.TemporaryFile() as output:
            ended = subprocess.run(
                [self._binaries / program, *arguments],
                cwd=self._folder, env=os.environ | {"PGPASSWORD": PASSWORD, "LC_ALL": "C"},
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
            output.seek(0)
            said = output.read().decode(errors="replace")
        if ended.returncode:
            raise AssertionError(f"{program} failed: {said}")
        return said


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One running server for all tests; who stops it starts it again."""
    if sys.platform != "linux":
        pytest.skip("the tests start PostgreSQL on Linux only")
    binaries = find_binaries()
    with tempfile.TemporaryDirectory(prefix="dzone-postgres-") as name:
        server = Cluster(Path(name), binaries)
        server.make()
        server.start()
        yield server
        server.stop()
