#!/usr/bin/env python3
"""Compares the load generator with wrk and, where they are installed, h2load, hey and Locust's FastHttpUser.

    ./storelab benchmark load [--connections 50,1000,5000] [--pairs 5] [--seconds 3] [--locust PROGRAM]

All load the same private nginx on a loopback port, which answers a small JSON object; one thread, no think time; ours
with its checks and histograms on. Pairs are interleaved; medians are printed with their ratio to ours. CPU is the whole
process's, start and end included, over its requests.

With --http2 it is HTTP/2 without TLS, ours beside h2load: 4 connections with 1 and with 32 streams each. With --https it is
HTTP/1.1 over TLS, ours beside wrk and h2load, whose certificates are not checked: kept connections, and a new one for each
request, where wrk alone takes its sessions up again as ours does. With --earlier it is ours beside the program of an earlier
commit, over HTTP/1.1.
"""
import argparse, json, os, pathlib, re, resource, shutil, socket, statistics, subprocess, sys, tempfile, time

HOME = pathlib.Path(__file__).resolve().parents[2]
BODY = '{"order_id":17,"user_id":4,"total_amount":59.5,"items":[{"product_id":2,"quantity":1}]}'
NGINX = """worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_rlimit_nofile 20000;
events {{ worker_connections 16000; multi_accept on; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  {tls}
  server {{ listen 127.0.0.1:{port} backlog=8192{kind}; location / {{ return 200 '{body}'; }} }} }}
"""
LOCUST = """from locust import FastHttpUser, task
class Reader(FastHttpUser):
    @task
    def read(self):
        with self.client.get("/", catch_response=True) as answer:
            answer.json()
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(command, **more):
    """What a command printed as its answer, and the CPU seconds that it and its children used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stderr[-500:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, cpu


def ours(program, port, connections, seconds, *more):
    text, cpu = run([program, "127.0.0.1", str(port), "/", str(connections), str(seconds), *more])
    answer = json.loads(text.strip().splitlines()[-1])
    if answer["failures"]:
        print("  ours failed:", answer["failures"])
    return answer["requests"] / answer["seconds"], cpu / answer["requests"]


def wrk(port, connections, seconds, scheme="http", more=()):
    text, cpu = run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *more, f"{scheme}://127.0.0.1:{port}/"])
    requests, duration = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    return int(requests) / float(duration), cpu / int(requests)


def h2load(port, connections, seconds, scheme="http"):
    text, cpu = run(["h2load", "--h1", "-t1", f"-c{connections}", f"-D{seconds}", f"{scheme}://127.0.0.1:{port}/"])
    requests = int(re.search(r"requests:.* (\d+) succeeded", text).group(1))
    return requests / seconds, cpu / max(1, requests)


def h2load_http2(port, connections, streams, seconds):
    text, cpu = run([
        "h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}", f"http://127.0.0.1:{port}/"])
    requests = int(re.search(r"requests:.* (\d+) succeeded", text).group(1))
    return requests / seconds, cpu / max(1, requests)


def hey(port, connections, seconds):
    text, cpu = run(
        ["hey", "-cpus", "1", "-c", str(connections), "-z", f"{seconds}s", f"http://127.0.0.1:{port}/"])
    # Its rate counts failures too, and its total is longer than what was asked for.
    answers = re.search(r"\[200\]\s+(\d+) responses", text)
    requests = int(answers.group(1)) if answers else 0
    return requests / float(re.search(r"Total:\s+([\d.]+) secs", text).group(1)), cpu / max(1, requests)


def locust(program, folder, port, connections, seconds):
    script = folder / "locustfile.py"
    script.write_text(LOCUST)
    text, cpu = run([
        program, "-f", str(script), "--headless", "-u", str(connections), "-r", str(connections), "-t", f"{seconds + 3}s",
        "--host", f"http://127.0.0.1:{port}", "--json", "--only-summary", "--loglevel", "ERROR"])
    stats = json.loads(text)[0]
    duration = stats["last_request_timestamp"] - stats["start_time"]
    requests = stats["num_requests"] - stats["num_failures"]
    return requests / duration, cpu / max(1, requests)


def certificate(folder):
    """What nginx has to be told of a certificate that is made for it."""
    run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-keyout", str(folder / "key.pem"), "-out", str(folder / "own.pem")])
    return f"ssl_certificate {folder}/own.pem; ssl_certificate_key {folder}/key.pem;"


def built(commit):
    """The program of a commit, built in a folder of its own unless it is there."""
    if pathlib.Path(commit).is_file():
        return str(pathlib.Path(commit).resolve())
    folder = HOME / ".build" / "earlier" / commit
    if not folder.exists():
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", "--local", str(HOME), str(folder)], check=True)
        subprocess.run(["git", "-C", str(folder), "checkout", "--quiet", commit], check=True)
    command = ["swift", "build", "-c", "release", "--product", "load-benchmark", "--package-path", str(folder)]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return str(folder / ".build/release/load-benchmark")


def pairs(count, tools):
    """What each tool gave, in turns that change their order."""
    results = {name: [] for name in tools}
    for pair in range(count):
        for name in list(tools) if pair % 2 == 0 else list(tools)[::-1]:
            results[name].append(tools[name]())
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", default="50,1000,5000")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--locust", default=shutil.which("locust"))
    parser.add_argument("--http2", action="store_true", help="HTTP/2, beside h2load alone")
    parser.add_argument("--https", action="store_true", help="HTTP/1.1 over TLS, beside wrk and h2load")
    parser.add_argument("--earlier", metavar="COMMIT", help="a commit, whose program is built in a folder of its own; or a program")
    parser.add_argument("--only-wrk", action="store_true", help="leave out the other tools")
    parser.add_argument("--program", default=str(HOME / ".build/release/load-benchmark"))
    options = parser.parse_args()
    other, package = ("h2load", "nghttp2-client") if options.http2 else ("wrk", "wrk")
    options.earlier = options.earlier and built(options.earlier)
    if not (options.earlier or shutil.which(other)) or not shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
        sys.exit(f"{other} and nginx are needed: apt-get install {package} nginx-light")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(20000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="storelab-benchmark-"))
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(
        folder=folder, port=port, body=BODY,
        kind=" http2" if options.http2 else " ssl" if options.https else "", tls=certificate(folder) if options.https else ""))
    nginx = subprocess.Popen([
        shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"), "-p", str(folder), "-c", "nginx.conf",
        "-e", str(folder / "error.log")])
    try:
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        tools = {"ours": lambda c: ours(options.program, port, c, options.seconds), "wrk": lambda c: wrk(port, c, options.seconds)}
        if not options.only_wrk:
            if shutil.which("h2load"):
                tools["h2load"] = lambda c: h2load(port, c, options.seconds)
            if shutil.which("hey"):
                tools["hey"] = lambda c: hey(port, c, options.seconds)
            if options.locust:
                tools["locust"] = lambda c: locust(options.locust, folder, port, c, options.seconds)
        if options.http2:
            for streams in (1, 32):
                show(f"4 x {streams} streams on 4", pairs(options.pairs, {
                    "ours": lambda: ours(options.program, port, f"4x{streams}", options.seconds),
                    "h2load": lambda: h2load_http2(port, 4, streams, options.seconds)}))
            return
        if options.https:
            for connections in map(int, options.connections.split(",")):
                kept = {
                    "ours": lambda: ours(options.program, port, connections, options.seconds, "--tls"),
                    "wrk": lambda: wrk(port, connections, options.seconds, "https")}
                if shutil.which("h2load"):
                    kept["h2load"] = lambda: h2load(port, connections, options.seconds, "https")
                show(f"{connections} kept", pairs(options.pairs, kept))
                show(f"{connections} new", pairs(options.pairs, {
                    "ours": lambda: ours(options.program, port, connections, options.seconds, "--tls", "--new"),
                    "wrk": lambda: wrk(port, connections, options.seconds, "https", ["-H", "Connection: close"])}))
            return
        if options.earlier:
            for connections in map(int, options.connections.split(",")):
                show(connections, pairs(options.pairs, {
                    "ours": lambda: ours(options.program, port, connections, options.seconds),
                    "earlier": lambda: ours(options.earlier, port, connections, options.seconds)}))
            return
        for connections in map(int, options.connections.split(",")):
            results = {name: [] for name in tools}
            for pair in range(options.pairs):
                for name in list(tools)[:2] if pair % 2 == 0 else list(tools)[1::-1]:
                    results[name].append(tools[name](connections))
            for name in list(tools)[2:]:
                results[name].append(tools[name](connections))
            show(connections, results)
    finally:
        nginx.terminate()
        nginx.wait()
        shutil.rmtree(folder)


def show(connections, results):
    medians = {name: [statistics.median(values) for values in zip(*runs)] for name, runs in results.items()}
    rate, cpu = medians["ours"]
    print(f"{connections} connections")
    for name, (other_rate, other_cpu) in medians.items():
        print(
            f"  {name:7} {other_rate:10,.0f} requests/s {other_cpu * 1e6:8.2f} µs CPU a request"
            + ("" if name == "ours" else f"   ours: {rate / other_rate:6.2f} × requests/s, {cpu / other_cpu:5.2f} × CPU"),
            flush=True)


if __name__ == "__main__":
    main()
