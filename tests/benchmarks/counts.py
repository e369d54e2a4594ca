"""Figures that are counted in the code: `python -m tests.benchmarks.counts`."""

from handlers.http_api.contract.every_operation import EVERY_OPERATION
from infra.function_specs import FUNCTIONS
from tests.benchmarks.measurement import Measurements, run
from tests.e2e.http_api.conftest import IDENTITIES

TITLE = "Counted in the code"


def measure(*, short: bool) -> Measurements:  # noqa: ARG001 # counting is short
    """Return one row of counts."""
    routes, identities = len(EVERY_OPERATION), len(IDENTITIES)
    return {
        "counts": {
            "functions": len(FUNCTIONS),
            "routes": routes,
            "identities": identities,
            "routes_by_identities": routes * identities,
        }
    }


if __name__ == "__main__":
    run(measure, TITLE)
