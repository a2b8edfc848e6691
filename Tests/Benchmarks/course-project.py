#!/usr/bin/env python3
"""Searches the limit of Tests/Engine/course-project in three ways, and prints the intervals: through its compose file, where
it runs already, and with Locust in steps.

    eval "$(Tests/Engine/engine up FOLDER .build/test-engine)"
    swift build -c release --product storelab
    python3 Tests/Benchmarks/course-project.py [--compose 2] [--url 1] [--locust PROGRAM] [--users 8,16,20,24,28,32,40] [--seconds 25]

The project has room for 40 connections, opens one for each request and keeps it for 3 s; so it stops answering correctly at
about 13 requests/s, that is 25 users who think for 1 to 3 s, whatever the speed of the machine. Between the steps StoreLab
restarts it; at its own address, and with Locust, it goes on running. A step of Locust fails when over 1 % of the
requests on its plateau did.
"""
import argparse, contextlib, json, os, pathlib, subprocess, sys, tempfile, time, urllib.request

HOME = pathlib.Path(__file__).resolve().parents[2]
PROJECT = HOME / "Tests/Engine/course-project"
LOAD = """
load:
  tasks:
    - name: order
      post: /orders
      text: '{"user_id": ${random(1, 3)}, "items": [{"product_id": 1, "quantity": 2}]}'
      headers: { Content-Type: application/json }
      expect: { status: 201, has: order_id }
    - { name: spenders, get: /orders/reports/highest-spenders, expect: { status: 200, is: list } }
  think_time: 1s..3s
  find_limit: { from: 8, to: 64, factor: 2, hold: 10s, precision: 20% }
  timeout: 5s
limits: ["error_rate > 1% for 5s"]
"""
PORTS = "services:\n" + "".join(
    f'  {name}: {{ ports: !override ["127.0.0.1::{port}"] }}\n'
    for name, port in [("store_manager", 5000), ("mysql", 3306), ("redis", 6379), ("prometheus", 9090)]
)
LOCUST = """import json, os, random, time
from locust import HttpUser, LoadTestShape, between, events, task
LEVELS, SECONDS = json.loads(os.environ["LEVELS"]), int(os.environ["SECONDS"])
seen, began = [], time.time()
class Shopper(HttpUser):
    wait_time = between(1, 3)
    @task
    def order(self):
        self.client.post("/orders", json={"user_id": random.randint(1, 3), "items": [{"product_id": 1, "quantity": 2}]})
    @task
    def spenders(self):
        self.client.get("/orders/reports/highest-spenders")
class Steps(LoadTestShape):
    def tick(self):
        step = int(self.get_run_time() / SECONDS)
        return (LEVELS[step], 1) if step < len(LEVELS) else None
@events.test_start.add_listener
def start(**_):
    global began
    began = time.time()
@events.request.add_listener
def request(exception, **_):
    seen.append((time.time() - began, exception is not None))
@events.quitting.add_listener
def end(**_):
    with open(os.environ["SEEN"], "w") as file:
        json.dump(seen, file)
"""


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command[:4]))} … failed: {done.stderr[-800:]}")
    return done.stdout


def search(program, folder, name, stack):
    """Bounds and estimate of one search of StoreLab."""
    file = folder / f"{name}.yaml"
    file.write_text(f'name: {name}\ntitle: "{name}"\nstack:\n{stack}{LOAD}')
    environment = {**os.environ, "STORELAB_HOME": str(HOME)}
    run(program, "run", file, "--output", folder / name, "--format", "json", env=environment)
    report = json.loads(next((folder / name).glob("*/report.json")).read_text())
    answer = report["experiments"][0]["measurements"][0]["answer"]
    estimate = answer.get("estimate") or {}
    return answer.get("passed"), answer.get("failed"), estimate


@contextlib.contextmanager
def running(folder):
    """The project as its owner starts it, on free ports; its address and that of its Prometheus."""
    ports = folder / "ports.yml"
    ports.write_text(PORTS)
    compose = ["docker", "compose", "--project-directory", str(PROJECT)]
    for file in ["docker-compose.yml", "docker-compose.override.yml"]:
        compose += ["--file", str(PROJECT / file)]
    compose += ["--file", str(ports)]
    run("docker", "network", "create", "labo04-network")
    try:
        run(*compose, "up", "--detach", "--build")
        url, prometheus = (
            "http://" + run(*compose, "port", *place).strip() for place in [("store_manager", "5000"), ("prometheus", "9090")]
        )
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url + "/orders/reports/highest-spenders")
                break
            time.sleep(0.2)
        yield url, prometheus
    finally:
        run(*compose, "down", "--volumes", "--rmi", "local")
        run("docker", "network", "rm", "labo04-network")


def locust(folder, program, url, levels, seconds):
    """Which steps held. One run, to which each step adds a user a second, as the lab does; what is asked for while they come is
    counted, but not judged."""
    (folder / "locustfile.py").write_text(LOCUST)
    environment = {**os.environ, "LEVELS": json.dumps(levels), "SECONDS": str(seconds), "SEEN": str(folder / "seen.json")}
    # It ends with 1 where requests failed.
    subprocess.run(
        [program, "-f", folder / "locustfile.py", "--headless", "--host", url, "--only-summary"],
        capture_output=True, env=environment)
    seen, held, before = json.loads((folder / "seen.json").read_text()), {}, 0
    for step, users in enumerate(levels):
        whole = [failed for time, failed in seen if step * seconds <= time < (step + 1) * seconds]
        plateau = [
            failed for time, failed in seen
            if step * seconds + min(users - before, seconds - 10) <= time < (step + 1) * seconds
        ]
        print(f"  locust: {users} users: {sum(plateau)} of {len(plateau)} requests failed on the plateau, "
              f"{sum(whole)} of {len(whole)} with its ramp", flush=True)
        held[users], before = sum(plateau) <= 0.01 * len(plateau), users
    return held


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--compose", type=int, default=2)
    options.add_argument("--url", type=int, default=1)
    options.add_argument("--locust")
    options.add_argument("--storelab", default=HOME / ".build/release/storelab")
    options.add_argument("--users", default="8,16,20,24,28,32,40")
    options.add_argument("--seconds", type=int, default=25)
    given = options.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        for number in range(given.compose):
            stack = f"  compose_file: {PROJECT}/docker-compose.yml\n  service: store_manager\n  port: 5000\n  ready: /metrics\n"
            rows.append((f"compose_file, search {number + 1}", *search(given.storelab, folder, f"compose-{number + 1}", stack)))
        with running(folder) if given.url or given.locust else contextlib.nullcontext(("", "")) as (url, prometheus):
            for number in range(given.url):
                stack = f"  url: {url}\n  prometheus: {prometheus}\n"
                rows.append((f"url, search {number + 1}", *search(given.storelab, folder, f"url-{number + 1}", stack)))
            if given.locust:
                time.sleep(5)  # the connections of the load before are closed
                held = locust(folder, given.locust, url, sorted(map(int, given.users.split(","))), given.seconds)
                failed = min((users for users, holds in held.items() if not holds), default=None)
                passed = max((users for users, holds in held.items() if holds and (failed is None or users < failed)), default=None)
                rows.append((f"Locust, steps of {given.seconds} s", passed, failed, {}))
    print("| how | passed | failed | estimate (95 % interval) |\n|---|--:|--:|--:|")
    for how, passed, failed, estimate in rows:
        text = "–"
        if estimate:
            lower, upper = (f"{estimate[key]:.1f}" if key in estimate else "?" for key in ("lower", "upper"))
            text = f"{estimate['users']:.1f} ({lower} to {upper})"
        print(f"| {how} | {passed or '–'} | {failed or '–'} | {text} |")


main()
