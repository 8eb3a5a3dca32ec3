"""Clients that hold streams and ask meanwhile, run in a pod of `streams_image`.

`python3 hold.py HOST RATE ASK KIND...` opens as many streams of each kind as a line of its input says, keeps
each, and opens it again when it is cut; beside, RATE times a second a gRPC call (ASK is grpc) is sent, or a
TCP connection (tcp) is made for one line. It prints a line for whatever happens: seconds since the epoch,
kind (grpc, ws, tcp; ask for what is asked beside), number, event (opened, cut,
failed, answered), version, and who ended it in the protocol's words. It ends with its input.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import grpc
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

GRPC, WEBSOCKET, TCP = 50051, 8080, 9000
OPEN_SECONDS = 20.0
AGAIN_SECONDS = 0.2
ASK_SECONDS = 10.0
ALONE = [("grpc.use_local_subchannel_pool", 1)]
"""Options of a channel that shares its connection with none. On a shared one calls that time out end streams:
a proxy closes a connection on which too many are reset (nghttp2 takes 1,000, then 33 a second)."""
FAULTS = (OSError, asyncio.TimeoutError, grpc.RpcError, WebSocketException, EOFError)


async def by_grpc(host: str) -> AsyncIterator[str]:
    """Hold a call whose answer is a stream, on a connection of its own."""
    async with grpc.aio.insecure_channel(f"{host}:{GRPC}", ALONE) as channel:
        async for message in channel.unary_stream("/teal.Streams/Hold")(b""):
            yield message.decode()


async def by_websocket(host: str) -> AsyncIterator[str]:
    """Hold a WebSocket."""
    async with connect(f"ws://{host}:{WEBSOCKET}", ping_interval=None) as socket:
        while True:
            yield str(await socket.recv())


async def by_tcp(host: str) -> AsyncGenerator[str, None]:
    """Hold a TCP connection."""
    reader, writer = await asyncio.open_connection(host, TCP)
    try:
        while line := await reader.readline():
            yield line.decode().strip()
    finally:
        writer.close()


KINDS: dict[str, Callable[[str], AsyncIterator[str]]] = {"grpc": by_grpc, "ws": by_websocket, "tcp": by_tcp}


def tell(kind: str, number: int, event: str, version: str, words: str = "") -> None:
    """Print what has happened."""
    print(f"{time.time():.3f} {kind} {number} {event} {version or '-'} {' '.join(words.split())}", flush=True)


def who(error: BaseException | None) -> str:
    """Return who ended a stream, as the protocol tells it; `end` where nothing is told."""
    if isinstance(error, grpc.RpcError):
        return f"{error.code().name}: {error.details()}"
    if isinstance(error, ConnectionClosed):
        return f"code {error.rcvd.code}" if error.rcvd else "no close frame"
    return repr(error) if error else "end"


async def keep(kind: str, number: int, host: str) -> None:
    """Hold a stream for ever; tell whenever it is opened and cut."""
    while True:
        version, error = "", None
        stream = KINDS[kind](host)
        try:
            version = await asyncio.wait_for(anext(stream), OPEN_SECONDS)
            tell(kind, number, "opened", version)
            async for _ in stream:
                pass
        except StopAsyncIteration:
            pass
        except FAULTS as found:
            error = found
        tell(kind, number, "cut" if version else "failed", version, who(error))
        await asyncio.sleep(AGAIN_SECONDS)


async def first_line(host: str) -> str:
    """Return what the first line of a TCP connection says, and close it."""
    async for line in (lines := by_tcp(host)):
        await lines.aclose()
        return line
    raise EOFError


@asynccontextmanager
async def question(host: str, way: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Give what asks once: by a call on a channel of all, or by a connection of its own."""
    if way == "tcp":
        yield lambda: first_line(host)
        return
    async with grpc.aio.insecure_channel(f"{host}:{GRPC}", ALONE) as channel:

        async def call() -> str:
            answer: bytes = await channel.unary_unary("/teal.Streams/Ask")(b"")
            return answer.decode()

        yield call


async def ask(once: Callable[[], Awaitable[str]], number: int) -> None:
    """Ask; tell what came of it."""
    try:
        version = await asyncio.wait_for(once(), ASK_SECONDS)
        tell("ask", number, "answered", version)
    except FAULTS as error:
        tell("ask", number, "failed", "", who(error))


async def asking(host: str, rate: float, way: str) -> None:
    """Ask so many times a second, whatever becomes of those before."""
    begin, under_way = time.monotonic(), set()
    async with question(host, way) as once:
        for number in itertools.count():
            await asyncio.sleep(max(begin + number / rate - time.monotonic(), 0.0))
            under_way.add(task := asyncio.create_task(ask(once, number)))
            task.add_done_callback(under_way.discard)


async def main(host: str, rate: float, way: str, kinds: list[str]) -> None:
    """Open what the input says until it ends."""
    loop, lines = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    tasks = [asyncio.create_task(asking(host, rate, way))]
    numbers = itertools.count()
    while line := await lines.readline():
        for _ in range(int(line)):
            number = next(numbers)
            tasks += [asyncio.create_task(keep(kind, number, host)) for kind in kinds]
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4:]))
