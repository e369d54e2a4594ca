"""Codes of the reasons why a photo is refused before it is classified.

Apart from `wire_image`, because the drivers' function, which lists them, has no Pillow.
"""

from typing import Literal

RefusalReason = Literal[
    "corrupt", "deleted", "duplicate_upload", "empty", "not_a_photo", "too_large"
]
