"""A little application for the tests: python3 app.py PORT [a path that answers 404 with everything else]."""
import http.server
import sys

KNOWN = {"/": b"[]", "/health": b'{"status":"ok"}', "/items": b"[1,2]", "/orders/last": b'{"id":1}'}


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = None if self.path in sys.argv[2:] else KNOWN.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Answer).serve_forever()
