#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A chat endpoint on loopback with one fault per request, for the tests of judge.

    mock_server.py PORT_FILE LOG FAULT,FAULT,...

The last fault repeats. Writes its port to PORT_FILE once it listens, and a JSON line per request to
LOG: seconds, fault, path, SHA-256 of the Authorization header, whether the key is anywhere else.
"""
import email.utils
import hashlib
import http.server
import json
import os
import socket
import sys
import threading
import time

PORT_FILE, LOG, FAULTS = sys.argv[1], sys.argv[2], sys.argv[3].split(",")
lock = threading.Lock()
count = 0
other_port = 0


def chat(content, finish="stop", **more):
    message = {"role": "assistant", "content": content, **more}
    return {"id": "gen-1", "model": "served/model", "provider": "Mock", "usage": {"total_tokens": 7},
            "choices": [{"message": message, "finish_reason": finish}]}


def error(code, message, **more):
    return {"error": {"code": code, "message": message, **more}}


VERDICT = '{"distinct": true, "reason": "by areas, not by algebra"}'
BODIES = {  # a 200 with this body
    "ok": chat(VERDICT),
    "no": chat('{"distinct": false, "reason": "the same"}'),
    "fenced": chat("Here:\n```json\n" + VERDICT + "\n```\n"),
    "think": chat('<think>{"distinct": false} or not?</think>\n' + VERDICT),
    "parts": chat([{"type": "text", "text": '{"distinct": true, '}, {"type": "text", "text": '"reason": "x"}'}]),
    "refusal": chat(None, refusal="I cannot compare these."),
    "content_filter": chat("", "content_filter"),
    "cut_off": chat(None, "length", reasoning='... {"distinct": true, "reason": "thought"}'),
    "nullcontent": chat(None),
    "badbool": chat('{"distinct": "maybe"}'),
    "nochoices": {"choices": []},
    "error200": error(502, "upstream is down"),
    "choiceerror": {"choices": [{"message": {"content": ""}, "finish_reason": "error", "error": {"code": 500}}]},
    "fatal200": error(402, "no credits"),
}
STATUSES = {  # another status with this body
    "400": (400, error(400, "Unsupported parameter: response_format")),
    "403": (403, error(403, "flagged", metadata={"reasons": ["violence"]})),
    "404": (404, error(404, "no such model")),
    "429": (429, error(429, "slow down")),
    "500": (500, error(500, "oops")),
    "503": (503, error(503, "busy")),
    "402": (402, error(402, "Insufficient credits")),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def note(self, body):
        global count
        stolen = self.server.server_address[1] == other_port
        with lock:
            fault = "stolen" if stolen else FAULTS[min(count, len(FAULTS) - 1)]
            count += 0 if stolen else 1
            authorization = self.headers.get("Authorization") or ""
            key = authorization.removeprefix("Bearer ").encode()
            with open(LOG, "a") as log:
                log.write(json.dumps({
                    "t": time.time(), "fault": fault, "path": self.path,
                    "key": hashlib.sha256(key).hexdigest() if key else None,
                    "leak": bool(key) and (key in body or key in self.path.encode()),
                    "body": hashlib.sha256(body).hexdigest()}) + "\n")
        return fault, key

    def do_POST(self):
        fault, key = self.note(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if fault in BODIES:
            self.answer(200, BODIES[fault])
        elif fault in STATUSES:
            self.answer(*STATUSES[fault])
        elif fault == "stolen":
            self.answer(200, BODIES["ok"])
        elif fault in ("429after", "402after"):
            self.answer(int(fault[:3]), error(int(fault[:3]), "wait"), Retry_After="1")
        elif fault == "429date":
            self.answer(429, error(429, "wait"), Retry_After=email.utils.formatdate(time.time() + 2, usegmt=True))
        elif fault == "429long":
            self.answer(429, error(429, "wait"), Retry_After="100000")
        elif fault == "echokey":
            self.answer(401, error(401, "Incorrect API key provided: " + key.decode()))
        elif fault == "echoall":
            said = {**chat(json.dumps({"distinct": True, "reason": "key " + key.decode()})), "id": key.decode()}
            self.answer(200, {**said, "model": key.decode(), "provider": key.decode(), "usage": {key.decode(): [key.decode()]}})
        elif fault == "redirect":
            self.answer(307, b"", Location=f"http://localhost:{other_port}/steal")
        elif fault == "html":
            self.answer(200, b"<html>gateway</html>")
        elif fault == "empty":
            self.answer(200, b"")
        elif fault == "huge":
            self.answer(200, b'{"x":"' + b"a" * (8 << 20) + b'"}')
        elif fault == "keepalive":
            body = json.dumps(BODIES["ok"]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) + 16))
            self.end_headers()
            for _ in range(16):  # together longer than the test allows without a byte
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.2)
            self.wfile.write(body)
        elif fault == "slow":
            body = json.dumps(BODIES["ok"]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for byte in body:
                try:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                except OSError:  # the client has left
                    return
                time.sleep(1)
        elif fault == "truncated":
            self.send_response(200)
            self.send_header("Content-Length", "99999")
            self.end_headers()
            self.wfile.write(b'{"choices":[')
            self.close_connection = True
        elif fault == "reset":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault == "hang":
            time.sleep(60)
        else:
            raise SystemExit("unknown fault " + fault)

    do_GET = do_POST


def main():
    global other_port
    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    other_port = other.server_address[1]
    threading.Thread(target=other.serve_forever, daemon=True).start()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Timer(120, server.shutdown).start()  # if the test dies
    with open(PORT_FILE + ".part", "w") as port:
        port.write(str(server.server_address[1]))
    os.rename(PORT_FILE + ".part", PORT_FILE)
    server.serve_forever()


if __name__ == "__main__":
    main()
