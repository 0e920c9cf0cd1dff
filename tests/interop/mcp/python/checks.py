"""Runs named checks one after the other, and prints one line of JSON for each."""

import asyncio
import json
import os
import traceback
import urllib.request

STAND = json.loads(os.environ["INTEROP_STAND"])
TOOLS = STAND["tools"]


def run(*checks):
    async def all_of_them():
        for check in checks:
            name = check.__name__.replace("_", " ")
            try:
                await asyncio.wait_for(check(), 60)
                print(json.dumps({"check": name, "ok": True}), flush=True)
            except BaseException as error:
                told = "".join(traceback.format_exception(error)).strip()[-2000:]
                print(json.dumps({"check": name, "ok": False, "error": told}), flush=True)

    asyncio.run(all_of_them())


def expect(actual, expected):
    assert actual == expected, f"{actual!r}, not {expected!r}"


def headers(who="rich"):
    return {"Authorization": f"Bearer {STAND['keys'][who]}"}


def text_in(result):
    return "\n".join(part.text for part in result.content if part.type == "text")


def cancels():
    """How many tasks the agent was told to cancel."""
    return int(urllib.request.urlopen(STAND["cancelled"]).read())


async def one_more_than(count):
    for _ in range(500):
        if cancels() > count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the agent was not told to stop")


async def refused(awaitable):
    try:
        await awaitable
    except Exception as error:
        return error
    raise AssertionError("nobody refused this")
