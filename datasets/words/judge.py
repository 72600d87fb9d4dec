#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A judge for the solutions of problems.py that needs no language model: two solutions are distinct if they
calculate something else. It answers as an OpenAI-compatible server does, on this machine alone.

  datasets/words/judge.py 8471 &
  judge RESULT/judge_requests.jsonl --model same-calculations --url http://127.0.0.1:8471/v1/chat/completions

judgements.jsonl beside this file was made so, from the requests of ./dev demo.
"""
import http.server
import json
import re
import sys

CALCULATION = re.compile(r"<<([^>]*)>>")


SOLUTIONS = re.compile(r"<solution_1>\n(.*)\n</solution_1>\n<solution_2>\n(.*)\n</solution_2>", re.DOTALL)


def verdict(request):
    first, second = SOLUTIONS.search(request["messages"][-1]["content"]).groups()
    one, other = (sorted(CALCULATION.findall(part)) for part in (first, second))
    if one == other:
        return {"distinct": False, "reason": "both calculate " + ", ".join(one)}
    return {"distinct": True, "reason": ", ".join(one) + " against " + ", ".join(other)}


class Judge(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = json.dumps(verdict(request))
        choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": content}}
        body = json.dumps({"model": request["model"], "choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Judge).serve_forever()
