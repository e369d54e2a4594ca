"""URLs that a deployment may replace by a custom domain."""

from aws_cdk import CfnCondition, CfnParameter, Fn, Token
from constructs import Construct


def url_parameter(scope: Construct, name: str, default_url: str, description: str) -> str:
    """Add a template parameter for a URL; return a token for it.

    The token resolves to the parameter if the deployer sets it (scheme and host, no path), else to
    `default_url`, the URL that AWS assigns.
    """
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
    return Token.as_string(Fn.condition_if(f"Has{name}", parameter, default_url))
