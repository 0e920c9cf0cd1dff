"""Runs named checks one after the other, and prints one line of JSON for each."""

import asyncio
import json
import os
import traceback

STAND = json.loads(os.environ["INTEROP_STAND"])


def run(*checks):
    async def all_of_them():
        for check in checks:
            name = check.__name__.replace("_", " ")
            try:
                await asyncio.wait_for(check(), 30)
                print(json.dumps({"check": name, "ok": True}), flush=True)
            except Exception as error:
                told = "".join(traceback.format_exception_only(error)).strip()
                where = traceback.extract_tb(error.__traceback__)[-1]
                line = {"check": name, "ok": False, "error": f"{told} ({where.filename}:{where.lineno})"}
                print(json.dumps(line), flush=True)

    asyncio.run(all_of_them())


def expect(actual, expected):
    assert actual == expected, f"{actual!r}, not {expected!r}"
