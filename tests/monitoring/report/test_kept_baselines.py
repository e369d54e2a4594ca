"""Which baseline a report uses: an observed one, the package's, an earlier model's, or none."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3

from handlers.aws.bucket import Bucket, UnreadableObject
from monitoring.report.baseline import Baseline
from monitoring.report.observed_baseline import observed_baseline
from monitoring.report.store import ReportStore
from tests.conftest import ROOT
from tests.monitoring.conftest import DAY, EVENT, Stage
from tests.monitoring.report.a_day import QUIET, photos

SHIPPED = Baseline.from_json((ROOT / "training/shipped/baseline.json").read_bytes())
OBSERVED = replace(observed_baseline(photos(120, QUIET), "m1"), model_version=SHIPPED.model_version)


def store() -> ReportStore:
    return ReportStore(Bucket(boto3.client("s3"), bucket="reports"), stage="test")


def compared_with(stage: Stage) -> dict[str, Any] | None:
    for number in range(60):
        stage.photo(number, model_version=SHIPPED.model_version)
    stage.call(EVENT)
    (model,) = stage.document()["models"]
    compared: dict[str, Any] | None = model["baseline"]
    return compared


def test_an_observed_baseline_is_used_until_it_is_removed(stage: Stage) -> None:
    store().keep_observed(SHIPPED.model_version, OBSERVED.to_json())
    compared = compared_with(stage)
    assert compared is not None
    assert (compared["n"], compared["mix"]) == (120, ["window"])
    store().forget_observed(SHIPPED.model_version)
    compared = compared_with(stage)
    assert compared is not None
    assert compared["n"] == SHIPPED.n
    assert store().observed_versions() == []


def test_a_day_without_photos_has_the_baseline_of_its_week(stage: Stage) -> None:
    store().keep_observed(SHIPPED.model_version, OBSERVED.to_json())
    for number in range(60):
        stage.photo(number, at=DAY - timedelta(days=1), model_version=SHIPPED.model_version)
    stage.call(EVENT)
    compared = {check["baseline_n"] for check in stage.document()["checks"] if check["test"]}
    assert 120 in compared
    assert SHIPPED.n not in compared


def test_a_malformed_observed_baseline_is_replaced_by_the_evaluations(
    stage: Stage,
) -> None:
    store().keep_observed(SHIPPED.model_version, "{}")
    compared = compared_with(stage)
    assert compared is not None
    assert compared["n"] == SHIPPED.n


def test_versions_may_have_any_name(stage: Stage) -> None:
    del stage  # the bucket
    for version in ("observed/a b", "ü%2F", ".."):
        store().keep_observed(version, version)
        assert store().observed_baseline(version) == version
        assert store().baseline(version) is None
    assert sorted(store().observed_versions()) == sorted(("observed/a b", "ü%2F", ".."))
    store().forget_observed("never was")


def test_an_unreadable_object_counts_as_absent() -> None:
    class Forbidden(Bucket):
        def read(self, key: str, *, at_most_bytes: int) -> bytes | None:
            raise UnreadableObject(f"{key}: {at_most_bytes}")

    forbidden = ReportStore(
        Forbidden(boto3.client("s3", region_name="eu-west-1"), bucket="b"), stage="test"
    )
    assert forbidden.baseline("m1") is None
    assert forbidden.observed_baseline("m1") is None
    assert forbidden.queue_figures(DAY) is None
