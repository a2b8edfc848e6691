#!/usr/bin/env python3
"""What viewers of a load's page cost the load: pairs of seconds with and without them, within one load.

    ./storelab benchmark viewers [--pairs 10] [--seconds 4] [--viewers 20]

Each load is that of `storelab load --connections 50`: 50 users without think time, started on the page "Try it" of
`storelab web`, against `storelab target`. With viewers, 20 connections read the stream of events, and one more reads its
first bytes and then nothing. They read in a process of their own, whose CPU is printed too: it is not the server's, but on a
machine of few cores the load lacks it all the same.

A pair is one load of eight blocks, with viewers or without in the order of Thue and Morse, which no steady drift of the
machine's speed favours: ABBABAAB, or the other way about. Requests/s are those of the page's total; p99 is the median of the
rows of its table of values. The server's CPU is that of all threads of `storelab web` but the generator's, which are the ones
that are busy for more than a third of the load, as a share of a core.
"""
import argparse, os, pathlib, random, re, selectors, signal, socket, statistics, subprocess, sys, tempfile, time, urllib.parse, urllib.request

HOME = pathlib.Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
GAP = 2  # seconds in which viewers come and go, which are not counted


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, route, form=None):
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/{route}", data, {"Origin": f"http://127.0.0.1:{port}", "Accept-Language": "en"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def wait_for(port):
    for _ in range(200):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


def watch(port, count):
    """Reads the stream on so many connections, and stops reading on one more, until the process is ended."""
    ready, first = selectors.DefaultSelector(), None
    for place in range(count + 1):
        s = socket.create_connection(("127.0.0.1", port))
        if place == count:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.sendall(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: en\r\n\r\n")
        if place < count:
            ready.register(s, selectors.EVENT_READ)
        else:
            first = s
    first.recv(100)
    print("watching", flush=True)
    buffer = bytearray(1 << 18)
    while True:
        for key, _ in ready.select():
            if key.fileobj.recv_into(buffer) == 0:
                ready.unregister(key.fileobj)


def threads(pid):
    """CPU seconds of each thread."""
    used = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            used[task] = int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0]) / 1e9
        except OSError:
            continue
    return used


def seconds_of(page):
    """Of each row of the page's table of values: its first second, the one after its last, and p99 in milliseconds."""
    table = re.search(r'data-live="seconds">(.*?)</table>', page, re.S)
    found = []
    for row in re.findall(r"<tr>(.*?)</tr>", table.group(1), re.S)[1:] if table else []:
        cells = [re.sub(r"<.*?>", "", cell) for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.S)]
        value = re.match(r"([\d.,]+)\s*(µs|ms|s)", cells[-1].replace("\u00a0", " "))
        if value:
            unit = {"µs": 0.001, "ms": 1, "s": 1000}[value.group(2)]
            numbers = [int(number) for number in re.findall(r"\d+", cells[0])]
            found.append((numbers[0], numbers[-1] + 1, float(value.group(1).replace(",", "")) * unit))
    return found


def total(page):
    figures = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page))
    if figures.get("Failed in total") != "0":
        sys.exit(f"the load failed: {figures}")
    return int(re.sub(r"\D", "", figures["Requests in total"]))


def one_load(web, pid, target, options, order):
    """One load in blocks, each with viewers or without; the figures of each block, in their order.

    Loads differ from each other by more than viewers could cost, so both are measured within one."""
    block = options.seconds + GAP
    ask(web, "try", {"url": f"http://127.0.0.1:{target}/ok", "users": 50, "spawnRate": "10000/s", "thinkTime": "0s",
                     "duration": f"{len(order) * block + GAP}s"})
    began, blocks, viewers = time.monotonic(), [], None
    for number, is_watched in enumerate(order):
        first = number * block + GAP
        if is_watched:
            viewers = subprocess.Popen(
                [sys.executable, __file__, "--watch", str(web), "--viewers", str(options.viewers)], stdout=subprocess.PIPE)
            viewers.stdout.readline()
        # A second is on the page some 0.3 s after its end.
        time.sleep(began + first + 0.6 - time.monotonic())
        before, requests, begin = threads(pid), total(ask(web, "try")), time.monotonic()
        time.sleep(began + first + options.seconds + 0.6 - time.monotonic())
        after, requests, spent = threads(pid), total(ask(web, "try")) - requests, time.monotonic() - begin
        viewers_cpu = 0
        if viewers:
            fields = open(f"/proc/{viewers.pid}/stat").read().rsplit(")", 1)[1].split()
            viewers_cpu = (int(fields[11]) + int(fields[12])) / TICKS / spent
            viewers.kill()
            viewers.wait()
            viewers.stdout.close()
            viewers = None
        shares = [(after[task] - before.get(task, 0)) / spent for task in after]
        generator = [share for share in shares if share > 1 / 3]
        blocks.append({"requests/s": requests / options.seconds, "p99 [ms]": 0, "first": first,
                       "server [% of a core]": 100 * (sum(shares) - sum(generator)), "viewers [% of a core]": 100 * viewers_cpu})
    while 'data-state="over"' not in (page := ask(web, "try")):
        time.sleep(0.2)
    rows = seconds_of(page)
    for found in blocks:
        first = found.pop("first")
        inside = [p99 for second, until, p99 in rows if first <= second and until <= first + options.seconds]
        if not inside:
            sys.exit(f"no second of the block from {first} is on the page: {rows}")
        found["p99 [ms]"] = statistics.median(inside)
    return blocks


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--watch", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        return watch(options.watch, options.viewers)
    program, web, target = HOME / ".build/release/storelab", free_port(), free_port()
    environment = os.environ | {"STORELAB_HOME": str(HOME)}
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
        server = subprocess.Popen([program, "target", "--port", str(target)], **quiet)
        pages = subprocess.Popen([program, "web", "--port", str(web), "--output", folder], **quiet)
        try:
            wait_for(target)
            wait_for(web)
            one_load(web, pages.pid, target, options, [True])  # warms up
            runs = {False: [], True: []}
            for pair in range(options.pairs):
                begun = random.choice([False, True])
                order = [begun ^ (bin(block).count("1") % 2 == 1) for block in range(8)]
                blocks = one_load(web, pages.pid, target, options, order)
                means = {
                    watched: {name: statistics.mean(block[name] for block, was in zip(blocks, order) if was == watched)
                              for name in blocks[0]}
                    for watched in (False, True)
                }
                for watched in runs:
                    runs[watched].append(means[watched])
                print(f"pair {pair + 1}: " + "; ".join(
                    f"{name} {means[False][name]:.4g} without, {means[True][name]:.4g} with" for name in blocks[0]), flush=True)
        finally:
            for process in (pages, server):
                process.send_signal(signal.SIGINT)
                process.wait()
    print(f"\nmedians of {options.pairs} pairs, {options.viewers} viewers and one that stopped reading:")
    for name in runs[True][0]:
        without, with_viewers = (statistics.median(run[name] for run in runs[watched]) for watched in (False, True))
        ratios = [b[name] / a[name] for a, b in zip(runs[False], runs[True]) if a[name]]
        change = f"  median of the pairs' ratios {100 * (statistics.median(ratios) - 1):+.1f} %" if ratios and "%" not in name else ""
        print(f"  {name:22} without {without:10.4g}   with {with_viewers:10.4g}{change}")


main()
