"""Text of strangers, as it may be shown: nothing in it can hide, turn around or break a line."""


def spelled_out(text: str) -> str:
    r"""Control and direction characters as escapes (`\r`, `\u202e`); all others as they are."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )
