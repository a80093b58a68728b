import socket
from pathlib import Path
from typing import Any

from gateway_keys.push import Delivery, Gateways
from gateway_keys.record import Change

RECORD = "k_aaaaaaaaaa|k_aaaaaaaaaa|standard|predict|0|0|active|4|ann"
CHANGE = Change(4, "d" * 64, RECORD)


def test_without_a_gateway_nothing_is_confirmed_and_nothing_failed(tmp_path: Path) -> None:
    assert Gateways(tmp_path / "absent").push([CHANGE]) == Delivery(0, ())


def test_a_running_gateway_takes_the_change(places: Any, gateway: Any) -> None:
    assert Gateways(places.sockets).push([CHANGE]) == Delivery(1, ())
    assert gateway.records == {CHANGE.digest: RECORD}


def test_a_socket_that_a_dead_gateway_left_counts_neither_way(places: Any) -> None:
    folder = places.sockets / "dead"
    folder.mkdir(parents=True)
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(folder / "admin.sock"))
    left.close()
    assert Gateways(places.sockets).push([CHANGE]) == Delivery(0, ())


def test_a_gateway_that_refuses_is_named_with_its_answer(places: Any, gateway: Any) -> None:
    gateway.put_status = 507
    assert Gateways(places.sockets).push([CHANGE]) == Delivery(
        0, ("gateway: it answered 507 to PUT /v1/key",)
    )


def test_a_gateway_that_forgets_is_found_by_reading_back(places: Any, gateway: Any) -> None:
    gateway.forgets = True
    confirmed, failed = Gateways(places.sockets).push([CHANGE])
    assert confirmed == 0
    assert "older record" in failed[0]


def test_a_gateway_that_holds_an_older_record_is_not_confirmed(places: Any, gateway: Any) -> None:
    gateway.records[CHANGE.digest] = RECORD.replace("|4|", "|3|")
    gateway.forgets = True
    assert Gateways(places.sockets).push([CHANGE]).confirmed == 0


def test_the_status_of_every_running_gateway_is_shown(places: Any, gateway: Any) -> None:
    assert Gateways(places.sockets).status() == [{"gateway": "gateway", "keys": 0, "seq": 0}]
    gateway.close()
    assert Gateways(places.sockets).status() == []
