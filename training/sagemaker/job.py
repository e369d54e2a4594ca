"""`python -m training.sagemaker.job`: the process of a SageMaker training job.

Reads the paths that SageMaker sets, trains, and writes model, manifest and a log of the reports. A
job whose spot machine is reclaimed is started again by SageMaker, with its checkpoints restored,
and continues. An error is written to the file that SageMaker reads: it becomes the job's
`FailureReason`.
"""

import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path

from training.config import TrainConfig
from training.data.sources.files import UnusableData
from training.sagemaker.job_settings import FAILURE, InvalidJob, JobSettings

DONE, CANNOT_TRAIN, BROKEN = 0, 2, 1
_LONGEST_REASON = 1024  # characters that SageMaker keeps


def main(environment: Mapping[str, str], failure: Path) -> int:
    """Run one job and return the exit code; errors are written to the file `failure`."""
    try:
        settings = JobSettings.from_environment(environment)
        return run(settings)
    except (InvalidJob, UnusableData) as error:
        _fail(failure, f"Cannot train: {error}")
        return CANNOT_TRAIN
    except Exception as error:  # noqa: BLE001 # the last place that can report an error
        traceback.print_exc()
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        _fail(failure, f"{type(error).__name__}: {error} ({place})")
        return BROKEN


def run(settings: JobSettings) -> int:
    """Train by the settings and return the exit code. Raises: InvalidJob, UnusableData."""
    # Imported here, so that an error in the settings does not wait for torch.
    from training.model.pretrained import UnusableWeights, packaged_weights  # noqa: PLC0415
    from training.train import TrainPaths, train  # noqa: PLC0415

    settings.output_dir.mkdir(parents=True, exist_ok=True)
    with (settings.output_dir / "report.txt").open("a", encoding="utf-8") as log:

        def report(line: str) -> None:
            print(line, flush=True)  # noqa: T201 # CloudWatch stores a job's output
            log.write(line + "\n")

        with tempfile.TemporaryDirectory(prefix="scones-training-") as scratch:
            paths = TrainPaths(
                data_dir=settings.data_dirs[0],
                more_data=settings.data_dirs[1:],
                weights=packaged_weights(),
                model_dir=settings.model_dir,
                work_dir=Path(scratch),
                checkpoint_dir=settings.checkpoint_dir,
            )
            try:
                train(settings.hyperparameters.applied_to(TrainConfig()), paths, report)
            except UnusableWeights as error:
                raise InvalidJob(str(error)) from error
    return DONE


def _fail(failure: Path, reason: str) -> None:
    print(reason, file=sys.stderr, flush=True)  # noqa: T201 # CloudWatch stores a job's output
    failure.parent.mkdir(parents=True, exist_ok=True)
    failure.write_text(reason[:_LONGEST_REASON], encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(os.environ, FAILURE))
