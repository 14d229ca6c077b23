"""How long a turn takes, and what the gateway costs beside bare Rasa; prints a Markdown table.

    .venv/bin/python -m tests.load.turn_bench --base http://127.0.0.1:8000 --rasa http://127.0.0.1:5005

Against a running system. Gateway and Rasa take turns, so that both see the same machine.
"""

import argparse
import asyncio
from statistics import mean

import httpx

from tests.load.talking import SAYINGS, BareRasa, ThroughGateway, percentile, throughput, times_of


async def main(base: str, rasa: str, readers: int, rounds: int) -> None:
    limits = httpx.Limits(max_connections=readers, max_keepalive_connections=readers)
    async with (
        httpx.AsyncClient(base_url=base, timeout=90, limits=limits, trust_env=False) as gateway_client,
        httpx.AsyncClient(base_url=rasa, timeout=90, limits=limits, trust_env=False) as rasa_client,
    ):
        await times_of(await ThroughGateway.start(gateway_client), SAYINGS[:10])
        await times_of(await BareRasa.start(rasa_client), SAYINGS[:10])
        one_gateway = await times_of(await ThroughGateway.start(gateway_client), SAYINGS)
        one_rasa = await times_of(await BareRasa.start(rasa_client), SAYINGS)
        through, bare = [], []
        for _ in range(rounds):
            bare.append(
                await throughput([await BareRasa.start(rasa_client) for _ in range(readers)], SAYINGS)
            )
            talkers = [await ThroughGateway.start(gateway_client) for _ in range(readers)]
            through.append(await throughput(talkers, SAYINGS))
    rows = (
        ("p50 of a turn, one reader (ms)", percentile(one_gateway, 0.5), percentile(one_rasa, 0.5)),
        ("p95 of a turn, one reader (ms)", percentile(one_gateway, 0.95), percentile(one_rasa, 0.95)),
        (f"messages a second, {readers} readers", mean(through), mean(bare)),
    )
    print("| what | gateway | bare Rasa |\n|---|---|---|")
    for what, ours, theirs in rows:
        print(f"| {what} | {ours:.1f} | {theirs:.1f} |")
    print(f"| throughput, gateway / bare Rasa | {mean(through) / mean(bare):.2f} | 1 |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--rasa", default="http://127.0.0.1:5005")
    parser.add_argument("--readers", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    asyncio.run(main(given.base, given.rasa, given.readers, given.rounds))
