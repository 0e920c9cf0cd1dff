"""FastMCP's client: `fastmcp_client.py auto` or `fastmcp_client.py legacy`."""

import asyncio
import json
import sys

from checks import STAND, TOOLS, cancels, expect, headers, one_more_than, refused, run, text_in
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.exceptions import ToolError

MODE = sys.argv[1]
IS_MODERN = MODE != "legacy"


async def answer(_message, _type, params, _context):
    return {"day": "Monday"} if "day" in params.requested_schema["properties"] else {"answer": "Berlin"}


def connected(who="rich", url=STAND["mcp"]):
    transport = StreamableHttpTransport(url, headers=headers(who))
    return Client(transport, mode=MODE, elicitation_handler=answer, timeout=60)


async def lists_the_tools_of_all_agents():
    async with connected() as client:
        names = [tool.name for tool in await client.list_tools()]
        for name in TOOLS.values():
            assert name in names, names


async def calls_an_a2a_agent_an_mcp_server_and_a_website():
    async with connected() as client:
        expect(text_in(await client.call_tool(TOOLS["show"], {"message": "Grüße 🌍"})), "Echo: Grüße 🌍")
        expect((await client.call_tool(TOOLS["add"], {"a": 1, "b": 2})).structured_content, {"sum": 3})
        dishes = json.loads(text_in(await client.call_tool(TOOLS["search"], {"query": "ramen"})))
        assert "ramen-shoyu" in [dish["id"] for dish in dishes], dishes


async def hears_of_progress():
    told = []

    async def note(progress, total, message):
        told.append(progress)

    async with connected() as client:
        await client.call_tool(TOOLS["show"], {"message": "count 4"}, progress_handler=note)
        assert told and told == sorted(set(told)), told


async def answers_what_an_agent_asks():
    async with connected() as client:
        result = await client.call_tool(TOOLS["show"], {"message": "ask"})
        if not IS_MODERN:
            task = result.meta["dev.agentgate/task"]
            result = await client.call_tool(TOOLS["show"], {"message": "Berlin", "task_id": task["id"]})
        expect(text_in(result), "You said: Berlin")


async def waits_for_a_long_call():
    async with connected() as client:
        expect(text_in(await client.call_tool(TOOLS["show"], {"message": "wait 2500"})), "Waited")


async def has_an_agent_stopped():
    count = cancels()
    async with connected() as client:
        call = asyncio.ensure_future(client.call_tool(TOOLS["show"], {"message": "wait 60000"}))
        await asyncio.sleep(2)
        call.cancel()
        try:
            await call
        except asyncio.CancelledError:
            pass
    await one_more_than(count)


async def raises_what_there_is_no_money_for_and_what_an_agent_that_is_down_does_not_answer():
    async with connected("poor") as client:
        for tool in ["paid", "down"]:
            error = await refused(client.call_tool(TOOLS[tool], {"message": "hi"}))
            assert isinstance(error, ToolError), error
        for tool, status in [("paid", 402), ("down", 502)]:
            result = await client.call_tool(TOOLS[tool], {"message": "hi"}, raise_on_error=False)
            expect((result.is_error, result.meta["dev.agentgate/problem"]["status"]), (True, status))


async def is_refused_with_a_key_of_nobody():
    async def with_a_wrong_key():
        async with connected("wrong") as client:
            await client.list_tools()

    await refused(with_a_wrong_key())


async def speaks_to_an_mcp_server_through_the_gateway():
    for which in ["server", "sessions"]:
        async with connected("rich", STAND["agents"][which]) as client:
            expect(sorted(tool.name for tool in await client.list_tools()), ["add", "book", "fail", "steps"])
            expect((await client.call_tool("add", {"a": 20, "b": 22})).structured_content, {"sum": 42})
            if IS_MODERN or which == "sessions":
                expect(text_in(await client.call_tool("book", {})), "Booked for Monday")


run(
    lists_the_tools_of_all_agents,
    calls_an_a2a_agent_an_mcp_server_and_a_website,
    hears_of_progress,
    answers_what_an_agent_asks,
    waits_for_a_long_call,
    has_an_agent_stopped,
    raises_what_there_is_no_money_for_and_what_an_agent_that_is_down_does_not_answer,
    is_refused_with_a_key_of_nobody,
    speaks_to_an_mcp_server_through_the_gateway,
)
