"""`python -m training.serving`: the container's process.

SageMaker unpacks the model under /opt/ml/model, calls port 8080 and stops with SIGTERM; uvicorn
then finishes the requests in progress.
"""

import logging
import os
import sys
from pathlib import Path

import uvicorn

from training.serving.app import ServingLimits, create_app
from training.serving.errors import InvalidModel

SHUTDOWN_S = 20  # SageMaker kills the container 30 s after SIGTERM


def main() -> int:
    """Serve until SIGTERM and return 0; return 1 if the model must not be served."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        app = create_app(Path(os.environ.get("SCONES_MODEL_DIR", "/opt/ml/model")), _limits())
    except InvalidModel as error:
        logging.getLogger(__name__).critical("model_refused: %s", error)
        return 1
    uvicorn.run(
        app,
        # The container has its own network, and SageMaker reaches it by its address.
        host=os.environ.get("SCONES_HOST", "0.0.0.0"),  # noqa: S104
        port=int(os.environ.get("SCONES_PORT", "8080")),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,  # longer than the caller's pool keeps an idle connection
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return 0


def _limits() -> ServingLimits:
    """Return limits with as many inferences at a time as processors: each takes one thread."""
    return ServingLimits(workers=os.cpu_count() or ServingLimits().workers)


if __name__ == "__main__":
    sys.exit(main())
