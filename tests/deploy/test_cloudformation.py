"""The CloudFormation template: linted, deployed on moto's server, and used by the code it is for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from crawler.config import PREFIX, Config
from crawler.watch.http import events_in
from crawler.watch.stopping import END_SECONDS
from extractors import outlets
from storage import FATES, open_archive
from storage.queues import open_queue
from tests.deploy.conftest import NOT_IN_MOTO, TEMPLATE, Stack
from tests.storage.newsroom import article, keep_all


@pytest.mark.slow
def test_cfn_lint_finds_nothing_not_even_informational() -> None:
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--include-checks", "I", "--", str(TEMPLATE)]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_parameter_says_what_it_is_and_only_four_have_no_default(template: dict[str, Any]) -> None:
    parameters = template["Parameters"]
    assert all(len(parameter["Description"]) > 15 for parameter in parameters.values())
    grouped = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in grouped for name in group["Parameters"]) == sorted(parameters)
    assert {name for name, it in parameters.items() if "Default" not in it} == {"Image", "Contact", "VpcId", "SubnetIds"}


@pytest.mark.slow
def test_the_types_left_out_of_the_deployment_are_those_moto_does_not_make(template: dict[str, Any]) -> None:
    from moto.cloudformation.parsing import resource_class_from_type  # late: it loads much, in each process that runs tests

    types = {resource["Type"] for resource in template["Resources"].values()}
    assert {kind for kind in types if resource_class_from_type(kind) is None} == NOT_IN_MOTO & types == NOT_IN_MOTO


def test_an_article_is_kept_in_the_bucket_of_the_outputs(stack: Stack) -> None:
    manifest = keep_all(open_archive(stack.outputs["ArchiveUri"]), article(1), article(2))
    assert manifest["fates"] == {"kept": 2}
    kept = open_archive(stack.outputs["ArchiveUri"], create=False).articles(outlet="enab_baladi")
    assert [record["id"] for record in kept] == ["enab_baladi:1", "enab_baladi:2"]


def test_the_queue_of_the_outputs_gives_work_and_buries_what_always_fails(stack: Stack) -> None:
    queue = open_queue(stack.outputs["QueueUri"])
    event = {"specversion": "1.0", "id": "1", "source": "/test", "type": "url.submitted", "data": {"url": "https://a.example/"}}
    queue.put(event, group="smart", key="url:https://a.example/")
    for attempt in range(1, 6):
        (lease,) = queue.take(1, 5)
        assert (lease.key, lease.attempt) == ("url:https://a.example/", attempt)
        queue.release(lease, "it fails")
    assert queue.depth().dead == 1
    assert [letter.reason for letter in queue.dead()] == ["it fails"]
    assert queue.redrive() == 1
    (lease,) = queue.take(1, 5)
    queue.ack(lease)
    assert (queue.depth().waiting, queue.depth().taken, queue.depth().dead) == (0, 0, 0)


def test_what_the_schedule_sends_is_work_for_the_outlet_and_one_with_what_a_watch_puts(stack: Stack) -> None:
    """The same tick sent twice stands once; two ticks, and the poll of a watch's own schedule, are given as one work."""
    queue, sqs = open_queue(stack.outputs["QueueUri"]), boto3.client("sqs")
    schedules = {name: filled for name, filled in stack.documents.items() if "SqsParameters" in filled.get("Target", {})}
    assert len(schedules) == 3
    for tick in ("1", "2", "2"):
        for schedule in schedules.values():
            body = _tick(schedule["Target"]["Input"], tick)
            group = schedule["Target"]["SqsParameters"]["MessageGroupId"]
            sqs.send_message(QueueUrl=stack.outputs["QueueUrl"], MessageBody=body, MessageGroupId=group)
    assert queue.depth().waiting == 6
    queue.put_all([events_in.due(outlet, "urn:warraq:watch") for outlet in ("al_jazeera", "baladi_news", "enab_baladi")])
    assert queue.depth().waiting == 9
    leases = queue.take(10, 5)
    for lease in leases:
        assert lease.event["type"] == "outlet.due"
        assert lease.event["data"] == {"outlet": lease.group}
        assert lease.event["subject"] == lease.key == lease.group
        queue.ack(lease)
    assert sorted(lease.group for lease in leases) == ["al_jazeera", "baladi_news", "enab_baladi"]
    assert queue.depth().waiting == queue.depth().taken == 0
    assert {lease.event["time"] for lease in leases} <= {"2026-11-22T10:01:00Z", "2026-11-22T10:02:00Z"}


def _tick(body: str, number: str) -> str:
    """What Scheduler makes of an input."""
    context = {"execution-id": f"d32c5kddcf5bb8c{number}", "scheduled-time": f"2026-11-22T10:0{number}:00Z"}
    return re.sub(r"<aws\.scheduler\.([a-z-]+)>", lambda found: context[found[1]], body)


def test_scheduler_takes_the_schedules(stack: Stack) -> None:
    scheduler = boto3.client("scheduler")
    for name in ("ScheduleAlJazeera", "ScheduleBaladiNews", "ScheduleEnabBaladi"):
        filled = stack.documents[name]
        filled["FlexibleTimeWindow"]["MaximumWindowInMinutes"] = int(filled["FlexibleTimeWindow"]["MaximumWindowInMinutes"])
        retry = filled["Target"]["RetryPolicy"]
        filled["Target"]["RetryPolicy"] = {name: int(value) for name, value in retry.items()}
        scheduler.create_schedule(Name=name, **filled)
        assert scheduler.get_schedule(Name=name)["Target"]["Arn"] == stack.outputs["QueueArn"]


def test_every_living_outlet_has_a_schedule_and_no_dead_one(template: dict[str, Any]) -> None:
    schedules = [it["Properties"] for it in template["Resources"].values() if it["Type"] == "AWS::Scheduler::Schedule"]
    schedules = [schedule for schedule in schedules if "SqsParameters" in schedule["Target"]]
    groups = [schedule["Target"]["SqsParameters"]["MessageGroupId"] for schedule in schedules]
    assert sorted(groups) == sorted(slug for slug, outlet in outlets().items() if outlet.alive)
    for schedule, slug in zip(schedules, groups, strict=True):
        event = json.loads(schedule["Target"]["Input"]["Fn::Sub"])
        assert (event["subject"], event["data"]) == (slug, {"outlet": slug})


def test_the_worker_runs_as_nobody_in_particular_on_a_read_only_root(template: dict[str, Any]) -> None:
    (container,) = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] is True
    assert container["User"] == "10001:10001"
    assert [mount["ContainerPath"] for mount in container["MountPoints"]] == ["/data", "/tmp"]
    environment = {entry["Name"]: entry["Value"] for entry in container["Environment"]}
    ours = {name.removeprefix(PREFIX).lower() for name in environment if name.startswith(PREFIX)}
    assert ours <= set(Config.model_fields)
    assert container["StopTimeout"] > int(environment["WARRAQ_STOP_SECONDS"]) + END_SECONDS


def test_the_metric_filter_counts_what_the_log_calls_a_new_article(template: dict[str, Any]) -> None:
    pattern = template["Resources"]["ArticlesKept"]["Properties"]["FilterPattern"]
    words = re.findall(r'\$\.fact = "(\w+)"', pattern)
    assert words == ["kept", "revised"]
    assert set(words) <= set(FATES)


@pytest.mark.parametrize("name", ["ThereAreDeadLetters", "EventsGrowOld", "NoArticleKept", "NotVerified", "ThereIsDamage"])
def test_alarms_for_persons_reach_the_topic_and_stand_in_the_runbook(template: dict[str, Any], name: str) -> None:
    alarm = template["Resources"][name]["Properties"]
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    section = alarm["AlarmDescription"].rpartition("Runbook - ")[2].removesuffix(".")
    runbook = (TEMPLATE.parents[1] / "RUNBOOK.md").read_text()
    assert re.search(rf"^#+ {section}", runbook, re.MULTILINE | re.IGNORECASE), f"the runbook has no chapter «{section}»"
