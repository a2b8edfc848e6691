"""A store manager as a student would write it: an engine, and so a pool of connections, for each request."""
import os
import time
from collections import deque

import redis
from flask import Flask, Response, jsonify, request
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

app = Flask(__name__)
cache = redis.Redis(host=os.environ["REDIS_HOST"], port=int(os.environ["REDIS_PORT"]), decode_responses=True)
URL = "mysql+pymysql://{DB_USER}:{DB_PASS}@{DB_HOST}:{DB_PORT}/{DB_NAME}".format(**os.environ)
engines = deque(maxlen=600)  # none is ever disposed of: MySQL closes their connections when they were idle for long
counters = {"orders_total": 0, "highest_spenders_total": 0}


def get_session():
    engine = create_engine(URL)
    engines.append(engine)
    return sessionmaker(bind=engine)()


def prepare():
    session = get_session()
    session.execute(text("CREATE TABLE IF NOT EXISTS users (id INT PRIMARY KEY, name VARCHAR(100))"))
    session.execute(
        text(
            "CREATE TABLE IF NOT EXISTS orders (id INT AUTO_INCREMENT PRIMARY KEY, user_id INT NOT NULL, "
            "total_amount DECIMAL(12, 2) NOT NULL)"
        )
    )
    for user in range(1, 4):
        session.execute(text("INSERT IGNORE INTO users VALUES (:id, :name)"), {"id": user, "name": f"user {user}"})
    session.commit()


@app.get("/metrics")
def metrics():
    lines = [f"# TYPE {name} counter\n{name} {value}\n" for name, value in counters.items()]
    return Response("".join(lines), mimetype="text/plain")


@app.post("/orders")
def add_order():
    counters["orders_total"] += 1
    body = request.get_json()
    try:
        session = get_session()
        total = sum(item["quantity"] * 10 for item in body["items"])
        result = session.execute(
            text("INSERT INTO orders (user_id, total_amount) VALUES (:user, :total)"),
            {"user": body["user_id"], "total": total},
        )
        session.commit()
        cache.hset(f"order:{result.lastrowid}", mapping={"user_id": body["user_id"], "total_amount": total})
        return jsonify(order_id=result.lastrowid), 201
    except Exception as error:
        return jsonify(error=str(error)), 500


@app.get("/orders/reports/highest-spenders")
def highest_spenders():
    counters["highest_spenders_total"] += 1
    try:
        session = get_session()
        rows = session.execute(
            text(
                "SELECT user_id, SUM(total_amount) AS total FROM orders GROUP BY user_id ORDER BY total DESC LIMIT 10"
            )
        )
        return jsonify([{"user_id": row.user_id, "total_expense": float(row.total)} for row in rows])
    except Exception as error:
        return jsonify(error=str(error)), 500


if __name__ == "__main__":
    time.sleep(3)  # MySQL should be there by then
    prepare()
    app.run(host="0.0.0.0", port=5000, threaded=True)
