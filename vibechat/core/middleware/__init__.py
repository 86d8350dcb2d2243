"""ASGI middleware around sockets, static files and Django. All of it is async: no request changes threads for it.

From the outside in: ProxyHeaders, RequestLog, SecurityHeaders, ErrorShape, RequestBounds, HandshakeCheck.
"""
