"""Cookies as requests bring them."""

from websockets.datastructures import Headers


def read_cookie(headers: Headers, name: str) -> str | None:
    """Read a cookie; of one that is there twice, the first, which browsers mean most exactly."""
    for line in headers.get_all("Cookie"):
        for cookie in line.split(";"):
            found, _, value = cookie.strip().partition("=")
            if found == name:
                return value
    return None
