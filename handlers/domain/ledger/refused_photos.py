"""The list of photo contents that training refuses, as keys of objects in the labels bucket.

A content is listed by the SHA-256 of its SHA-256 in hexadecimal, so that the list holds no hash of
a photo and still recognizes every copy of it.
"""

import hashlib

REFUSED_PREFIX = "refused/"


def refusal_key(content_digest: str) -> str:
    """Return the key of the object that lists a content, from its SHA-256 in hexadecimal."""
    return f"{REFUSED_PREFIX}{refusal_of(content_digest)}"


def refusal_of(content_digest: str) -> str:
    """Return how the list names a content: 64 hexadecimal digits."""
    return hashlib.sha256(content_digest.encode()).hexdigest()
