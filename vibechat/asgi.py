import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vibechat.settings")
django.setup(set_prefix=False)

# The following imports load models, so Django must be set up first.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from messaging.accept.middleware import SendMiddleware  # noqa: E402
from messaging.realtime.consumer import ChatConsumer  # noqa: E402
from messaging.realtime.dispatcher import DispatcherMiddleware  # noqa: E402
from vibechat.core.asgi_types import Application  # noqa: E402
from vibechat.core.django_handler import DjangoHandler  # noqa: E402
from vibechat.core.middleware.error_shape import ErrorShape  # noqa: E402
from vibechat.core.middleware.handshake import HandshakeCheck, refuse_socket  # noqa: E402
from vibechat.core.middleware.proxy_headers import ProxyHeaders  # noqa: E402
from vibechat.core.middleware.request_bounds import RequestBounds  # noqa: E402
from vibechat.core.middleware.request_log import RequestLog  # noqa: E402
from vibechat.core.middleware.security_headers import SecurityHeaders  # noqa: E402
from vibechat.core.static_files import with_static_files  # noqa: E402

sockets = URLRouter([path("ws/chat/", ChatConsumer.as_asgi()), re_path(r"", refuse_socket)])  # type: ignore[arg-type]  # an ASGI application
application: Application = ProtocolTypeRouter({"http": with_static_files(DjangoHandler()), "websocket": sockets})
for wrap in (
    SendMiddleware,
    DispatcherMiddleware,
    HandshakeCheck,
    RequestBounds,
    ErrorShape,
    SecurityHeaders,
    RequestLog,
    ProxyHeaders,
):
    application = wrap(application)
