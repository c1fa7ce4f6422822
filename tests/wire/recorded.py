"""Messages as they were recorded on sockets between `requests`, curl and Werkzeug's server."""

GET = (
    b"GET /hello?name=Grey HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nUser-Agent: python-requests/2.34.2\r\n"
    b"Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"
)
FORM = (
    b"POST /form HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nUser-Agent: python-requests/2.34.2\r\n"
    b"Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\nContent-Length: 9\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=grey"
)
CHUNKED_REQUEST = (
    b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nAccept: */*\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
)
OK = (
    b"HTTP/1.1 200 OK\r\nServer: Werkzeug/3.1.9 Python/3.11.7\r\nDate: Sun, 22 Nov 2026 08:29:39 GMT\r\n"
    b"Content-Type: text/html; charset=utf-8\r\nContent-Length: 13\r\nConnection: close\r\n\r\nHello, Flask!"
)
HEAD_OK = OK.removesuffix(b"Hello, Flask!")
NOT_ALLOWED = (
    b"HTTP/1.1 405 METHOD NOT ALLOWED\r\nServer: Werkzeug/3.1.9 Python/3.11.7\r\n"
    b"Date: Sun, 22 Nov 2026 08:29:42 GMT\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Allow: GET, OPTIONS, HEAD\r\nContent-Length: 153\r\nConnection: close\r\n\r\n"
    b"<!doctype html>\n<html lang=en>\n<title>405 Method Not Allowed</title>\n<h1>Method Not Allowed</h1>\n"
    b"<p>The method is not allowed for the requested URL.</p>\n"
)
TWO_COOKIES = (
    b"HTTP/1.1 302 FOUND\r\nContent-Length: 0\r\nLocation: /hello\r\nSet-Cookie: a=1; Path=/\r\n"
    b"Set-Cookie: b=2; Path=/\r\nConnection: close\r\n\r\n"
)
NO_CONTENT = b"HTTP/1.1 204 NO CONTENT\r\nServer: Werkzeug/3.1.9 Python/3.11.7\r\nConnection: close\r\n\r\n"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: close\r\n\r\n1\r\na\r\n2\r\nbc\r\n3\r\n\xe6\x9d\x8e\r\n0\r\n\r\n"
)
TRAILERS = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    b"5;note=first\r\nhello\r\n0\r\nX-Sum: 5d41\r\n\r\n"
)
CLOSED = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nuntil the end"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
FRAMES = bytes.fromhex("810a6563686f3a48656c6c6f")
WITHOUT_HEAD = (
    b'<!DOCTYPE HTML>\n<html lang="en">\n'
    b"<p>Error code: 400</p>\n<p>Message: Bad request syntax (&#x27;GARBAGE&#x27;).</p>\n</html>\n"
)

REQUESTS = (GET, FORM, CHUNKED_REQUEST, UPGRADE)
RESPONSES = (OK, NOT_ALLOWED, TWO_COOKIES, NO_CONTENT, CHUNKED, TRAILERS, CLOSED, CONTINUE + OK)
