"""The roles of a running stage: their permissions, and the roles without one of them."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from infra.local.stage.stage import LocalStage
from tests.infra.permissions import Grant, grants_of_statement, listed
from tests.infra.template import Template, short_id

Json = dict[str, Any]  # a policy document

PIPELINE = "Scones-local-Pipeline"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Permission:
    """A grant of the template, and the ARN of its resource on the running stage."""

    grant: Grant
    live_resource: str


class LiveRoles:
    """Reads and changes the inline policies of a running stage's roles."""

    def __init__(self, stage: LocalStage, template: Template) -> None:
        self._iam = stage.client("iam")
        self._template = template
        self._names = {
            short_id(resource["LogicalResourceId"]): resource["PhysicalResourceId"]
            for resource in resources_of(stage)
            if resource["ResourceType"] == "AWS::IAM::Role"
        }

    def permissions(self) -> list[Permission]:
        """Return all permissions that policies of the template give to roles, sorted.

        A policy of the stage has the statements of the template in the same order.
        """
        return sorted(
            Permission(grant=grant, live_resource=live)
            for policy in self._template.of_type("AWS::IAM::Policy").values()
            for role in (short_id(role["Ref"]) for role in policy["Roles"])
            for written, deployed in zip(
                policy["PolicyDocument"]["Statement"],
                self._document(role, policy["PolicyName"])["Statement"],
                strict=True,
            )
            for grant, live in _pairs(role, written, deployed)
        )

    @contextmanager
    def without(self, permission: Permission) -> Iterator[None]:
        """Take the permission from its role for the length of a `with` block."""
        role, name = permission.grant.role, self._names[permission.grant.role]
        policies = self._iam.list_role_policies(RoleName=name)["PolicyNames"]
        before = {policy: self._document(role, policy) for policy in policies}
        for policy, document in before.items():
            self._put(role, policy, _reduced(document, permission))
        try:
            yield
        finally:
            for policy, document in before.items():
                self._put(role, policy, document)

    def _document(self, role: str, policy: str) -> Json:
        response = self._iam.get_role_policy(RoleName=self._names[role], PolicyName=policy)
        document: Json = response["PolicyDocument"]
        return document

    def _put(self, role: str, policy: str, document: Json) -> None:
        self._iam.put_role_policy(
            RoleName=self._names[role], PolicyName=policy, PolicyDocument=json.dumps(document)
        )


def _pairs(role: str, written: Json, deployed: Json) -> Iterator[tuple[Grant, str]]:
    live = listed(deployed["Resource"])
    resources = listed(written["Resource"])
    for index, resource in enumerate(resources):
        for grant in grants_of_statement(role, {**written, "Resource": resource}):
            yield grant, str(live[index])


def resources_of(stage: LocalStage) -> list[Json]:
    """Return the summaries of all resources of the stack `Pipeline`."""
    pages = stage.client("cloudformation").get_paginator("list_stack_resources")
    return [
        resource
        for page in pages.paginate(StackName=PIPELINE)
        for resource in page["StackResourceSummaries"]
    ]


def _reduced(document: Json, permission: Permission) -> Json:
    """Return the document without the permission, and with all others.

    A statement of several actions and resources is divided so that only this pair is missing.
    """
    statements = []
    for statement in document["Statement"]:
        actions, resources = listed(statement["Action"]), listed(statement["Resource"])
        removed, resource = permission.grant.action, permission.live_resource
        if removed in actions and resource in resources:
            others = [action for action in actions if action != removed]
            left = [other for other in resources if other != resource]
            if others:
                statements.append({**statement, "Action": others, "Resource": resources})
            if left:
                statements.append({**statement, "Action": removed, "Resource": left})
        else:
            statements.append(copy.deepcopy(statement))
    return {**document, "Statement": statements}
