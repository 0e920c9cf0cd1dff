"""a2a-sdk 1.3: both bindings of 1.0, signed cards, early refusals."""

import httpx
import jwt
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
from a2a.types import a2a_pb2 as a2a
from a2a.utils.errors import TaskNotCancelableError, TaskNotFoundError
from a2a.utils.signing import create_signature_verifier
from checks import STAND, expect, run

BINDINGS = ["JSONRPC", "HTTP+JSON"]


async def connected(agent, binding, streaming=True):
    http = httpx.AsyncClient(timeout=20)
    card = await A2ACardResolver(http, STAND["agents"][agent]).get_agent_card()
    config = ClientConfig(httpx_client=http, supported_protocol_bindings=[binding], streaming=streaming)
    return ClientFactory(config).create(card)


def message(text):
    said = a2a.Message(message_id="m", role=a2a.ROLE_USER, parts=[a2a.Part(text=text)])
    return a2a.SendMessageRequest(message=said)


def begun(text):
    request = message(text)
    request.configuration.return_immediately = True
    return request


async def events_of(stream):
    kinds = []
    last = None
    async for event in stream:
        kinds.append(event.WhichOneof("payload"))
        last = event
    return kinds, last


async def both_bindings(check):
    for agent in ["both", "legacy"]:
        for binding in BINDINGS:
            client = await connected(agent, binding)
            try:
                await check(client)
            except Exception as error:
                raise AssertionError(f"{agent}, {binding}: {type(error).__name__}: {error}") from error
            finally:
                await client.close()


async def a_message_is_answered():
    for agent in ["both", "legacy"]:
        for binding in BINDINGS:
            client = await connected(agent, binding, streaming=False)
            kinds, last = await events_of(client.send_message(message("text")))
            expect((kinds, last.task.status.state), (["task"], a2a.TASK_STATE_COMPLETED))
            await client.close()


async def a_stream_ends_as_its_task_does():
    async def check(client):
        kinds, last = await events_of(client.send_message(message("count 3")))
        expect((kinds[0], kinds.count("task")), ("task", 1))
        expect(last.status_update.status.state, a2a.TASK_STATE_COMPLETED)

    await both_bindings(check)


async def first_of(stream):
    async for event in stream:
        return event
    raise AssertionError("no event")


async def a_subscription_begins_with_the_task_once():
    async def check(client):
        task = (await first_of(client.send_message(message("wait 1500")))).task
        kinds, last = await events_of(client.subscribe(a2a.SubscribeToTaskRequest(id=task.id)))
        expect((kinds[0], kinds.count("task")), ("task", 1))
        expect(last.status_update.status.state, a2a.TASK_STATE_COMPLETED)

    await both_bindings(check)


async def errors_have_their_names():
    async def check(client):
        try:
            await client.get_task(a2a.GetTaskRequest(id="nope"))
            raise AssertionError("a task that there is not was found")
        except TaskNotFoundError:
            pass
        _, last = await events_of(client.send_message(message("count 1")))
        try:
            await client.cancel_task(a2a.CancelTaskRequest(id=last.status_update.task_id))
            raise AssertionError("a task that is over was cancelled")
        except TaskNotCancelableError:
            pass

    await both_bindings(check)


async def push_configs_are_made_and_deleted():
    async def check(client):
        task = (await first_of(client.send_message(message("wait 1500")))).task
        config = a2a.TaskPushNotificationConfig(task_id=task.id, id="mine", url=STAND["webhook"])
        made = await client.create_task_push_notification_config(config)
        expect((made.id, made.url), ("mine", STAND["webhook"]))
        for _ in range(2):
            gone = a2a.DeleteTaskPushNotificationConfigRequest(task_id=task.id, id="mine")
            await client.delete_task_push_notification_config(gone)

    await both_bindings(check)


async def cards_verify():
    async with httpx.AsyncClient() as http:
        keys = (await http.get(STAND["gateway"] + "/.well-known/jwks.json")).json()["keys"]
        by_id = {key["kid"]: jwt.PyJWK.from_dict(key) for key in keys}
        verify = create_signature_verifier(lambda kid, jku: by_id[kid], ["ES256"])
        for name, url in STAND["agents"].items():
            for headers in [{}, {"A2A-Version": "1.0"}]:
                async with httpx.AsyncClient(headers=headers) as asking:
                    card = await A2ACardResolver(asking, url).get_agent_card()
                try:
                    verify(card)
                except Exception as error:
                    raise AssertionError(f"{name}, {headers}: {error}") from error


async def early_refusals_are_read():
    json = {"content-type": "application/json"}
    form = {"file": ("a.tar.gz", b"x" * 1_000_000, "application/gzip")}
    for _ in range(10):
        async with httpx.AsyncClient() as http:
            expect((await http.post(STAND["gateway"] + "/agents/", files=form)).status_code, 415)
            large = b'"' + b"x" * 12_000_000 + b'"'
            expect((await http.post(STAND["gateway"] + "/agents/", content=large, headers=json)).status_code, 413)
            expect((await http.post(STAND["gateway"] + "/nothing", files=form)).status_code, 404)


run(
    a_message_is_answered,
    a_stream_ends_as_its_task_does,
    a_subscription_begins_with_the_task_once,
    errors_have_their_names,
    push_configs_are_made_and_deleted,
    cards_verify,
    early_refusals_are_read,
)
