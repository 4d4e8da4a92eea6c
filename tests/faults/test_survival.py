"""Real processes are killed in the middle of real work; afterwards every trade is whole and the books balance."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from config.embedded import POSTGRES, REDIS, redis_url
from tests.faults.exchange import Exchange, eventually

pytestmark = pytest.mark.fault


def test_a_worker_killed_in_mid_delivery_loses_nothing(exchange: Exchange) -> None:
    exchange.kill("worker")
    order = exchange.place()
    with exchange.holding(f"SELECT 1 FROM marketplace_order WHERE id = '{order['id']}' FOR UPDATE"):
        exchange.start("worker")
        eventually(exchange.someone_waits_for_a_lock, "the worker stands in the middle of the delivery")
        exchange.kill("worker")
    assert exchange.order(order["id"])["state"] == "FUNDED"
    exchange.start("worker")
    exchange.until(order["id"], "DELIVERED")
    exchange.accept(order["id"])
    exchange.until(order["id"], "CERTIFIED")
    exchange.check_books_and_evidence()


def test_a_worker_killed_in_mid_settlement_settles_once(exchange: Exchange) -> None:
    order = exchange.place()
    exchange.until(order["id"], "DELIVERED")
    with exchange.holding("SELECT 1 FROM settlements_balance FOR UPDATE"):
        exchange.accept(order["id"])
        eventually(exchange.someone_waits_for_a_lock, "the worker stands in the middle of the settlement")
        exchange.kill("worker")
    exchange.start("worker")
    exchange.until(order["id"], "CERTIFIED")
    exchange.check_books_and_evidence()


def test_whoever_makes_work_wakes_the_worker_and_nobody_waits_for_the_sweep(exchange: Exchange) -> None:
    exchange.kill("beat")
    order = exchange.place()
    exchange.accept(order["id"])
    exchange.until(order["id"], "CERTIFIED")
    exchange.start("beat")


def test_redis_away_and_emptied_loses_no_work(exchange: Exchange) -> None:
    exchange.servers.stop((REDIS,))
    order = exchange.place()
    exchange.servers.start((REDIS,))
    with redis.Redis.from_url(redis_url(exchange.state)) as store:
        store.flushall()
    exchange.until(order["id"], "DELIVERED")
    with redis.Redis.from_url(redis_url(exchange.state)) as store:
        store.flushall()
    exchange.accept(order["id"])
    exchange.until(order["id"], "CERTIFIED")
    exchange.check_books_and_evidence()


def test_postgresql_crashing_between_and_during_requests_is_survived(exchange: Exchange) -> None:
    with ThreadPoolExecutor(4) as pool:
        placing = [pool.submit(exchange.place) for _ in range(12)]
        for _crash in range(2):
            time.sleep(0.5)
            exchange.servers.postgres.stop(mode="immediate")
            exchange.servers.start((POSTGRES,))
        orders = [future.result()["id"] for future in placing]
    assert len(set(orders)) == 12
    for order_id in orders:
        exchange.accept(order_id)
    for order_id in orders:
        exchange.until(order_id, "CERTIFIED")
    exchange.check_books_and_evidence()


def test_trades_go_on_while_workers_die_at_random(exchange: Exchange) -> None:
    chance = random.Random(20261124)
    orders = [exchange.place()["id"] for _ in range(6)]
    for order_id in orders:
        exchange.accept(order_id)
        time.sleep(chance.uniform(0, 0.3))
        exchange.kill("worker")
        exchange.start("worker")
    for order_id in orders:
        exchange.until(order_id, "CERTIFIED")
    exchange.check_books_and_evidence()


def test_the_same_post_sent_eight_times_at_once_orders_once(exchange: Exchange) -> None:
    before = exchange.value("SELECT count(*) FROM marketplace_order")
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(exchange.ask, "POST", "/api/v1/orders", exchange.wish(), key="once-only") for _ in range(8)]
        answers = [future.result() for future in sent]
    made = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert made
    assert len(set(made)) == 1
    refused = [answer for answer in answers if answer.status_code != 201]
    assert {answer.json()["code"] for answer in refused} <= {"idempotency_key_in_use"}
    assert exchange.value("SELECT count(*) FROM marketplace_order") == before + 1


def test_fifty_orders_race_for_the_last_of_one_balance(exchange: Exchange) -> None:
    with ThreadPoolExecutor(16) as pool:
        sent = [pool.submit(exchange.ask, "POST", "/api/v1/orders", exchange.wish(), who="tight") for _ in range(50)]
        outcomes = Counter(
            "placed" if future.result().status_code == 201 else future.result().json()["code"] for future in sent
        )
    assert outcomes == {"placed": 7, "insufficient_funds": 43}
    exchange.check_books_and_evidence()
