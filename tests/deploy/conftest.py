"""The stack, really made on moto's server over a socket, and what it answers to."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import boto3
import pytest

from infra.testing.servers import ShortPolls, environment, moto

DEPLOY = Path(__file__).parents[2] / "infra" / "deploy"
TEMPLATE = DEPLOY / "aws" / "warraq.yaml"
NAME = "warraq-test"

NOT_IN_MOTO = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}
"""Resources of ours that moto 5.2's CloudFormation does not make. They are linted against AWS's own schemas, and those with
a policy or an event in them are looked at once moto has filled in what they refer to."""

FILLED = {
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}


@dataclass
class Asked:
    """A request to S3 as IAM sees it."""

    action: str
    key: str
    context: dict[str, str]


@dataclass
class Listening:
    """Passes requests on, and notes those to S3 and SQS."""

    app: Any = None
    s3: list[Asked] = field(default_factory=list)
    sqs: list[tuple[str, str]] = field(default_factory=list)

    def before(self, app: Any) -> Listening:
        """Itself, before an application."""
        self.app = app
        return self

    def __call__(self, environ: Any, start_response: Any) -> Any:
        signed = environ.get("HTTP_AUTHORIZATION", "")
        if "/s3/aws4_request" in signed:
            self.s3.append(_s3(environ))
        elif "/sqs/aws4_request" in signed:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            asked = json.loads(body)
            queue = asked.get("QueueUrl") or asked.get("QueueName")
            self.sqs.append(("sqs:" + environ["HTTP_X_AMZ_TARGET"].partition(".")[2], queue.rpartition("/")[2]))
            environ["wsgi.input"] = io.BytesIO(body)
            return ShortPolls(self.app)(environ, start_response)
        return self.app(environ, start_response)


def _s3(environ: Any) -> Asked:
    _, _, key = unquote(environ["PATH_INFO"]).lstrip("/").partition("/")
    asked = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    context = {"aws:SecureTransport": "true"}
    match environ["REQUEST_METHOD"]:
        case "GET" | "HEAD":
            action = "s3:GetObject" if key else "s3:ListBucket"
        case "PUT" if key:
            action = "s3:PutObject"
            context["s3:ObjectCreationOperation"] = "false" if "partNumber" in asked else "true"
            if "HTTP_IF_NONE_MATCH" in environ:
                context["s3:if-none-match"] = environ["HTTP_IF_NONE_MATCH"]
        case other:
            action = f"s3:{other} of {asked or 'an object'}"
    return Asked(action, key, context)


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The template with its short forms (`!Ref`) written out."""
    from cfnlint.decode.cfn_yaml import load  # late: it loads much, in each process that runs tests

    return dict(json.loads(json.dumps(load(str(TEMPLATE)))))


@dataclass
class Stack:
    """The stack as made. documents: by logical id, the properties of FILLED, with what they refer to."""

    outputs: dict[str, str]
    documents: dict[str, Any]
    listening: Listening

    @property
    def bucket_arn(self) -> str:
        return f"arn:aws:s3:::{self.outputs['BucketName']}"

    @property
    def archive_arn(self) -> str:
        return f"arn:aws:s3:::{self.outputs['ArchiveUri'].removeprefix('s3://')}"


@pytest.fixture(scope="session")
def aws_server() -> Iterator[tuple[str, Listening]]:
    """A server of moto: its address, and what hears every request."""
    listening = Listening()
    with moto(listening.before) as url:
        yield url, listening


@pytest.fixture
def aws_env(aws_server: tuple[str, Listening], monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual AWS environment, pointing there."""
    for name, value in environment(aws_server[0]).items():
        monkeypatch.setenv(name, value)


_made: dict[str, Stack] = {}


@pytest.fixture
def stack(aws_env: None, aws_server: tuple[str, Listening], template: dict[str, Any]) -> Stack:
    """Made once by `create_stack`, with the parameters that have no default."""
    if aws_server[0] not in _made:
        _made[aws_server[0]] = _deploy(template, aws_server[1])
    return _made[aws_server[0]]


def _deploy(template: dict[str, Any], listening: Listening) -> Stack:
    ec2, cloudformation = boto3.client("ec2"), boto3.client("cloudformation")
    parameters = {
        "Image": "registry.example/warraq@sha256:" + "0" * 64,
        "Contact": "you@example.org",
        "VpcId": ec2.describe_vpcs()["Vpcs"][0]["VpcId"],
        "SubnetIds": ",".join(found["SubnetId"] for found in ec2.describe_subnets()["Subnets"][:2]),
    }
    cloudformation.create_stack(
        StackName=NAME,
        TemplateBody=json.dumps(_what_moto_makes(template)),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    (made,) = cloudformation.describe_stacks(StackName=NAME)["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE", made
    said = {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}
    documents = {name.removeprefix("Filled"): json.loads(said.pop(name)) for name in list(said) if name.startswith("Filled")}
    return Stack(said, documents, listening)


def _what_moto_makes(template: dict[str, Any]) -> dict[str, Any]:
    """The template without the types moto lacks; properties that tests look at become outputs, for moto fills those in."""
    resources = template["Resources"]
    left = {
        name: {key: value for key, value in resource.items() if key != "DependsOn"}  # only on what is left out
        for name, resource in resources.items()
        if resource["Type"] not in NOT_IN_MOTO
    }
    asked = {
        f"Filled{name}": {"Value": {"Fn::ToJsonString": resource["Properties"]}}
        for name, resource in resources.items()
        if resource["Type"] in FILLED
    }
    return {**template, "Resources": left, "Outputs": {**template["Outputs"], **asked}}
