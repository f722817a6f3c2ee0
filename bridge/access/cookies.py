"""Cookies as requests bring them."""

import re

from websockets.datastructures import Headers


def read_cookie(headers: Headers, name: str) -> str | None:
    """Read a cookie; of one that is there twice, the first, which browsers mean most exactly."""
    # One search: a header may have thousands of them, and is not taken apart for that.
    cookie = re.compile(rf"(?:^|;)[ \t]*{re.escape(name)}=([^;]*)")
    for line in headers.get_all("Cookie"):
        if found := cookie.search(line):
            return found[1].rstrip()
    return None
