"""The two user pools under moto, with the password policy of the stack."""

from typing import TYPE_CHECKING

from moto.cognitoidp import models

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import PasswordPolicyTypeTypeDef

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # noqa: S105 # of RFC 6238's test vectors
STRICT: "PasswordPolicyTypeTypeDef" = {
    "MinimumLength": 12,
    "RequireLowercase": True,
    "RequireUppercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
}


def create_user_pools(cognito: "CognitoIdentityProviderClient") -> dict[str, str]:
    """Create both pools and return the outputs of the stack about them."""
    # Moto gives every user the same secret, shorter than the RFC demands and pyotp accepts.
    setattr(models, "COGNITO_TOTP_MFA_SECRET", SECRET)  # noqa: B010 # declared as constant
    drivers = _pool(cognito, "drivers")
    reviewers = _pool(cognito, "reviewers", "leads")
    cognito.set_user_pool_mfa_config(
        UserPoolId=reviewers,
        MfaConfiguration="ON",
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    client = cognito.create_user_pool_client(
        UserPoolId=reviewers,
        ClientName="provisioning",
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
    )["UserPoolClient"]
    return {
        "DriversPoolId": drivers,
        "ReviewersPoolId": reviewers,
        "ProvisioningClientId": client["ClientId"],
    }


def _pool(cognito: "CognitoIdentityProviderClient", *groups: str) -> str:
    response = cognito.create_user_pool(PoolName=groups[0], Policies={"PasswordPolicy": STRICT})
    pool_id: str = response["UserPool"]["Id"]
    for group in groups:
        cognito.create_group(UserPoolId=pool_id, GroupName=group)
    return pool_id
