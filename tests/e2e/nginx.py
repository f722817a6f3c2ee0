"""A real nginx in front of a bridge, or of several, configured as the documentation says."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from tests.certificates import Pem
from tests.e2e.process import ROOT
from tests.e2e.waiting import PATIENCE
from tests.ports import free_port

_MAIN: Final = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/errors warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {servers}
}}
"""


def find_nginx() -> str:
    """Find the program. Without it a developer skips these tests; a CI run must not."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program:
        return program
    reason = "no nginx: install the package `nginx`"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _blocks(page: str) -> list[str]:
    return re.findall(r"```nginx\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def advice(values: Mapping[str, str]) -> str:
    """Read what the README tells people to write, with their own values filled in."""
    [block] = _blocks("README.md")
    for example, value in values.items():
        assert block.count(example) == 1, example
        block = block.replace(example, value)
    return str(block)


def for_several(servers: str, bridge_ports: Sequence[int]) -> str:
    """Make of a configuration for one bridge one for two, as the documentation tells people to."""
    _, upstream, location = _blocks("docs/pages/deployment.md")
    for example, port in zip(("10.0.0.11:3001", "10.0.0.12:3001"), bridge_ports, strict=True):
        assert upstream.count(example) == 1
        upstream = upstream.replace(example, f"127.0.0.1:{port}")
    [line] = re.findall(r"^ *proxy_pass .*\n", servers, re.MULTILINE)
    return upstream + servers.replace(line, location)


class Nginx:
    """One server that hands everything on to a bridge's port, or to those of two."""

    def __init__(self, folder: Path, *bridge_ports: int, read_timeout: str = "60s") -> None:
        self.port = free_port()
        self._folder = folder
        self._program = find_nginx()
        pem = Pem(folder)
        servers = advice(
            {
                "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                "/etc/letsencrypt/live/zone.example.org/fullchain.pem": str(pem.chain),
                "/etc/letsencrypt/live/zone.example.org/privkey.pem": str(pem.key),
                "http://127.0.0.1:3000": f"http://127.0.0.1:{bridge_ports[0]}",
                "proxy_read_timeout 60s": f"proxy_read_timeout {read_timeout}",
            }
        )
        if len(bridge_ports) > 1:
            servers = for_several(servers, bridge_ports)
        (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, servers=servers), encoding="utf-8")

    @property
    def url(self) -> str:
        """Where viewers connect."""
        return f"wss://127.0.0.1:{self.port}/"

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run it."""
        with (self._folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [self._program, "-p", self._folder, "-c", self._folder / "nginx.conf"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)

    async def listening(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the port accepts a connection; fail at once if the process ends instead."""
        async with asyncio.timeout(PATIENCE):
            while process.poll() is None:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                await asyncio.sleep(0.02)  # nothing tells an outsider that a port opens: knock again
        raise AssertionError((self._folder / "output").read_text(encoding="utf-8"))
