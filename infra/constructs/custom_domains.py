"""Where people reach what the stack makes: an address of AWS's, unless one of their own is set."""

from aws_cdk import CfnCondition, CfnParameter, Fn, Token
from constructs import Construct


def address(scope: Construct, name: str, own: str, description: str) -> str:
    """A parameter of the stack where it is set, else `own`, the address that AWS gives."""
    parameter = CfnParameter(
        scope,
        name,
        default="",
        description=description,
        allowed_pattern="(https?://[A-Za-z0-9.:-]+)?",
    )
    parameter.override_logical_id(name)
    is_set = CfnCondition(
        scope, f"Has{name}", expression=Fn.condition_not(Fn.condition_equals(parameter, ""))
    )
    is_set.override_logical_id(f"Has{name}")
    return Token.as_string(Fn.condition_if(f"Has{name}", parameter, own))
