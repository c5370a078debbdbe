"""Usage: fake-ec2.py DIR. What a rig's machine reaches over HTTP on EC2, on a free port of 127.0.0.1.

DIR/port gets the port. GET answers with the file DIR/get/PATH (below /latest only with the token, as IMDSv2 does; a
folder is listed, as the metadata service does). PUT /latest/api/token gives the token, or 403 if DIR/refuse-token
exists. Any other PUT is a signal: its body goes to DIR/signals/PATH, or is refused with 500 while DIR/refuse-signals
exists. DIR/log has a line for each request.
"""

import http.server
import os
import sys
from urllib.parse import unquote, urlsplit

ROOT = sys.argv[1]
TOKEN = "the-token"


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, code, body=b""):
        with open(f"{ROOT}/log", "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.path} {code}\n")
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        if path.startswith("/latest/") and self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
            self.answer(401)
            return
        file = f"{ROOT}/get{path}"
        if os.path.isdir(file):
            names = sorted(name + "/" * os.path.isdir(f"{file}/{name}") for name in os.listdir(file))
            self.answer(200, "\n".join(names).encode())
        elif os.path.isfile(file):
            with open(file, "rb") as content:
                self.answer(200, content.read())
        else:
            self.answer(404)

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/latest/api/token":
            refused = os.path.exists(f"{ROOT}/refuse-token")
            self.answer(403 if refused else 200, TOKEN.encode())
            return
        # CloudFormation's presigned URLs are signed for no content type.
        if self.headers.get("Content-Type") or os.path.exists(f"{ROOT}/refuse-signals"):
            self.answer(500)
            return
        os.makedirs(f"{ROOT}/signals", exist_ok=True)
        with open(f"{ROOT}/signals/{os.path.basename(urlsplit(self.path).path)}", "ab") as file:
            file.write(body + b"\n")
        self.answer(200)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(f"{ROOT}/port.new", "w", encoding="utf-8") as file:
    file.write(str(server.server_port))
os.rename(f"{ROOT}/port.new", f"{ROOT}/port")
server.serve_forever()
