"""The table of legal moves, over every pair."""

from itertools import product

import pytest

from lending.errors import Code, LendingError
from lending.orders.states import ENDED, TRANSITIONS, UNPACKED, LineState, OrderEvent, OrderState, after

PAIRS = list(product(OrderState, OrderEvent))


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_a_pair_moves_as_the_table_says_or_is_refused(state: OrderState, event: OrderEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert after(state, event) is TRANSITIONS[state, event]
        return
    with pytest.raises(LendingError) as refusal:
        after(state, event)
    assert refusal.value.code is Code.ILLEGAL_MOVE
    assert refusal.value.facts == {"state": str(state), "event": str(event)}


def test_nothing_leaves_an_end() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] in ENDED]


def test_every_state_is_reached_and_every_other_state_is_left() -> None:
    reached, left = {OrderState.PLACED, *TRANSITIONS.values()}, {state for state, _ in TRANSITIONS}
    assert reached == set(OrderState)
    assert left | ENDED == set(OrderState)


def test_the_main_road_is_walked_in_order() -> None:
    state = OrderState.PLACED
    walked = [state]
    road = ("received", "packed", "dispatched", "arrived", "collected", "closed")
    for event in road:
        state = after(state, OrderEvent(event))
        walked.append(state)
    assert [str(s) for s in walked] == [
        "placed",
        "picking",
        "packed",
        "in_transit",
        "available",
        "collected",
        "closed",
    ]


def test_readers_change_their_mind_only_until_it_is_packed() -> None:
    for event in (OrderEvent.CANCELLED, OrderEvent.PICKUP_CHANGED):
        assert {state for state, kind in TRANSITIONS if kind is event} == UNPACKED


def test_only_placing_begins_an_order() -> None:
    assert {event for event in OrderEvent if event not in {kind for _, kind in TRANSITIONS}} == {
        OrderEvent.PLACED
    }


@pytest.mark.parametrize("member", [*OrderState, *LineState, *OrderEvent])
def test_names_and_values_agree(member: OrderState) -> None:
    assert member.name.lower() == member.value
