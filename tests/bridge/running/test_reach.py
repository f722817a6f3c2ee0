"""What may be there soon, and what no waiting brings."""

import errno
import socket
import ssl

import pytest

from bridge.running.reach import may_come


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        OSError(errno.ENETUNREACH, "Network is unreachable"),
        OSError(errno.EHOSTUNREACH, "No route to host"),
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        TimeoutError(),
        OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 5432, 0, 0), ..."),
    ],
)
def test_what_may_come(error: OSError) -> None:
    """The network, the machine or its program isn't up yet."""
    assert may_come(error)


@pytest.mark.parametrize(
    "error",
    [
        ssl.SSLCertVerificationError(1, "certificate verify failed"),
        PermissionError(errno.EACCES, "Permission denied"),
        FileNotFoundError(errno.ENOENT, "No such file or directory"),
        ConnectionError("PostgreSQL server rejected SSL upgrade"),
        ValueError(),
    ],
)
def test_what_stays_as_it_is(error: Exception) -> None:
    """Somebody has to mend it."""
    assert not may_come(error)
