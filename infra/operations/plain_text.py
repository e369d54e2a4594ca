"""Text from outside, made safe for a terminal."""


def plain_text(text: str) -> str:
    """Return the text with every character escaped that a terminal cannot or must not show."""
    text = text.encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
