"""The same service as Python people would write it: what golden-app is measured against."""
import os

import asyncpg
from fastapi import FastAPI

app = FastAPI()
pool = None
ABOUT = {"name": "golden-app", "version": "0.1.0", "taskId": "local", "availabilityZone": "",
         "failureMode": "none"}


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
