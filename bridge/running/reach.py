"""Whether what can't be reached may be there soon, as at the start of a machine, where all begins at once."""

import errno
import socket
from typing import Final

# The network isn't up, or the other machine, or its program; what stands before that may hang up meanwhile.
_NOT_YET: Final = frozenset({
    errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ETIMEDOUT,
    errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL,
})  # fmt: skip


def may_come(error: BaseException) -> bool:
    """Tell whether a connection failed in a way that passes when the other side is up.

    So it does for a name that can't be looked up, but not for a certificate or a permission.
    """
    error = getattr(error, "os_error", error)  # aiohttp's own say less
    if isinstance(error, socket.gaierror | TimeoutError):
        return True
    # Where a name has several addresses, asyncio makes one error of theirs, which has no number.
    return isinstance(error, OSError) and (
        error.errno in _NOT_YET or (type(error) is OSError and error.errno is None)
    )
