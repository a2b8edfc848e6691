#!/usr/bin/env python3
"""Loads a server whose latencies are known, and holds what the generator saw against what the server did.

    swift build -c release --product storelab
    python3 Tests/Benchmarks/latencies.py [--real-time]

For each distribution, in milliseconds: what was asked for, how long the server really held its answers (from when it had
read a request to when it wrote the answer), what the generator saw, and how far that is from what the server did. The goal
is 1 % or 0.3 ms, whichever is larger. Other programs, and threads of the kernel, may keep both from running for
milliseconds; --real-time puts them before all others (chrt, as root), and so shows how exact the generator itself is.
"""
import argparse
import json
import math
import subprocess
import sys
import urllib.request
from pathlib import Path

CASES = [
    ("/fixed?ms=5", 10, 10, lambda share: 5),
    ("/uniform?from=1&to=100", 100, 12, lambda share: 1 + 99 * share),
    ("/two?ms=2&other=200&share=0.01", 10, 12, lambda share: 2 if share <= 0.99 else 200),
]
PERCENTILES = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--real-time", action="store_true")
    options.add_argument("--program", default=".build/release/storelab")
    options = options.parse_args()
    prefix = ["chrt", "-f", "10"] if options.real_time else []
    program = prefix + [str(Path(options.program).resolve())]
    target = subprocess.Popen(program + ["target"], stdout=subprocess.PIPE, text=True)
    missed = 0
    try:
        base = target.stdout.readline().strip()
        for path, connections, seconds, truth in CASES:
            load = program + ["load", base + path, "--connections", str(connections), "--duration", f"{seconds}s", "--json"]
            answer = json.loads(subprocess.run(load, capture_output=True, text=True, check=True).stdout)
            seen = answer["steps"][-1]["total"]
            held = json.load(urllib.request.urlopen(base + "/held"))[path]
            print(f"{path}: {seen['requests']} requests, {answer['verdict']}")
            print("          asked     held     seen    error")
            for name, share in PERCENTILES:
                found, real = seen[name] * 1000, held[name]
                # A percentile at the very edge of two values may fall to either.
                edge = math.isclose(share, 0.99) and "two" in path
                error = found - real
                beyond = abs(error) > max(real / 100, 0.3) and not edge
                missed += beyond
                print(f"  {name:6}{truth(share):8.3f} {real:8.3f} {found:8.3f} {error:+8.3f}" + ("  beyond the goal" if beyond else ""))
    finally:
        target.terminate()
        target.wait()
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
