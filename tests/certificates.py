"""Certificates for tests: an authority of our own, and what a browser that trusts it would see."""

import os
import ssl
from pathlib import Path
from typing import Final

import trustme

AUTHORITY: Final = trustme.CA()


def trusting() -> ssl.SSLContext:
    """Make what a client needs that trusts our authority, and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(context)
    return context


class Pem:
    """A certificate and its key in two files, which can be renewed."""

    def __init__(self, folder: Path) -> None:
        self.chain = folder / "cert.pem"
        self.key = folder / "key.pem"
        self._age = 0
        self.issue()

    def issue(self) -> bytes:
        """Write a new certificate; return it as a client gets it (DER)."""
        made = AUTHORITY.issue_cert("127.0.0.1", "localhost")
        chain = b"".join(pem.bytes() for pem in made.cert_chain_pems)
        self.write(chain, made.private_key_pem.bytes())
        return ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode())

    def write(self, chain: bytes | None = None, key: bytes | None = None) -> None:
        """Write what is given, as a later version than the last, however fast the clock of the files is."""
        for file, content in ((self.chain, chain), (self.key, key)):
            if content is not None:
                self._age += 1
                file.write_bytes(content)
                os.utime(file, (1_700_000_000 + self._age, 1_700_000_000 + self._age))
