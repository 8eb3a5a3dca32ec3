"""Client that asks, run in a pod of `streams_image`.

`python3 ask.py KIND ADDRESS AUTHORITY COUNT` opens so many connections one after the other, with one gRPC
call (grpc) or one WebSocket (ws) on each, and prints as JSON how many were answered by each version, or
failed, in the protocol's words.
"""

import asyncio
import json
import sys
from collections import Counter

import grpc
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

SECONDS = 5.0
FAULTS = (OSError, asyncio.TimeoutError, grpc.RpcError, WebSocketException, EOFError)


async def by_grpc(address: str, authority: str) -> str:
    """Send a call, and return the version that answers."""
    options = [("grpc.default_authority", authority), ("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(address, options) as channel:
        version = await channel.unary_unary("/teal.Streams/Ask")(b"", timeout=SECONDS)
        return str(version.decode())


async def by_websocket(address: str, _authority: str) -> str:
    """Open a WebSocket, and return the version that talks on it."""
    async with connect(f"ws://{address}", open_timeout=SECONDS) as socket:
        return str(await asyncio.wait_for(socket.recv(), SECONDS))


async def main(kind: str, address: str, authority: str, count: int) -> None:
    """Ask so often, and print what came of it."""
    found: Counter[str] = Counter()
    for _ in range(count):
        try:
            found[await {"grpc": by_grpc, "ws": by_websocket}[kind](address, authority)] += 1
        except FAULTS as error:
            words = f"{error.code().name}" if isinstance(error, grpc.RpcError) else type(error).__name__
            found[f"failed: {words}"] += 1
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
