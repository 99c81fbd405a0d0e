"""A database that nobody has connected yet, for the tutorial of integrators: benefits paid without cash, as an invented agency would tell them.

    python3 examples/integrator/benefits.py 8080

All figures are invented. Standard library only; its documentation is in docs/tutorial/integrator.md.
"""

import json
import sys
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "tutorial"
# The current month on Vietnam's clock, as the platform has it: a later one would be refused, and an earlier one lose to sources that tell of this one.
MONTH = datetime.now(timezone(timedelta(hours=7))).strftime("%Y-%m")
ROWS = [
    ["Huế", 31234, 40000],
    ["TP. Đà Nẵng", 52000, 100000],
    ["Khánh Hòa", 18000, 40000],
    ["Sài Gòn", 400000, 600000],  # not the name of a province: it will be rejected
    ["Đắk Lắk", 42000, 60000],
    ["Cần Thơ", 61000, 90000],
    ["Toàn quốc", 604234, 930000],  # the whole country, which is a total and no province
]


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        address = urlsplit(self.path)
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            return self.answer(401, {"error": "sign in"})
        if address.path != "/v1/benefits":
            return self.answer(404, {"error": "there is /v1/benefits"})
        asked = {name: int(values[0]) for name, values in parse_qs(address.query).items()}
        page, size = asked.get("page", 1), asked.get("size", 3)
        rows = ROWS[(page - 1) * size : page * size]
        items = [{"area": area, "month": MONTH, "paid": {"digital": paid, "all": total}} for area, paid, total in rows]
        self.answer(200, {"items": items, "page": page, "pages": -(-len(ROWS) // size), "total": len(ROWS)})

    def do_PUT(self):
        """Changes a figure, so that the reader has something to see: the body is {"area": "Huế", "digital": 20000}."""
        told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        for row in ROWS:
            if row[0] == told["area"]:
                row[1] = told["digital"]
        self.answer(200, told)

    def answer(self, status, body):
        text = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=utf-8")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    print(f"http://127.0.0.1:{port}/v1/benefits")
    ThreadingHTTPServer(("127.0.0.1", port), Api).serve_forever()
