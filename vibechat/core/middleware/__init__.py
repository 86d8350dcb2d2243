"""ASGI middleware around sockets, static files and Django. It is all async, so it needs no thread.

From outside to inside: ProxyHeaders, RequestLog, SecurityHeaders, ErrorShape, RequestBounds, HandshakeCheck.
"""
