"""An application that speaks gRPC, WebSocket and plain TCP, run in pods of `streams_image`.

This file is all that it needs beside grpcio and websockets. It says the VERSION of its environment when it is
asked (gRPC's `teal.Streams/Ask`), and once a second on each stream (`teal.Streams/Hold`, a WebSocket, a TCP
connection). On SIGTERM it goes on for LINGER seconds, then ends what is open in each protocol's way.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import grpc
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

GRPC, WEBSOCKET, TCP = 50051, 8080, 9000
EVERY_SECONDS = 1.0
VERSION = os.environ.get("VERSION", "-")


async def ask(_request: bytes, _context: object) -> bytes:
    """Answer a unary call."""
    return VERSION.encode()


async def hold(_request: bytes, _context: object) -> AsyncIterator[bytes]:
    """Answer a call with a stream that the server does not end."""
    while True:
        yield VERSION.encode()
        await asyncio.sleep(EVERY_SECONDS)


async def talk(connection: ServerConnection) -> None:
    """Send on a WebSocket until it is closed."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.send(VERSION)
            await asyncio.sleep(EVERY_SECONDS)


async def write(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send lines on a TCP connection until it is closed."""
    try:
        while True:
            writer.write(f"{VERSION}\n".encode())
            await writer.drain()
            await asyncio.sleep(EVERY_SECONDS)
    except (OSError, asyncio.CancelledError):
        writer.close()


async def main() -> None:
    """Serve until SIGTERM, and LINGER seconds longer."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    server = grpc.aio.server()
    handlers = {
        "Ask": grpc.unary_unary_rpc_method_handler(ask),
        "Hold": grpc.unary_stream_rpc_method_handler(hold),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("teal.Streams", handlers)])
    server.add_insecure_port(f"0.0.0.0:{GRPC}")
    await asyncio.start_server(write, "0.0.0.0", TCP)  # noqa: S104 -- pods are called by their address
    await server.start()
    async with serve(talk, "0.0.0.0", WEBSOCKET):  # noqa: S104 -- the same; ready when this listens
        await over.wait()
        await asyncio.sleep(float(os.environ.get("LINGER", "0")))
        await server.stop(grace=0)


if __name__ == "__main__":
    asyncio.run(main())
