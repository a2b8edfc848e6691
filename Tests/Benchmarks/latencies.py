#!/usr/bin/env python3
"""Loads a server whose latencies are known, and holds what the generator saw against what the server did.

    swift build -c release --product storelab
    python3 Tests/Benchmarks/latencies.py [--real-time] [--http2]

For each distribution, in milliseconds: what was asked for, how long the server held its answers, at least and at most
(latency_server.py, which measures itself by the system's time of each request), what the generator saw, and how far that is
outside of what the server did. The goal is 1 % or 0.3 ms, whichever is larger, and that no request is lost: both count all of
them, but for the one before the load. Other programs may keep the generator from running between its look at the clock and the call that sends;
--real-time puts both before all others (chrt, as root), and so shows how exact the generator itself is.

With --http2 both speak HTTP/2 without TLS, ten streams on each connection.
"""
import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

CASES = [
    ("fixed 5", 10, 15_000, lambda share: 5),
    ("uniform 1 100", 100, 20_000, lambda share: 1 + 99 * share),
    ("two 2 200 0.01", 10, 20_000, lambda share: 2 if share <= 0.99 else 200),
]
PERCENTILES = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)]


def load(program, url, connections, requests, *more):
    """The generator's answer."""
    command = program + ["load", url, "--connections", str(connections), "--requests", str(requests), "--timeout", "60s",
        "--json", *more]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measured(program, prefix, case, http2):
    """What the server did with each request of the load, and the generator's answer."""
    kind, connections, count, _ = case
    server = subprocess.Popen(
        prefix + [sys.executable, str(Path(__file__).with_name("latency_server.py")), "http2" if http2 else "http1", *kind.split()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/"
        if http2:
            # With ten streams each, they are a tenth of the connections.
            answer = load(program, url, connections // 10, count, "--http2", "--streams", "10")
        else:
            answer = load(program, url, connections, count)
        server.stdin.close()
        requests = sorted(json.loads(server.stdout.readline()))
    finally:
        server.kill()
        server.wait()
    return requests[1:], answer


def percentile(values, share):
    """By nearest rank, in milliseconds."""
    values = sorted(values)
    return values[max(0, math.ceil(share * len(values) - 1e-9) - 1)] / 1e6


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--real-time", action="store_true")
    options.add_argument("--http2", action="store_true", help="over HTTP/2, without TLS")
    options.add_argument("--program", default=".build/release/storelab")
    options = options.parse_args()
    prefix = ["chrt", "-f", "10"] if options.real_time else []
    program = prefix + [str(Path(options.program).resolve())]
    missed = 0
    print(f"others run too: {', '.join(f'{load:.2f}' for load in os.getloadavg())} (load average)")
    for case in CASES:
        requests, answer = measured(program, prefix, case, options.http2)
        seen = answer["steps"][-1]["total"]
        missed += len(requests) != seen["requests"]
        print(f"{case[0]}: {seen['requests']} requests, {len(requests)} by the server")
        print("          asked     held       to     seen   error")
        for name, share in PERCENTILES:
            # A percentile at the very edge of two values may fall to either.
            edge = math.isclose(share, 0.99) and "two" in case[0]
            least, most, saw = (*(percentile([request[i] for request in requests], share) for i in (1, 2)), seen[name] * 1000)
            error = saw - min(max(saw, least), most)
            beyond = abs(error) > max(most / 100, 0.3) and not edge
            missed += beyond
            print(
                f"  {name:6}{case[3](share):8.3f} {least:8.3f} {most:8.3f} {saw:8.3f} {error:+8.3f}"
                + ("  beyond the goal" if beyond else ""), flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
