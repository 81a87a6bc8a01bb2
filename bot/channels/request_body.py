"""Reading the body of a request, limited in size and time."""

import asyncio

from starlette.requests import ClientDisconnect, Request


async def body_of(request: Request, *, most: int, seconds: float) -> bytes | None:
    """The body; None where it is longer than `most` bytes, empty where it does not arrive in so many seconds."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    return None
    except (ClientDisconnect, TimeoutError):
        return b""
    return bytes(body)
