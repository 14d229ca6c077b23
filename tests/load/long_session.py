"""Whether a turn costs the same late in a conversation as early; prints a Markdown table.

    .venv/bin/python -m tests.load.long_session --base http://127.0.0.1:8000

Against a running system; add `--rasa http://127.0.0.1:5005` to see a Rasa session that is never begun anew.
"""

import argparse
import asyncio
from itertools import cycle, islice

import httpx

from tests.load.talking import SAYINGS, BareRasa, Talker, ThroughGateway, percentile, times_of

EDGE = 30


async def told(name: str, talker: Talker, messages: int) -> str:
    times = await times_of(talker, list(islice(cycle(SAYINGS), messages)))
    first, last = times[:EDGE], times[-EDGE:]
    figures = [percentile(part, share) for part in (first, last) for share in (0.5, 0.95)]
    return (
        f"| {name} | "
        + " | ".join(f"{figure:.1f}" for figure in figures)
        + f" | {figures[2] / figures[0]:.2f} |"
    )


async def main(base: str, rasa: str | None, messages: int) -> None:
    print(f"| {messages} messages | first {EDGE}, p50 ms | p95 | last {EDGE}, p50 ms | p95 | growth of p50 |")
    print("|---|---|---|---|---|---|")
    async with httpx.AsyncClient(base_url=base, timeout=90, trust_env=False) as client:
        await times_of(await ThroughGateway.start(client), SAYINGS[:10])
        print(await told("gateway", await ThroughGateway.start(client), messages))
    if rasa:
        async with httpx.AsyncClient(base_url=rasa, timeout=90, trust_env=False) as client:
            print(await told("bare Rasa", await BareRasa.start(client), messages))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--rasa")
    parser.add_argument("--messages", type=int, default=300)
    given = parser.parse_args()
    asyncio.run(main(given.base, given.rasa, given.messages))
