"""What an operation refuses, one class for each thing that a person can put right.

OperationError
├── NoPhotos          there is no readable file to upload
├── InvalidDriver     the driver id cannot be part of an object key
├── NoSuchPhoto       the ledger has no such photo, or several
├── NoSuchBaseline    the model has no observed baseline, or several models have one
├── PersonRefused     the person cannot get this name or role
├── BackfillRefused   photos of this source cannot be started
├── ThresholdRefused  Filter would not apply this threshold
├── OutdatedStack     the stack was deployed before it had an output that is needed
└── OnlyOnLaptop      a deployed stage cannot do this
"""


class OperationError(Exception):
    """The operation was not done; the message says why and what to do."""


class NoPhotos(OperationError):
    """There is nothing to upload, or a file that cannot be read."""


class InvalidDriver(OperationError):
    """No object key can contain this driver id."""


class NoSuchPhoto(OperationError):
    """The ledger has no row for this id, or more than one for these first characters."""


class NoSuchBaseline(OperationError):
    """The model has no observed baseline, or it is not clear which model is meant."""


class PersonRefused(OperationError):
    """The user pool or the rules of the system do not allow this name or role."""


class BackfillRefused(OperationError):
    """The source is not a part of the intake bucket, or no list of its objects."""


class ThresholdRefused(OperationError):
    """Filter would not apply the threshold: it is below that of a model in service."""


class OutdatedStack(OperationError):
    """The stack lacks an output of today's template."""


class OnlyOnLaptop(OperationError):
    """The operation would cost too much, or has no meaning, on a deployed stage."""
