#!/usr/bin/env python3
"""TCP between the programs and a service, to be cut and hung by the soak.

usage: proxy NAME=PORT:TARGET…

Commands come on standard input, one a line: `cut NAME` breaks what is open and refuses what comes, `hang NAME` passes
nothing on, `heal NAME` ends both. Ends with its standard input.
"""
import asyncio
import sys


class Route:
    def __init__(self, port, target):
        self.port, self.target = port, target
        self.is_cut = False
        self.passes = asyncio.Event()
        self.passes.set()
        self.writers = set()

    async def accept(self, reader, writer):
        if self.is_cut:
            return writer.transport.abort()
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            return writer.transport.abort()
        self.writers |= {writer, back}
        await asyncio.gather(self.pump(reader, back), self.pump(there, writer))
        self.writers -= {writer, back}

    async def pump(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                await self.passes.wait()
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            writer.transport.abort()

    def cut(self):
        self.is_cut = True
        for writer in self.writers:
            writer.transport.abort()

    def heal(self):
        self.is_cut = False
        self.passes.set()


async def main():
    routes = {}
    for argument in sys.argv[1:]:
        name, _, ports = argument.partition("=")
        routes[name] = route = Route(*map(int, ports.split(":")))
        await asyncio.start_server(route.accept, "127.0.0.1", route.port)
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("ready", flush=True)
    while line := await commands.readline():
        command, name = line.decode().split()
        route = routes[name]
        {"cut": route.cut, "hang": route.passes.clear, "heal": route.heal}[command]()


asyncio.run(main())
