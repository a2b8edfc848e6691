#!/usr/bin/env python3
"""Loads a server whose latencies are known, and holds what the generator saw against what the server did.

    swift build -c release --product storelab
    python3 Tests/Benchmarks/latencies.py [--real-time] [--http2]

For each distribution, in milliseconds: what was asked for, how long the server really held its answers (from when it had
read a request to when it wrote the answer), what the generator saw, and how far that is from what the server did. The goal
is 1 % or 0.3 ms, whichever is larger. Other programs, and threads of the kernel, may keep both from running for
milliseconds; --real-time puts them before all others (chrt, as root), and so shows how exact the generator itself is.

With --http2 the generator speaks HTTP/2 with an nginx before that server. What nginx itself takes is seen by a load over
HTTP/1.1 through the same nginx, and taken off: the error is what HTTP/2 adds to that.
"""
import argparse
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

CASES = [
    ("/fixed?ms=5", 10, 10, lambda share: 5),
    ("/uniform?from=1&to=100", 100, 12, lambda share: 1 + 99 * share),
    ("/two?ms=2&other=200&share=0.01", 10, 12, lambda share: 2 if share <= 0.99 else 200),
]
NGINX = """worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4000; }}
http {{ access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream target {{ server {target}; keepalive 200; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port}; listen 127.0.0.1:{http2_port} http2;
    location / {{ proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }} }} }}
"""
PERCENTILES = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """The server of known latencies, behind an nginx where that is asked for. `base` and `http2` are its addresses."""

    def __init__(self, program, prefix, behind_nginx):
        self.folder = tempfile.mkdtemp(prefix="storelab-latencies-")
        self.processes = [subprocess.Popen(program + ["target"], stdout=subprocess.PIPE, text=True)]
        self.target = self.base = self.processes[0].stdout.readline().strip()
        if not behind_nginx:
            return
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") or sys.exit("nginx is needed: apt-get install nginx-light")
        ports = free_port(), free_port()
        (Path(self.folder) / "nginx.conf").write_text(NGINX.format(
            folder=self.folder, target=self.target.removeprefix("http://"), port=ports[0], http2_port=ports[1]))
        self.processes.append(subprocess.Popen(prefix + [nginx, "-p", self.folder, "-c", "nginx.conf", "-e", f"{self.folder}/error.log"]))
        self.base, self.http2 = (f"http://127.0.0.1:{port}" for port in ports)
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", ports[1])) == 0:
                    break
            time.sleep(0.05)

    def held(self, path):
        return json.load(urllib.request.urlopen(self.target + "/held"))[path]

    def end(self):
        for process in self.processes[::-1]:
            process.terminate()
            process.wait()
        shutil.rmtree(self.folder)


def load(program, url, connections, seconds, *more):
    """What the generator saw in a load, in milliseconds, and its verdict."""
    command = program + ["load", url, "--connections", str(connections), "--duration", f"{seconds}s", "--json", *more]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    seen = answer["steps"][-1]["total"]
    return {name: seen[name] * 1000 for name, _ in PERCENTILES}, f"{seen['requests']} requests, {answer['verdict']}"


def measured(program, prefix, case, version):
    """What the server held and what the generator saw, over the given version through nginx, or without it."""
    path, connections, seconds, _ = case
    server = Server(program, prefix, behind_nginx=version is not None)
    try:
        if version == 2:
            # With ten streams each, they are a tenth of the connections.
            seen, words = load(program, server.http2 + path, connections // 10, seconds, "--http2", "--streams", "10")
        else:
            seen, words = load(program, server.base + path, connections, seconds)
        return server.held(path), seen, words
    finally:
        server.end()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--real-time", action="store_true")
    options.add_argument("--http2", action="store_true", help="through an nginx that speaks HTTP/2")
    options.add_argument("--program", default=".build/release/storelab")
    options = options.parse_args()
    prefix = ["chrt", "-f", "10"] if options.real_time else []
    program = prefix + [str(Path(options.program).resolve())]
    missed = 0
    for case in CASES:
        path, truth = case[0], case[3]
        held, seen, words = measured(program, prefix, case, 2 if options.http2 else None)
        print(f"{path}: {words}")
        on_the_way = {name: 0 for name, _ in PERCENTILES}
        if options.http2:
            held_before, seen_before, words = measured(program, prefix, case, 1)
            on_the_way = {name: seen_before[name] - held_before[name] for name, _ in PERCENTILES}
            print(f"  over HTTP/1.1: {words}")
        print("          asked     held     seen " + ("   nginx" if options.http2 else "") + "   error")
        for name, share in PERCENTILES:
            # A percentile at the very edge of two values may fall to either.
            edge = math.isclose(share, 0.99) and "two" in path
            error = seen[name] - held[name] - on_the_way[name]
            beyond = abs(error) > max(held[name] / 100, 0.3) and not edge
            missed += beyond
            print(
                f"  {name:6}{truth(share):8.3f} {held[name]:8.3f} {seen[name]:8.3f} "
                + (f"{on_the_way[name]:+8.3f} " if options.http2 else "") + f"{error:+8.3f}"
                + ("  beyond the goal" if beyond else ""), flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
