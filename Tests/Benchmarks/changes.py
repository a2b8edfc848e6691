#!/usr/bin/env python3
"""The changes that storelab's history marks beside those of apache-otava (PyPI), in the same made-up series.

    .build/benchmarks/bin/pip install apache-otava==0.8.0     # in any virtual environment
    swift build -c release --product search-benchmark
    .build/benchmarks/bin/python Tests/Benchmarks/changes.py

Series are normal with a standard deviation of 3 % of the mean. Both look for changes at the level 0.001, in windows of 50 values.
"""

import argparse
import pathlib
import subprocess
import warnings

import numpy
from otava.analysis import compute_change_points

PROGRAM = pathlib.Path(__file__).parents[2] / ".build/release/search-benchmark"
NOISE = 0.03


def flat(random):
    return 1000 * (1 + NOISE * random.standard_normal(random.integers(10, 61))), []


def step(size):
    def make(random):
        place = int(random.integers(5, 36))
        values = 1000 * (1 + NOISE * random.standard_normal(40))
        values[place:] *= 1 + size
        return values, [place]

    return make


def two_steps(random):
    values = 1000 * (1 + NOISE * random.standard_normal(60))
    values[20:40] *= 1.1
    return values, [20, 40]


KINDS = {
    "flat, 10 to 60 values": flat,
    "+10 % in 40 values": step(0.1),
    "-10 % in 40 values": step(-0.1),
    "+5 % in 40 values": step(0.05),
    "+10 % for 20 of 60 values": two_steps,
}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--series", type=int, default=200, help="of each kind")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    # Otava's test divides by zero where a side has one value.
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    random = numpy.random.default_rng(given.seed)
    print(f"{'series':28}{'agree':>8}{'changed: storelab':>20}{'otava':>8}{'all found: storelab':>22}{'otava':>8}")
    for name, make in KINDS.items():
        made = [make(random) for _ in range(given.series)]
        lines = "\n".join(" ".join(repr(float(value)) for value in values) for values, _ in made) + "\n"
        output = subprocess.run([PROGRAM, "changes"], input=lines, capture_output=True, text=True, check=True).stdout
        ours = [[int(place) for place in line.split()] for line in output.split("\n")[: given.series]]
        theirs = [[point.index for point in compute_change_points(list(values))[0]] for values, _ in made]

        def share(tests):
            return sum(tests) / given.series

        def found(all_places):
            pairs = zip(all_places, (true for _, true in made))
            return share(
                len(places) == len(true) and all(abs(a - b) <= 1 for a, b in zip(places, true))
                for places, true in pairs)

        agree = share(
            len(a) == len(b) and all(abs(x - y) <= 1 for x, y in zip(a, b)) for a, b in zip(ours, theirs))
        print(
            f"{name:28}{agree:8.1%}{share(bool(a) for a in ours):20.1%}{share(bool(a) for a in theirs):8.1%}"
            f"{found(ours):22.1%}{found(theirs):8.1%}")


if __name__ == "__main__":
    main()
