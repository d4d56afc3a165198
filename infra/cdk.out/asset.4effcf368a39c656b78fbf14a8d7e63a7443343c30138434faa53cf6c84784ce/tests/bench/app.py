#!/usr/bin/env python3
"""golden-app against FastAPI + uvicorn + asyncpg and nginx: CPU a request, memory, time to ready.

    tests/bench/app.py BUILD [ROUNDS]

Ratios come from rounds in which the candidates take turns, on loopback, with wrk as the load. CPU is
what the scheduler gave to all threads and children of a server, divided by the requests answered.

The contract is the same on both sides: a request id in the answer, a JSON line a request with the same
members (to /dev/null), no trace segments. How Python writes that line decides a third of its figure, so
two are shown: "FastAPI", with that line and without uvicorn's access log (the ratios are of this one),
and "uvicorn", as uvicorn comes: its access log in words, no JSON line. nginx answers a fixed text, without
a log ("nginx") and with a JSON access log that it buffers ("nginx+log").
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
SECONDS, CONNECTIONS = 2, 32
PG_BIN = "/usr/lib/postgresql/15/bin/"
PASSWORD = "bench"
ADDRESS = "127.0.0.1"


def free_port():
    with socket.socket() as s:
        s.bind((ADDRESS, 0))
        return s.getsockname()[1]


def family(pid):
    """A process and all below it."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        children = (task / "children").read_text().split()
        found += [p for child in children for p in family(int(child))]
    return found


def cpu_us(pid):
    total = 0
    for p in family(pid):
        for task in pathlib.Path(f"/proc/{p}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1000


def memory_mib(pid):
    """Resident, and what of it is its own: shared pages divided by those who share them."""
    totals = {"Rss": 0, "Pss": 0}
    for p in family(pid):
        rollup = pathlib.Path(f"/proc/{p}/smaps_rollup").read_text()
        for name in totals:
            totals[name] += int(re.search(rf"^{name}:\s+(\d+) kB", rollup, re.M)[1])
    return totals["Rss"] / 1024, totals["Pss"] / 1024


def answers(port, path):
    try:
        with socket.create_connection((ADDRESS, port), 1) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            return s.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


class Server:
    def __init__(self, name, command, env=None):
        self.name, self.command = name, command
        self.env = {**os.environ, **(env or {})}
        self.port = free_port()

    def start(self, path="/"):
        """Milliseconds from exec to the first answer."""
        command = [str(part).replace("PORT", str(self.port)) for part in self.command]
        env = {k: v.replace("PORT", str(self.port)) for k, v in self.env.items()}
        began = time.monotonic()
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        while not answers(self.port, path):
            if self.process.poll() is not None or time.monotonic() - began > 30:
                sys.exit(f"{self.name} did not start")
            time.sleep(0.0005)
        return (time.monotonic() - began) * 1000

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def load(self, path):
        before = cpu_us(self.process.pid)
        said = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", f"http://{ADDRESS}:{self.port}{path}"],
            check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in said:
            sys.exit(f"{self.name} {path}: {said}")
        requests = int(re.search(r"(\d+) requests in", said)[1])
        return (cpu_us(self.process.pid) - before) / requests


def start_postgres(folder):
    """A private PostgreSQL; never as root."""
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    port = free_port()
    (folder / "password").write_text(PASSWORD)
    if user:
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres", "postgres")
    subprocess.run([PG_BIN + "initdb", "--no-sync", "-D", folder / "data", "-U", "bench",
                    "-A", "scram-sha-256", f"--pwfile={folder / 'password'}"],
                   check=True, stdout=subprocess.DEVNULL, cwd=folder, **user)
    server = subprocess.Popen([PG_BIN + "postgres", "-D", folder / "data", "-p", str(port),
                               "-c", f"listen_addresses={ADDRESS}", "-c", "fsync=off",
                               "-c", "unix_socket_directories="],
                              cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user)
    env = {**os.environ, "PGPASSWORD": PASSWORD}
    for _ in range(500):
        ready = subprocess.run([PG_BIN + "pg_isready", "-q", "-h", ADDRESS, "-p", str(port)], env=env)
        if ready.returncode == 0:
            return server, port
        time.sleep(0.02)
    sys.exit("PostgreSQL did not start")


NGINX_LOG = """log_format line escape=json '{"time":"$time_iso8601","level":"INFO",'
    '"requestId":"$request_id","traceId":"$http_x_amzn_trace_id","method":"$request_method",'
    '"path":"$uri","status":$status,"latencyMs":$request_time}';
    access_log /dev/null line buffer=64k flush=1s;"""


def nginx_configuration(folder, port, log):
    text = f"""daemon off; worker_processes 1; pid {folder}/{port}.pid; error_log /dev/null;
        events {{ worker_connections 1024; }}
        http {{ {log} keepalive_requests 1000000000;
            client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
            uwsgi_temp_path {folder}; scgi_temp_path {folder};
            server {{ listen {ADDRESS}:{port}; location / {{
                default_type application/json; return 200 '{"x" * 100}'; }} }} }}"""
    path = folder / f"{port}.conf"
    path.write_text(text)
    return path


def candidates(build, folder, pg_port):
    database = {"DB_HOST": ADDRESS, "DB_PORT": str(pg_port), "DB_USERNAME": "bench",
                "DB_PASSWORD": PASSWORD, "DB_NAME": "postgres", "DB_SSLMODE": "disable"}
    app = Server("golden-app", [build / "golden-app"],
                 {"BIND_ADDRESS": ADDRESS, "PORT": "PORT", **database})
    python = ["/usr/bin/python3", "-m", "uvicorn", "app_fastapi:app", "--app-dir", HERE,
              "--host", ADDRESS, "--port", "PORT", "--loop", "uvloop", "--http", "httptools"]
    fastapi = Server("FastAPI", [*python, "--no-access-log"], database)
    uvicorn = Server("uvicorn", python, {**database, "REQUEST_LOG": "uvicorn"})
    nginx, logging = Server("nginx", []), Server("nginx+log", [])
    for server, log in ((nginx, "access_log off;"), (logging, NGINX_LOG)):
        server.command = ["nginx", "-c", nginx_configuration(folder, server.port, log)]
    return app, fastapi, uvicorn, nginx, logging


def median(figures):
    return f"{statistics.median(figures):8.2f} [{min(figures):.2f}-{max(figures):.2f}]"


def ratio(these, those):
    return median([a / b for a, b in zip(these, those)])


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    folder = pathlib.Path(tempfile.mkdtemp(prefix="golden-bench-"))
    postgres, pg_port = start_postgres(folder)
    app, fastapi, uvicorn, nginx, logging = servers = candidates(build, folder, pg_port)
    try:
        ready = {s: [] for s in servers}
        for _ in range(rounds):
            for server in servers:
                ready[server].append(server.start())
                server.stop()
        for server in servers:
            server.start()
        runs = {"/": servers, "/db": (app, fastapi, uvicorn)}
        cpu = {(server, path): [] for path in runs for server in runs[path]}
        memory = {}
        for path in runs:
            for turn in range(rounds):
                first = turn % len(runs[path])
                for server in runs[path][first:] + runs[path][:first]:
                    cpu[server, path].append(server.load(path))
            for server in runs[path]:
                memory[server, path] = memory_mib(server.process.pid)

        print(f"app: medians of {rounds} interleaved rounds [range], {CONNECTIONS} connections")
        for server, path in cpu:
            print(f"  CPU us a request    {server.name:10} {path:4} {median(cpu[server, path])}")
        for path in ("/", "/db"):
            for peer in (fastapi, uvicorn):
                print(f"  ratio to golden-app {peer.name:10} {path:4} {ratio(cpu[peer, path], cpu[app, path])}")
        for peer in (nginx, logging):
            print(f"  ratio to golden-app {peer.name:10} {'/':4} {ratio(cpu[peer, '/'], cpu[app, '/'])}")
        for server in servers:
            print(f"  ready in ms         {server.name:15} {median(ready[server])}")
        for server, path in memory:
            rss, pss = memory[server, path]
            print(f"  memory MiB after    {server.name:10} {path:4} {rss:8.2f} RSS {pss:8.2f} PSS")
    finally:
        for server in servers:
            if getattr(server, "process", None) and server.process.poll() is None:
                server.stop()
        postgres.send_signal(signal.SIGQUIT)
        postgres.wait()
        shutil.rmtree(folder)


main()
