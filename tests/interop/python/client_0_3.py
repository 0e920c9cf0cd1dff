"""a2a-sdk 0.3: both bindings of 0.3, which break at a second task in a stream."""

import httpx
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
from a2a.client.errors import A2AClientError
from a2a.types import (
    Message,
    PushNotificationConfig,
    Part,
    Role,
    TaskIdParams,
    TaskPushNotificationConfig,
    TaskQueryParams,
    TaskState,
    TextPart,
    TransportProtocol,
)
from checks import STAND, expect, run

BINDINGS = [TransportProtocol.jsonrpc, TransportProtocol.http_json]


async def connected(agent, binding, streaming=True):
    http = httpx.AsyncClient(timeout=20)
    card = await A2ACardResolver(http, STAND["agents"][agent]).get_agent_card()
    config = ClientConfig(
        httpx_client=http, supported_transports=[binding], streaming=streaming, use_client_preference=True
    )
    return ClientFactory(config).create(card)


def message(text):
    return Message(message_id="m", role=Role.user, parts=[Part(root=TextPart(text=text))])


async def last_of(stream):
    last = None
    async for event in stream:
        last = event
    return last[0] if isinstance(last, tuple) else last


async def everywhere(check):
    for agent in ["both", "legacy", "current"]:
        for binding in BINDINGS:
            try:
                await check(agent, binding)
            except Exception as error:
                raise AssertionError(f"{agent}, {binding.value}: {type(error).__name__}: {error}") from error


async def a_message_is_answered():
    async def check(agent, binding):
        client = await connected(agent, binding, streaming=False)
        expect((await last_of(client.send_message(message("text")))).status.state, TaskState.completed)

    await everywhere(check)


async def a_stream_ends_as_its_task_does():
    async def check(agent, binding):
        client = await connected(agent, binding)
        expect((await last_of(client.send_message(message("count 3")))).status.state, TaskState.completed)

    await everywhere(check)


async def begun(client):
    async for event in client.send_message(message("wait 1500")):
        return event[0].id


async def a_subscription_ends_as_its_task_does():
    async def check(agent, binding):
        client = await connected(agent, binding)
        task_id = await begun(client)
        expect((await last_of(client.resubscribe(TaskIdParams(id=task_id)))).status.state, TaskState.completed)

    await everywhere(check)


async def errors_are_read():
    async def check(agent, binding):
        client = await connected(agent, binding)
        try:
            await client.get_task(TaskQueryParams(id="nope"))
        except A2AClientError as error:
            code = getattr(getattr(error, "error", None), "code", None)
            told = code == -32001 or getattr(error, "status_code", None) == 404
            assert told, f"{type(error).__name__}: {error}"
        else:
            raise AssertionError("a task that there is not was found")

    await everywhere(check)


async def push_configs_are_made_and_shown():
    async def check(agent, binding):
        client = await connected(agent, binding)
        task_id = await begun(client)
        config = PushNotificationConfig(id="mine", url=STAND["webhook"])
        made = await client.set_task_callback(
            TaskPushNotificationConfig(task_id=task_id, push_notification_config=config)
        )
        expect(made.push_notification_config.url, STAND["webhook"])

    await everywhere(check)


run(
    a_message_is_answered,
    a_stream_ends_as_its_task_does,
    a_subscription_ends_as_its_task_does,
    errors_are_read,
    push_configs_are_made_and_shown,
)
