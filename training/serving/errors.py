"""Errors of the serving application, as one tree.

ServingError
├── InvalidModel        the model directory must not be served: start-up fails
│   ├── InvalidManifest the manifest is missing, malformed or of another schema
│   └── ModelMismatch   the model file is not the one that the manifest describes
├── RefusedImage        the bytes of one request cannot be classified: 4xx
└── BrokenInference     the model's output is not a set of finite logits: 500
"""


class ServingError(Exception):
    """Base of every error that the serving application raises on purpose."""


class InvalidModel(ServingError):
    """The model directory must not be served."""


class InvalidManifest(InvalidModel):
    """The manifest is missing, malformed, or of a schema version that this server cannot read."""


class ModelMismatch(InvalidModel):
    """The model file is not the one that the manifest describes."""


class BrokenInference(ServingError):
    """The model's output is not a set of finite logits."""


class RefusedImage(ServingError):
    """One request's bytes cannot be classified; `code` and `status` are part of the contract."""

    def __init__(self, code: str, message: str, *, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
