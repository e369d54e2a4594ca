"""How much the drain starts, and when it closes the breaker."""

from dataclasses import replace

import pytest

from monitoring.drain.policy import (
    MAX_WAIT_S,
    MAX_WINDOW,
    MIN_EVIDENCE,
    MIN_STARTS,
    MIN_WINDOW,
    STEP_S,
    DrainPolicy,
    DrainStep,
    Observation,
    wait_s,
)

IDLE = Observation(
    is_paused=False,
    is_breaker_open=False,
    in_flight=0,
    decided=0,
    parked_again=0,
    endpoint_down=0,
    probing=False,
    probe_decided=False,
)
OPEN = replace(IDLE, is_breaker_open=True)


def test_the_first_step_starts_a_small_window() -> None:
    assert DrainPolicy().plan(IDLE) == DrainStep(starts=MIN_WINDOW)


def test_photos_in_flight_count_live_ones_included() -> None:
    assert DrainPolicy().plan(replace(IDLE, in_flight=MIN_WINDOW - 7)).starts == 7


def test_parked_photos_go_on_however_many_live_ones_are_in_flight() -> None:
    assert DrainPolicy().plan(replace(IDLE, in_flight=MAX_WINDOW)).starts == MIN_STARTS


def test_the_window_follows_the_rate_of_decisions_up_to_a_bound() -> None:
    policy = DrainPolicy()
    policy.plan(replace(IDLE, decided=50))
    assert MIN_WINDOW < policy.window < MAX_WINDOW
    policy.plan(replace(IDLE, decided=10_000))
    assert policy.window == MAX_WINDOW
    policy.plan(replace(IDLE, decided=1))
    assert policy.window == MIN_WINDOW


def test_photos_that_are_parked_again_halve_the_window() -> None:
    policy = DrainPolicy()
    policy.window = 400
    policy.plan(replace(IDLE, decided=1, parked_again=2))
    assert policy.window == 200


@pytest.mark.parametrize("seen", [IDLE, OPEN, replace(OPEN, probe_decided=True)])
def test_a_paused_stage_starts_nothing_and_leaves_the_breaker(seen: Observation) -> None:
    assert DrainPolicy().plan(replace(seen, is_paused=True)) == DrainStep()


def test_an_open_breaker_is_probed_with_one_photo_at_a_time() -> None:
    policy = DrainPolicy()
    assert policy.plan(OPEN) == DrainStep(probe=True)
    assert policy.plan(replace(OPEN, probing=True)) == DrainStep()
    assert policy.plan(replace(OPEN, parked_again=1)) == DrainStep(probe=True)


def test_a_probe_that_is_decided_closes_the_breaker_and_functions_may_learn_of_it() -> None:
    policy = DrainPolicy()
    policy.window = 400
    assert policy.plan(replace(OPEN, decided=1, probe_decided=True)) == DrainStep(
        close_breaker=True
    )
    assert [policy.plan(IDLE).starts for _ in range(3)] == [0, 0, MIN_WINDOW]


def test_photos_that_all_meet_a_dead_endpoint_open_the_breaker() -> None:
    dead = replace(IDLE, parked_again=MIN_EVIDENCE, endpoint_down=MIN_EVIDENCE)
    assert DrainPolicy().plan(dead) == DrainStep(open_breaker=True)
    assert not DrainPolicy().plan(replace(dead, decided=1)).open_breaker
    assert not DrainPolicy().plan(replace(dead, endpoint_down=MIN_EVIDENCE - 1)).open_breaker


def test_the_wait_of_a_photo_doubles_with_its_parkings_up_to_a_bound() -> None:
    waits = [wait_s("DynamoDB.AmazonDynamoDBException", parkings) for parkings in range(1, 5)]
    assert waits == [STEP_S, 2 * STEP_S, 4 * STEP_S, 8 * STEP_S]
    assert wait_s("PolicyUnavailable", 10**6) == MAX_WAIT_S


@pytest.mark.parametrize(
    "reason",
    [
        *("Lambda.TooManyRequestsException", "EndpointBusy", "IntakePaused"),
        *("BreakerOpen", "EndpointUnavailable"),
    ],
)
def test_a_photo_without_capacity_or_endpoint_does_not_wait(reason: str) -> None:
    assert wait_s(reason, 10) == 0
