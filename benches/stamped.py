"""What P9 compares with: a Python websockets client that stamps each message and writes it down.

    stamped.py WS_URL COUNT FILE
"""

import asyncio
import sys
import time

import websockets


async def main(url, count, path):
    async with websockets.connect(url, compression=None, max_size=None, max_queue=1024) as socket:
        with open(path, "w", encoding="utf-8") as file:
            for _ in range(count):
                message = await asyncio.wait_for(socket.recv(), 30)
                file.write('{"t":%d,"ws":%s}\n' % (time.monotonic_ns(), message))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
