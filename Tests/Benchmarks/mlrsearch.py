#!/usr/bin/env python3
"""The search of storelab beside MLRsearch (PyPI), on the same simulated applications.

    .build/benchmarks/bin/pip install MLRsearch==1.2.1     # in any virtual environment
    python3 Tests/Benchmarks/mlrsearch.py --searches 200

MLRsearch looks for the load at which half of the trials are bad, which is how storelab defines a limit: here a load is a number of
users, and a trial is bad when a criterion is met on its plateau. Trials are measured by `search-benchmark plateaus`.
"""

import argparse
import pathlib
import statistics
import subprocess

from MLRsearch import AbstractMeasurer, Config, MeasurementResult, MultipleLossRatioSearch, SearchGoal

PROGRAM = pathlib.Path(__file__).parents[2] / ".build/release/search-benchmark"
# Seconds before a trial's plateau, and for the users to leave after it.
SETTLE, LEAVE = 2, 1


class Measurer(AbstractMeasurer):
    """Plateaus of one simulated application, one after the other."""

    def __init__(self, process, seed):
        self.process, self.seed, self.trials, self.seconds = process, seed, 0, 0

    def measure(self, intended_duration, intended_load):
        users, seconds = max(1, round(intended_load)), max(1, round(intended_duration))
        self.trials += 1
        print(self.seed * 1000 + self.trials, users, seconds, file=self.process.stdin, flush=True)
        held = self.process.stdout.readline().strip() == "passed"
        self.seconds += SETTLE + seconds + LEAVE
        return MeasurementResult(
            intended_duration=seconds, intended_load=intended_load, offered_count=1000,
            forwarding_count=1000 if held else 0)


def search(process, seed):
    goal = SearchGoal(
        loss_ratio=0.0, exceed_ratio=0.5, relative_width=0.1, initial_trial_duration=2.0, final_trial_duration=10.0,
        duration_sum=30.0, preceding_targets=2, expansion_coefficient=2)
    config = Config(goals=[goal], min_load=5.0, max_load=10_000.0, search_duration_max=600.0, warmup_duration=None)
    measurer = Measurer(process, seed)
    result = MultipleLossRatioSearch(config=config).search(measurer=measurer, debug=lambda _: None)[goal]
    low, high = float(result.relevant_lower_bound), float(result.relevant_upper_bound)
    return low, high, float(result.conditional_throughput), measurer.seconds


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--searches", type=int, default=100)
    searches = options.parse_args().searches
    models = subprocess.run([PROGRAM, "list"], capture_output=True, text=True, check=True).stdout.splitlines()
    print("model               limit  covered    width    bias  seconds")
    for line in models:
        limit, name = line.split(" ", 1)
        limit = float(limit)
        with subprocess.Popen(
            [PROGRAM, "plateaus", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            found = [search(process, seed) for seed in range(1, searches + 1)]
            process.stdin.close()
        covered = sum(low <= limit <= high for low, high, _, _ in found) / searches
        width = statistics.median(high / low - 1 for low, high, _, _ in found)
        bias = statistics.median(((low * high) ** 0.5) / limit - 1 for low, high, _, _ in found)
        seconds = statistics.mean(seconds for *_, seconds in found)
        print(f"{name:18}{limit:7.0f} {covered:8.1%} {width:8.1%} {bias:+7.1%} {seconds:8.1f}", flush=True)


if __name__ == "__main__":
    main()
