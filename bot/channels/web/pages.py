"""Serves the chat page: `/chat` and its static files. It talks to the public chat API only."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

PAGE = Path(__file__).parent / "page"
STATIC = "/chat/static"

SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    ),
    "Permissions-Policy": "geolocation=(self), microphone=(self), camera=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""For every page that readers see; one-time forms send them too, with `Cache-Control: no-store`."""

KEPT_FOREVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


@dataclass(frozen=True, slots=True)
class File:
    """One file of the page, kept in memory."""

    content: bytes
    media_type: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> "File":
        content = path.read_bytes()
        media_type = (
            TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        )
        return cls(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:20]}"')


class PageFiles:
    """The page as it was when the process started.

    Its files are served under an address that names their version, so that a browser may keep them for ever
    and never mixes the modules of two versions. Under the plain address it asks whether they changed.
    """

    def __init__(self, folder: Path = PAGE) -> None:
        paths = [
            path for path in sorted(folder.rglob("*")) if path.suffix in TYPES and path.name != "chat.html"
        ]
        self._files = {path.relative_to(folder).as_posix(): File.read(path) for path in paths}
        self.version = hashlib.sha256(
            "".join(file.etag for file in self._files.values()).encode()
        ).hexdigest()[:12]
        self.html = self._fill((folder / "chat.html").read_text(encoding="utf-8"))

    def find(self, address: str) -> tuple[File, str] | None:
        """(file, cache rule) of an address below `/chat/static/`; None when there is no such file."""
        name = address.removeprefix(f"{self.version}/")
        file = self._files.get(name)
        if file is None and "/" in address:  # asked for by a page of another version
            file = self._files.get(address.split("/", 1)[1])
        if file is None:
            return None
        return file, KEPT_FOREVER if name != address else ASK_EACH_TIME

    def _fill(self, html: str) -> bytes:
        base = f"{STATIC}/{self.version}"
        modules = (name for name in self._files if name.endswith(".js"))
        preload = "\n  ".join(f'<link rel="modulepreload" href="{base}/{name}">' for name in modules)
        return html.replace("{{static}}", base).replace("{{preload}}", preload).encode()


files = PageFiles()
router = APIRouter(include_in_schema=False)


@router.api_route("/chat", methods=["GET", "HEAD"])
def chat_page() -> Response:
    """The chat page."""
    return Response(
        files.html, media_type="text/html", headers=SECURITY_HEADERS | {"Cache-Control": ASK_EACH_TIME}
    )


@router.api_route(STATIC + "/{address:path}", methods=["GET", "HEAD"])
def static_file(address: str, request: Request) -> Response:
    """A file of the page; 304 when the browser has it."""
    found = files.find(address)
    if found is None:
        raise HTTPException(404)
    file, cache = found
    headers = {"Cache-Control": cache, "ETag": file.etag, "X-Content-Type-Options": "nosniff"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
