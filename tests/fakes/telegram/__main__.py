"""`python -m tests.fakes.telegram --port 9000`: the fake Bot API until Ctrl-C."""

import argparse

import uvicorn

from tests.fakes.telegram.server import make_app
from tests.fakes.telegram.state import TOKEN, State

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, default=9000)
parser.add_argument("--lenient", action="store_true", help="no rate limits")
given = parser.parse_args()
print(f"http://127.0.0.1:{given.port} token {TOKEN}", flush=True)
uvicorn.run(
    make_app(State(strict=not given.lenient))[0], host="127.0.0.1", port=given.port, log_level="warning"
)
