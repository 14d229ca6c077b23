"""A speech server with OpenAI's audio API on a port of its own, keeping to its fields and refusals."""

import email.policy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-fake"


@dataclass
class FakeSpeechServer:
    """says: what is heard in any sound. wave: what speaking gives. asked: the fields of each request."""

    url: str = ""
    says: str = "有没有红楼梦"
    wave: bytes = b""
    down: bool = False
    plain: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)

    def transcribe(self, fields: dict[str, bytes]) -> tuple[int, bytes]:
        """`POST /v1/audio/transcriptions`: needs a file and a model."""
        if not fields.get("file", b"").startswith(b"RIFF") or b"model" not in {*map(str.encode, fields)}:
            return 400, b"{}"
        silent = not any(fields["file"][44:])
        self.asked.append({name: value.decode() for name, value in fields.items() if name != "file"})
        answer: dict[str, Any] = {"text": "" if silent else self.says}
        if not self.plain:
            answer["segments"] = [{"avg_logprob": -0.1}, {"avg_logprob": -0.3}]
        return 200, json.dumps(answer).encode()

    def speak(self, asked: dict[str, str]) -> tuple[int, bytes]:
        """`POST /v1/audio/speech`: needs model, voice and input."""
        self.asked.append(asked)
        return (200, self.wave) if {"model", "voice", "input"} <= asked.keys() else (400, b"{}")


@contextmanager
def fake_speech_server(wave: bytes) -> Iterator[FakeSpeechServer]:
    """Serves until the block ends."""
    fake = FakeSpeechServer(wave=wave)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if fake.down:
                return self._answer(503, b"{}")
            if self.headers["Authorization"] != f"Bearer {KEY}":
                return self._answer(401, b"{}")
            if self.path == "/v1/audio/speech":
                return self._answer(*fake.speak(json.loads(body)))
            return self._answer(*fake.transcribe(_parts(self.headers["Content-Type"], body)))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _parts(kind: str, body: bytes) -> dict[str, bytes]:
    """The fields of a multipart form."""
    message = BytesParser(policy=email.policy.HTTP).parsebytes(
        f"Content-Type: {kind}\r\n\r\n".encode() + body
    )
    return {
        str(part.get_param("name", header="content-disposition")): bytes(part.get_payload(decode=True) or b"")
        for part in message.iter_parts()
    }
