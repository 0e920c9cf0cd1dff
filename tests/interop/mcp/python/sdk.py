"""The official SDK of Python: `sdk.py auto`, `sdk.py legacy` or `sdk.py 2026-07-28`."""

import asyncio
import json
import sys

import httpx2
from checks import STAND, TOOLS, cancels, expect, headers, one_more_than, refused, run, text_in
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult

MODE = sys.argv[1]
IS_MODERN = MODE != "legacy"


async def answer(_context, params):
    asked = params.requested_schema["properties"]
    return ElicitResult(action="accept", content={"day": "Monday"} if "day" in asked else {"answer": "Berlin"})


class connected:
    """A client of an address, with the key of somebody."""

    def __init__(self, who="rich", url=STAND["mcp"]):
        self.http = httpx2.AsyncClient(headers=headers(who), timeout=60)
        transport = streamable_http_client(url, http_client=self.http)
        self.client = Client(transport, mode=MODE, elicitation_callback=answer)

    async def __aenter__(self):
        return await self.client.__aenter__()

    async def __aexit__(self, *ended):
        await self.client.__aexit__(*ended)
        await self.http.aclose()


async def lists_the_tools_of_all_agents():
    async with connected() as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        for name in TOOLS.values():
            assert name in names, names


async def calls_an_a2a_agent_an_mcp_server_and_a_website():
    async with connected() as client:
        await client.list_tools()
        expect(text_in(await client.call_tool(TOOLS["show"], {"message": "Grüße 🌍"})), "Echo: Grüße 🌍")
        expect((await client.call_tool(TOOLS["add"], {"a": 1, "b": 2})).structured_content, {"sum": 3})
        dishes = json.loads(text_in(await client.call_tool(TOOLS["search"], {"query": "ramen"})))
        assert "ramen-shoyu" in [dish["id"] for dish in dishes], dishes
        paid = await client.call_tool(TOOLS["paid"], {"message": "hi"})
        expect(paid.meta["dev.agentgate/receipt"]["amount"], "0.05")


async def hears_of_progress():
    told = []

    async def note(progress, total, message):
        told.append(progress)

    async with connected() as client:
        await client.call_tool(TOOLS["show"], {"message": "count 4"}, progress_callback=note)
        assert told and told == sorted(set(told)), told


async def answers_what_an_agent_asks():
    async with connected() as client:
        result = await client.call_tool(TOOLS["show"], {"message": "ask"})
        if not IS_MODERN:
            task = result.meta["dev.agentgate/task"]
            expect(task["state"], "input-required")
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
        if IS_MODERN:
            await one_more_than(count)
    # A client of the legacy era only says so, in a message that names nothing; it hangs up when it is closed.
    await one_more_than(count)


async def is_told_that_there_is_no_money_and_that_an_agent_is_down_as_results():
    async with connected("poor") as client:
        for tool, status in [("paid", 402), ("down", 502)]:
            result = await client.call_tool(TOOLS[tool], {"message": "hi"})
            expect((result.is_error, result.meta["dev.agentgate/problem"]["status"]), (True, status))


async def is_refused_what_there_is_not_and_with_a_key_of_nobody():
    async def with_a_wrong_key():
        async with connected("wrong") as client:
            await client.list_tools()

    await refused(with_a_wrong_key())
    async with connected() as client:
        error = await refused(client.call_tool("nobody__does", {}))
        assert "no tool" in str(error), error


async def speaks_to_an_mcp_server_through_the_gateway_as_to_the_server_itself():
    for which in ["server", "sessions"]:
        if which == "sessions" and MODE == "2026-07-28":
            continue
        told = []

        async def note(progress, total, message):
            told.append(message)

        async with connected("rich", STAND["agents"][which]) as client:
            expect(sorted(tool.name for tool in (await client.list_tools()).tools), ["add", "book", "fail", "steps"])
            expect((await client.call_tool("add", {"a": 20, "b": 22})).structured_content, {"sum": 42})
            await client.call_tool("steps", {}, progress_callback=note)
            expect(told, ["step 1", "step 2", "step 3"])
            if IS_MODERN or which == "sessions":
                expect(text_in(await client.call_tool("book", {})), "Booked for Monday")


run(
    lists_the_tools_of_all_agents,
    calls_an_a2a_agent_an_mcp_server_and_a_website,
    hears_of_progress,
    answers_what_an_agent_asks,
    waits_for_a_long_call,
    has_an_agent_stopped,
    is_told_that_there_is_no_money_and_that_an_agent_is_down_as_results,
    is_refused_what_there_is_not_and_with_a_key_of_nobody,
    speaks_to_an_mcp_server_through_the_gateway_as_to_the_server_itself,
)
