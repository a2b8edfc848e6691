#!/usr/bin/env python3
"""Loads a server whose latencies are known, and holds what the generator saw against what the server did.

    swift build -c release --product storelab
    python3 Tests/Benchmarks/latencies.py [--real-time] [--http2]

For each distribution, in milliseconds: what was asked for, how long the server really held its answers (from when it had
read a request to when it wrote the answer), what the generator saw, and how far that is from what the server did. The goal
is 1 % or 0.3 ms, whichever is larger. Other programs, and threads of the kernel, may keep both from running for
milliseconds; --real-time puts them before all others (chrt, as root), and so shows how exact the generator itself is.

With --http2 the generator speaks HTTP/2 with an nginx before that server, whose own time counts as an error.
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
  server {{ listen 127.0.0.1:{port} http2;
    location / {{ proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }} }} }}
"""
PERCENTILES = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)]


def http2_before(target, folder, prefix):
    """An nginx that speaks HTTP/2, and its address."""
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") or sys.exit("nginx is needed: apt-get install nginx-light")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    (Path(folder) / "nginx.conf").write_text(NGINX.format(folder=folder, target=target.removeprefix("http://"), port=port))
    nginx = subprocess.Popen(prefix + [program, "-p", folder, "-c", "nginx.conf", "-e", f"{folder}/error.log"])
    for _ in range(200):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    return nginx, f"http://127.0.0.1:{port}"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--real-time", action="store_true")
    options.add_argument("--http2", action="store_true", help="through an nginx that speaks HTTP/2")
    options.add_argument("--program", default=".build/release/storelab")
    options = options.parse_args()
    prefix = ["chrt", "-f", "10"] if options.real_time else []
    program = prefix + [str(Path(options.program).resolve())]
    target = subprocess.Popen(program + ["target"], stdout=subprocess.PIPE, text=True)
    missed = 0
    nginx, folder = None, tempfile.mkdtemp(prefix="storelab-latencies-")
    try:
        base = target.stdout.readline().strip()
        loaded, version = base, []
        if options.http2:
            nginx, loaded = http2_before(base, folder, prefix)
            version = ["--http2", "--streams", "10"]
        for path, connections, seconds, truth in CASES:
            # With ten streams each, they are a tenth of the connections.
            connections = connections // 10 if options.http2 else connections
            load = program + ["load", loaded + path, "--connections", str(connections), "--duration", f"{seconds}s", "--json"] + version
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
        if nginx:
            nginx.terminate()
            nginx.wait()
        shutil.rmtree(folder)
        target.terminate()
        target.wait()
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
