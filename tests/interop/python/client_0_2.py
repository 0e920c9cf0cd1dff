"""a2a-sdk 0.2: JSON-RPC alone, and the card at its old address."""

from uuid import uuid4

import httpx
from a2a.client import A2ACardResolver, A2AClient
from a2a.types import (
    GetTaskRequest,
    MessageSendParams,
    SendMessageRequest,
    SendStreamingMessageRequest,
    TaskQueryParams,
    TaskState,
)
from checks import STAND, expect, run


async def connected(agent):
    http = httpx.AsyncClient(timeout=20)
    card = await A2ACardResolver(http, STAND["agents"][agent]).get_agent_card()
    return A2AClient(http, card)


def params(text):
    message = {"role": "user", "messageId": uuid4().hex, "parts": [{"kind": "text", "text": text}]}
    return MessageSendParams(message=message)


AGENTS = ["both", "legacy", "current"]


async def a_message_is_answered():
    for agent in AGENTS:
        client = await connected(agent)
        answer = await client.send_message(SendMessageRequest(id="1", params=params("text")))
        expect(answer.root.result.status.state, TaskState.completed)


async def a_stream_ends_with_a_final_event():
    for agent in AGENTS:
        client = await connected(agent)
        kinds = []
        async for event in client.send_message_streaming(SendStreamingMessageRequest(id="1", params=params("count 3"))):
            kinds.append(event.root.result)
        expect((kinds[0].kind, kinds[-1].final, kinds[-1].status.state), ("task", True, TaskState.completed))


async def errors_are_read():
    for agent in AGENTS:
        client = await connected(agent)
        answer = await client.get_task(GetTaskRequest(id="1", params=TaskQueryParams(id="nope")))
        expect(answer.root.error.code, -32001)


run(a_message_is_answered, a_stream_ends_with_a_final_event, errors_are_read)
