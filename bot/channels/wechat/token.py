"""The access token: one for all replicas, fetched by one of them.

POST /cgi-bin/stable_token (developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken): without
force_refresh it gives the token in force; the platform renews five minutes before its end and lets
the old one live five minutes more. force_refresh: 20 a day, 30 seconds apart.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.store.wechat_tables import tokens
from bot.threads import Threads
from lending.ports import Clock, Vault
from lending.storage.base import Database

log = structlog.get_logger(__name__)

EARLY = timedelta(minutes=4)
"""A token this near to its end is renewed: the platform has its follower by then."""
FETCHING = timedelta(seconds=15)
"""How long one replica may take to fetch; longer than its HTTP timeout."""
POLL_SECONDS = 0.1
FORCE_APART = timedelta(seconds=31)
FORCE_A_DAY = 18
"""Below the platform's 20: a person may need one."""


class TokenRefused(Exception):
    """The platform gives no token. `code` is its errcode (0: it did not answer)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}"[:200])
        self.code = code


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and when it ends."""

    value: str
    expires_at: datetime


Fetch = Callable[[bool], Awaitable[tuple[str, int]]]
"""(force_refresh) → (token, seconds it lives). Raises `TokenRefused`."""


class Tokens:
    """Gives the token. In memory first, then from the database, else fetched under a lease."""

    def __init__(
        self, app_id: str, database: Database, vault: Vault, clock: Clock, threads: Threads, fetch: Fetch
    ) -> None:
        self._app_id = app_id
        self._database = database
        self._vault = vault
        self._clock = clock
        self._threads = threads
        self._fetch = fetch
        self._me = secrets.token_hex(8)
        self._known: Token | None = None
        self._lock = asyncio.Lock()

    async def get(self, refused: str | None = None) -> str:
        """A token, another than the `refused` one where that can be had. Raises `TokenRefused`."""
        if (token := self._good(self._known, refused)) is not None:
            return token.value
        async with self._lock:
            token = self._good(self._known, refused) or await self._look(refused)
            self._known = token
            return token.value

    def _good(self, token: Token | None, refused: str | None) -> Token | None:
        fine = token is not None and token.value != refused and token.expires_at > self._clock.now() + EARLY
        return token if fine else None

    async def _look(self, refused: str | None) -> Token:
        """What the database has, or what is fetched; waits while another replica fetches."""
        while True:
            token, mine = await self._threads.write(self._lease, refused)
            if mine:
                return await self._renew(refused)
            if token is not None:
                return token
            await asyncio.sleep(POLL_SECONDS)

    async def _renew(self, refused: str | None) -> Token:
        try:
            value, seconds = await self._fetch(False)
            if value == refused and await self._threads.write(self._may_force):
                value, seconds = await self._fetch(True)
        except BaseException:
            await self._threads.write(self._keep, None)
            raise
        if value == refused:
            await self._threads.write(self._keep, None)
            raise TokenRefused(40001, "the token in force is refused")
        # A short life (a renewal just under way) must not make every call fetch again.
        lives = max(timedelta(seconds=seconds), EARLY + timedelta(seconds=10))
        token = Token(value, self._clock.now() + lives)
        await self._threads.write(self._keep, token)
        log.info("wechat_token_renewed", seconds=seconds)
        return token

    def _lease(self, refused: str | None) -> tuple[Token | None, bool]:
        """The token in the database, or the right to fetch."""
        now = self._clock.now()
        with self._database.begin() as conn:
            row = self._row(conn)
            token = Token(self._vault.open(row.token), row.expires_at) if row.token else None
            if self._good(token, refused) is not None:
                return token, False
            if row.fetching_until is not None and row.fetching_until > now and row.fetcher != self._me:
                return None, False
            self._set(conn, fetcher=self._me, fetching_until=now + FETCHING)
            return None, True

    def _keep(self, token: Token | None) -> None:
        with self._database.begin() as conn:
            if token is not None:
                self._set(conn, token=self._vault.seal(token.value), expires_at=token.expires_at)
            self._set(conn, fetcher=None, fetching_until=None)

    def _may_force(self) -> bool:
        now = self._clock.now()
        with self._database.begin() as conn:
            row = self._row(conn)
            same_day = row.forced_at is not None and row.forced_at.date() == now.date()
            count = row.forced_today if same_day else 0
            if count >= FORCE_A_DAY or (row.forced_at is not None and now - row.forced_at < FORCE_APART):
                return False
            self._set(conn, forced_at=now, forced_today=count + 1)
            return True

    def _row(self, conn: Connection) -> Row[Any]:
        query = select(tokens).where(tokens.c.app_id == self._app_id).with_for_update()
        row = conn.execute(query).first()
        if row is None:
            try:
                with conn.begin_nested():
                    conn.execute(insert(tokens).values(app_id=self._app_id))
            except IntegrityError:
                pass  # another replica made it this moment
            row = conn.execute(query).one()
        return row

    def _set(self, conn: Connection, **values: object) -> None:
        conn.execute(update(tokens).where(tokens.c.app_id == self._app_id).values(**values))
