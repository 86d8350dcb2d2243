import asyncio
import threading

import pytest
from django.http import HttpResponse

from vibechat.core import django_handler
from vibechat.core.django_handler import DjangoHandler
from vibechat.tests.asgi import call, http_scope

pytestmark = pytest.mark.once


@pytest.fixture
def handler():
    return DjangoHandler()


def answer_with(handler, view):
    handler.get_response = view


async def ask(handler, *, at_once=1):
    answers = await asyncio.gather(*(call(handler, http_scope("/"), [b""]) for _ in range(at_once)))
    return [answer.body.decode() for answer in answers]


def name_of_thread(request):
    return HttpResponse(threading.current_thread().name)


def together(count):
    """A view that answers when so many requests are in it."""
    barrier = threading.Barrier(count, timeout=20)

    def view(request):
        barrier.wait()
        return name_of_thread(request)

    return view


async def test_a_later_request_has_the_thread_of_an_earlier_one(handler):
    answer_with(handler, name_of_thread)
    assert await ask(handler) == await ask(handler)


async def test_requests_at_once_have_threads_of_their_own(handler):
    answer_with(handler, together(3))
    assert len(set(await ask(handler, at_once=3))) == 3


async def test_at_most_so_many_threads_stay(handler, monkeypatch):
    monkeypatch.setattr(django_handler, "MOST_IDLE_THREADS", 2)
    answer_with(handler, together(4))
    await ask(handler, at_once=4)
    assert len(handler.idle) == 2


async def test_the_busy_thread_of_a_cancelled_request_serves_no_other(handler):
    entered, end = threading.Event(), threading.Event()

    def busy(request):
        entered.set()
        end.wait(20)
        return name_of_thread(request)

    answer_with(handler, busy)
    request = asyncio.create_task(ask(handler))
    await asyncio.to_thread(entered.wait, 20)
    request.cancel()
    await asyncio.wait([request])
    assert handler.idle == []
    answer_with(handler, name_of_thread)
    assert await ask(handler)
    end.set()


def test_every_middleware_is_called_in_the_thread(handler):
    assert not asyncio.iscoroutinefunction(handler._middleware_chain)
