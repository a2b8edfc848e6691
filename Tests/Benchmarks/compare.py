#!/usr/bin/env python3
"""Compares the load generator with wrk and, where they are installed, h2load, hey and Locust's FastHttpUser.

    ./storelab benchmark load [--connections 50,1000,5000] [--pairs 5] [--seconds 3] [--locust PROGRAM]

All load the same private nginx on a loopback port, which answers a small JSON object; one thread, no think time; ours
with its checks and histograms on. Pairs are interleaved; medians are printed, and the median of the ratios of each pair with
its 95 % interval: many short pairs tell more than few long ones (--pairs 40 --seconds 1 tells differences of 1 to 2 %). CPU is
the whole process's, start and end included, over its requests; the server's is that of nginx, and a sleep is a wait for answers.

With --http2 it is HTTP/2 without TLS, ours beside h2load: 4 connections with 1 and with 32 streams each. With --https it is
HTTP/1.1 over TLS, ours beside wrk and h2load, whose certificates are not checked: kept connections over TLS 1.3, and a new one
for each request over TLS 1.3 and 1.2, where wrk alone takes its sessions up again as ours does. A short load of each that is
not measured shows what nginx says of the connections: version, cipher, curve, and the share of sessions that were taken up.
With --earlier it is ours beside the program of an earlier commit, over HTTP/1.1.
"""
import argparse, collections, json, os, pathlib, re, resource, shutil, socket, statistics, subprocess, sys, tempfile, time

HOME = pathlib.Path(__file__).resolve().parents[2]
BODY = '{"order_id":17,"user_id":4,"total_amount":59.5,"items":[{"product_id":2,"quantity":1}]}'
NGINX = """worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_rlimit_nofile 20000;
events {{ worker_connections 16000; multi_accept on; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  {tls}
  server {{ listen 127.0.0.1:{port} backlog=8192{kind}; location / {{ return 200 '{body}'; }} }} {more} }}
"""
SECURE = """server {{ listen 127.0.0.1:{port} backlog=8192 ssl; ssl_protocols {version}; {log} location / {{ return 200 '{body}'; }} }}
"""
VERSIONS = ("TLSv1.3", "TLSv1.2")
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
    return answer["requests"] / answer["seconds"], cpu / max(1, answer["requests"])


def wrk(port, connections, seconds, scheme="http", more=()):
    text, cpu = run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *more, f"{scheme}://127.0.0.1:{port}/"])
    requests, duration = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    for failed in re.findall(r"(Socket errors.*|Non-2xx.*)", text):
        print("  wrk failed:", failed)
    return int(requests) / float(duration), cpu / max(1, int(requests))


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


class Secure:
    """The ports of one version of TLS: one to measure, and one of which a log tells."""

    def __init__(self, folder, version):
        self.version, self.log = version, folder / f"{version}.log"
        self.port, self.told = free_port(), free_port()

    @property
    def configuration(self):
        return "".join(
            SECURE.format(port=port, version=self.version, log=log, body=BODY)
            for port, log in ((self.port, ""), (self.told, f"access_log {self.log} terms;")))

    def tell(self, name, load):
        """Shows what nginx says of the connections of a short load."""
        self.log.write_text("")
        load(self.told)
        lines = collections.Counter(self.log.read_text().split("\n")[:-1])
        taken = sum(count for line, count in lines.items() if line.startswith("r "))
        terms = {line.split(" ", 1)[1] for line in lines}
        print(f"  {name:7} {', '.join(sorted(terms))}; {100 * taken / max(1, lines.total()):.0f} % of sessions taken up", flush=True)


def certificate(folder):
    """What nginx has to be told of a certificate that is made for it."""
    run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-keyout", str(folder / "key.pem"), "-out", str(folder / "own.pem")])
    return (
        f"ssl_certificate {folder}/own.pem; ssl_certificate_key {folder}/key.pem; "
        "log_format terms '$ssl_session_reused $ssl_protocol $ssl_cipher $ssl_curve';")


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


class Server:
    """The CPU of nginx's only worker. What a load costs it decides its requests/s as much as what it costs the generator."""

    def __init__(self, nginx):
        children = pathlib.Path(f"/proc/{nginx.pid}/task/{nginx.pid}/children").read_text().split()
        self.worker = pathlib.Path(f"/proc/{children[0]}/schedstat")

    @property
    def cpu(self):
        return int(self.worker.read_text().split()[0]) / 1e9


def watched(server, load, seconds):
    """What the load gave, and for each of its requests: the server's CPU seconds, and how often the generator slept."""
    sleeps, cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw, server.cpu
    rate, own = load()
    requests = max(1, rate * seconds)
    slept = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw - sleeps
    return rate, own, (server.cpu - cpu) / requests, slept / requests


def pairs(options, server, tools):
    """What each tool gave, in turns that change their order."""
    results = {name: [] for name in tools}
    for pair in range(options.pairs):
        for name in list(tools) if pair % 2 == 0 else list(tools)[::-1]:
            results[name].append(watched(server, tools[name], options.seconds))
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
    secure = [Secure(folder, version) for version in VERSIONS] if options.https else []
    (folder / "nginx.conf").write_text(NGINX.format(
        folder=folder, port=port, body=BODY, kind=" http2" if options.http2 else "",
        tls=certificate(folder) if options.https else "", more=" ".join(one.configuration for one in secure)))
    nginx = subprocess.Popen([
        shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"), "-p", str(folder), "-c", "nginx.conf",
        "-e", str(folder / "error.log")])
    try:
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        server = Server(nginx)
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
                show(f"4 x {streams} streams on 4", pairs(options, server, {
                    "ours": lambda: ours(options.program, port, f"4x{streams}", options.seconds),
                    "h2load": lambda: h2load_http2(port, 4, streams, options.seconds)}))
            return
        if options.https:
            for connections in map(int, options.connections.split(",")):
                port = secure[0].port
                kept = {
                    "ours": lambda: ours(options.program, port, connections, options.seconds, "--tls"),
                    "wrk": lambda: wrk(port, connections, options.seconds, "https")}
                if shutil.which("h2load"):
                    kept["h2load"] = lambda: h2load(port, connections, options.seconds, "https")
                show(f"{connections} kept", pairs(options, server, kept))
                for one in secure:
                    new = {
                        "ours": lambda port, seconds: ours(options.program, port, connections, seconds, "--tls", "--new"),
                        "wrk": lambda port, seconds: wrk(port, connections, seconds, "https", ["-H", "Connection: close"])}
                    results = pairs(options, server, {
                        name: lambda load=load: load(one.port, options.seconds) for name, load in new.items()})
                    show(f"{connections} new, {one.version},", results)
                    for name, load in new.items():
                        one.tell(name, lambda told: load(told, 1))
            return
        if options.earlier:
            for connections in map(int, options.connections.split(",")):
                show(connections, pairs(options, server, {
                    "ours": lambda: ours(options.program, port, connections, options.seconds),
                    "earlier": lambda: ours(options.earlier, port, connections, options.seconds)}))
            return
        for connections in map(int, options.connections.split(",")):
            results = {name: [] for name in tools}
            for pair in range(options.pairs):
                for name in list(tools)[:2] if pair % 2 == 0 else list(tools)[1::-1]:
                    results[name].append(watched(server, lambda: tools[name](connections), options.seconds))
            for name in list(tools)[2:]:
                results[name].append(watched(server, lambda: tools[name](connections), options.seconds))
            show(connections, results)
    finally:
        nginx.terminate()
        nginx.wait()
        shutil.rmtree(folder)


def middle(ratios):
    """The median of ratios, and the interval in which the true one lies in 95 of 100 cases (from ranks, by the binomial law)."""
    ratios = sorted(ratios)
    edge = max(0, int(len(ratios) / 2 - 0.98 * len(ratios) ** 0.5))
    return f"{statistics.median(ratios):5.3f} ({ratios[edge]:.3f} to {ratios[-1 - edge]:.3f})"


def show(connections, results):
    print(f"{connections} connections")
    for name, runs in results.items():
        rate, cpu, server, slept = (statistics.median(values) for values in zip(*runs))
        line = f"  {name:7} {rate:10,.0f} requests/s {cpu * 1e6:8.2f} µs CPU a request, {server * 1e6:.2f} of the server, {slept:.3f} sleeps"
        if name != "ours":
            # The machine's speed wanders: the two runs of a pair are near to each other in time. Some tools run once only.
            rates, costs, *_ = zip(*([one / max(1e-9, other) for one, other in zip(*pair)] for pair in zip(results["ours"], runs)))
            line += f"   ours: {middle(rates)} × requests/s, {middle(costs)} × CPU"
        print(line, flush=True)


if __name__ == "__main__":
    main()
