"""For whoever watches the server: does the process answer, and can it reach what it needs?"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from channels.layers import get_channel_layer
from django.db import connection
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

TIMEOUT_SECONDS = 1.5
RETRY_AFTER_SECONDS = 5
# One thread, so that probes of a database that hangs wait for each other instead of using up the server's threads.
database_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")


@csrf_exempt  # a POST is a 405
@require_safe
async def live(request):
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_safe
async def ready(request):
    names = ("database", "channel_layer")
    answers = await asyncio.gather(answer_of(database_answers), answer_of(channel_layer_answers))
    status = "ok" if set(answers) == {"ok"} else "unavailable"
    response = JsonResponse({"status": status, "checks": dict(zip(names, answers, strict=True))})
    if status != "ok":
        response.status_code = 503
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


async def answer_of(check) -> str:
    try:
        await asyncio.wait_for(check(), TIMEOUT_SECONDS)
    except Exception:
        return "unavailable"
    return "ok"


async def database_answers():
    await asyncio.get_running_loop().run_in_executor(database_thread, select_one)


def select_one():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


async def channel_layer_answers():
    """A message to ourselves and back."""
    layer, heard = get_channel_layer(), asyncio.Event()
    channel = await layer.new_channel("health.")
    listening = asyncio.ensure_future(listen(layer, channel, heard))
    try:
        await layer.send(channel, {"type": "health.check"})
        await heard.wait()
    finally:
        listening.cancel()  # a layer forgets a channel when a receive on it is cancelled, and in no other way
        await asyncio.gather(listening, return_exceptions=True)


async def listen(layer, channel, heard):
    while True:
        await layer.receive(channel)
        heard.set()
