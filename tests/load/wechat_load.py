"""Readers at WeChat against a running system: answered share, lost, doubled, how long.

    python -m tests.load.wechat_load --callback http://127.0.0.1:8000/wechat/callback --seconds 300

Start the system with SHUDI_WECHAT_API_BASE=http://127.0.0.1:9100 and the account that `python -m
tests.fakes.wechat` prints. A reader has one message under way at a time; its answer is the first real words
seen after it. --burst N sends N at once at the end. --outage PID stops that process (Rasa) with SIGSTOP for
--outage-seconds in the middle: what was asked meanwhile has to be answered afterwards. “Doubled” is the same
answer seen twice for one message.
"""

import argparse
import asyncio
import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import uvicorn

from tests.fakes.wechat import TROUBLE, FakeWeChat
from tests.load.talking import percentile

WAITING = "系统正在处理"
PATIENCE = 120.0
SAYINGS = (
    "开放时间",
    "附近有哪些自助柜",
    "能借几本",
    "有没有三体",
    "新书",
    "运费多少",
    "余华的书",
    "怎么借书",
)


@dataclass
class Asked:
    """One message and what became of it."""

    openid: str
    at: float
    before: int
    passive: str = ""
    took: float = 0.0


def serve(fake: FakeWeChat, port: int) -> None:
    """The fake's API on a port of our choice."""
    config = uvicorn.Config(fake.app, host="127.0.0.1", port=port, log_level="error", ws="none")
    threading.Thread(target=uvicorn.Server(config).run, daemon=True).start()
    fake.base_url = f"http://127.0.0.1:{port}"


async def ask(fake: FakeWeChat, openid: str, text: str, done: list[Asked]) -> None:
    """One message; answered when words other than “a moment” were seen after it."""
    asked = Asked(openid, time.time(), len(fake.seen(openid)))
    asked.passive = await fake.say(openid, text)
    done.append(asked)


def settle(fake: FakeWeChat, asked: Sequence[Asked]) -> tuple[int, int, int, list[float]]:
    """(answered, lost, doubled, seconds)."""
    answered = lost = doubled = 0
    took: list[float] = []
    by_reader: dict[str, list[Asked]] = {}
    for one in asked:
        by_reader.setdefault(one.openid, []).append(one)
    for openid, mine in by_reader.items():
        mine.sort(key=lambda one: one.at)
        ends = [one.before for one in mine[1:]] + [len(fake.seen(openid))]
        for one, end in zip(mine, ends, strict=True):
            real = [
                seen
                for seen in fake.seen(openid)[one.before : end]
                if seen.how in ("passive", "text", "msgmenu") and real_words(seen.text)
            ]
            answered, lost = answered + bool(real), lost + (not real)
            doubled += len(real) - len({seen.text for seen in real})
            if real:
                took.append(real[0].at - one.at)
    return answered, lost, doubled, took


def real_words(text: str) -> bool:
    """Whether this is an answer: neither trouble nor “a moment”."""
    return TROUBLE not in text and not (WAITING in text and len(text) < 60)


async def run(given: argparse.Namespace) -> None:
    fake = FakeWeChat(given.callback)
    serve(fake, given.port)
    readers = [fake.reader(f"r{number}") for number in range(given.readers)]
    free, tasks = list(readers), set[asyncio.Task[None]]()
    log: list[Asked] = []
    began, sent = time.monotonic(), 0
    if given.outage:
        middle = given.seconds / 2
        tasks.add(asyncio.create_task(outage(given.outage, middle, given.outage_seconds)))

    async def one(openid: str) -> None:
        await ask(fake, openid, random.choice(SAYINGS), log)
        await until_answered(fake, log[-1] if log[-1].openid == openid else last_of(log, openid))
        free.append(openid)

    while time.monotonic() - began < given.seconds:
        if free:
            tasks.add(asyncio.create_task(one(free.pop(random.randrange(len(free))))))
            sent += 1
        await asyncio.sleep(max(began + sent / given.rate - time.monotonic(), 0.001))
    if tasks:
        await asyncio.wait(tasks, timeout=PATIENCE + given.outage_seconds)
    report(fake, log, "steady")
    if given.burst:
        quick: list[Asked] = []
        await asyncio.gather(*(ask(fake, openid, "开放时间", quick) for openid in readers[: given.burst]))
        await asyncio.gather(*(until_answered(fake, asked) for asked in quick))
        report(fake, quick, f"burst of {given.burst}")
    await fake.close()


def last_of(log: Sequence[Asked], openid: str) -> Asked:
    return next(one for one in reversed(log) if one.openid == openid)


async def until_answered(fake: FakeWeChat, asked: Asked) -> None:
    """Wait for the pushed answer of one that was not passive."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not any(real_words(one.text) for one in fake.seen(asked.openid)[asked.before :]):  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def outage(pid: int, after: float, seconds: float) -> None:
    """Rasa stands still for a while."""
    await asyncio.sleep(after)
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


def report(fake: FakeWeChat, asked: Sequence[Asked], name: str) -> None:
    answered, lost, doubled, took = settle(fake, asked)
    share = 100 * answered / max(len(asked), 1)
    passive = sum(real_words(one.passive) and bool(one.passive) for one in asked)
    times = f"p50 {percentile(took, 0.5):.2f} s, p95 {percentile(took, 0.95):.2f} s" if took else "no answers"
    print(
        f"{name}: {len(asked)} messages, {share:.2f} % answered ({passive} passively), {lost} lost, "
        f"{doubled} doubled, {times}, dropped callbacks {sum(post[2] == 'dropped' for post in fake.posts)}"
    )


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--callback", default="http://127.0.0.1:8000/wechat/callback")
    options.add_argument("--port", type=int, default=9100)
    options.add_argument("--readers", type=int, default=200)
    options.add_argument("--rate", type=float, default=5.0)
    options.add_argument("--seconds", type=float, default=300)
    options.add_argument("--burst", type=int, default=50)
    options.add_argument("--outage", type=int, default=0, help="pid of Rasa")
    options.add_argument("--outage-seconds", type=float, default=60)
    asyncio.run(run(options.parse_args()))
