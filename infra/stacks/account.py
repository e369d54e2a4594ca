"""Stack `Account`: what an account has once, whatever its stages: a budget, roles for deployers."""

from aws_cdk import ArnFormat, CfnOutput, DefaultStackSynthesizer, Environment, Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.account_config import AccountConfig
from infra.constructs.deployer_role import AUDIENCE, GITHUB, DeployerRole

# Kind of the amount, and the percentage of the budget above which a notice is mailed.
_NOTICES = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))


class AccountStack(Stack):
    """A monthly budget that mails, GitHub as an identity provider, and a role for each stage."""

    def __init__(self, scope: Construct, construct_id: str, *, config: AccountConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            env=Environment(account=config.account, region=config.region),
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            description="Scones Unlimited, of the account: budget, and deployments from GitHub.",
            termination_protection=True,
        )
        if config.budget_usd_a_month is not None:
            self._add_budget(config.budget_usd_a_month, email=config.budget_email)
        provider_arn = self._provider_arn(config)
        for stage in config.github_stages:
            role = DeployerRole(
                self,
                f"Deployer{stage.title().replace('-', '')}",
                repository=config.github_repository,
                stage=stage,
                provider_arn=provider_arn,
            )
            output = CfnOutput(self, f"Output{role.node.id}", value=role.role_arn)
            output.override_logical_id(f"{role.node.id}Role")

    def _add_budget(self, usd_a_month: float, *, email: str) -> None:
        budget = budgets.CfnBudget
        mail = budget.SubscriberProperty(subscription_type="EMAIL", address=email)
        budget(
            self,
            "Budget",
            budget=budget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budget.SpendProperty(amount=usd_a_month, unit="USD"),
            ),
            notifications_with_subscribers=[
                budget.NotificationWithSubscribersProperty(
                    notification=budget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[mail],
                )
                for kind, percent in _NOTICES
            ],
        )

    def _provider_arn(self, config: AccountConfig) -> str:
        if config.creates_github_provider:
            provider = iam.CfnOIDCProvider(
                self, "GitHub", url=f"https://{GITHUB}", client_id_list=[AUDIENCE]
            )
            return provider.attr_arn
        return self.format_arn(
            service="iam",
            region="",
            resource="oidc-provider",
            resource_name=GITHUB,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
