"""The same service as Python people would write it: what golden-app is measured against.

It keeps the same contract: a request id in the answer's head, the caller's trace continued or a new
one begun, and one JSON line a request on stdout with the same members. The line is written by a plain
ASGI middleware and the standard library's logging: the leanest of the usual ways (FastAPI's own
@app.middleware("http") costs more). REQUEST_LOG=uvicorn leaves the middleware out, for uvicorn's own
access log.
"""
import json
import logging
import os
import re
import secrets
import sys
import time

import asyncpg
from fastapi import FastAPI

ABOUT = {"name": "golden-app", "version": "0.1.0", "taskId": "local", "availabilityZone": "",
         "failureMode": "none"}
ROOT = re.compile(rb"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})")
pool = None


class JsonFormatter(logging.Formatter):
    def format(self, record):
        now = time.gmtime(record.created)
        line = {"time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', now)}.{int(record.msecs):03d}Z",
                "level": record.levelname, **record.request}
        return json.dumps(line, separators=(",", ":"))


def open_log():
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    log = logging.getLogger("request")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    return log


class RequestLog:
    def __init__(self, app):
        self.app, self.log = app, open_log()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = time.perf_counter()
        request_id = secrets.token_hex(16)
        header = next((value for name, value in scope["headers"] if name == b"x-amzn-trace-id"), b"")
        root = ROOT.search(header)
        trace_id = root[1].decode() if root else f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
        status = 500

        async def send_and_note(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            level = logging.ERROR if status >= 500 else logging.WARN if status >= 400 else logging.INFO
            self.log.log(level, "", extra={"request": {
                "requestId": request_id, "traceId": trace_id, "method": scope["method"],
                "path": scope["path"], "status": status,
                "latencyMs": round((time.perf_counter() - started) * 1000, 3)}})


app = FastAPI()
if os.environ.get("REQUEST_LOG") != "uvicorn":
    app.add_middleware(RequestLog)


@app.on_event("startup")
async def connect():
    global pool
    pool = await asyncpg.create_pool(
        host=os.environ["DB_HOST"], port=os.environ["DB_PORT"], user=os.environ["DB_USERNAME"],
        password=os.environ["DB_PASSWORD"], database=os.environ["DB_NAME"], min_size=4, max_size=4)


@app.get("/")
async def about():
    return ABOUT


@app.get("/db")
async def db():
    async with pool.acquire() as connection:
        return {"db": "ok", "result": await connection.fetchval("SELECT 1")}
