"""Events delivered to ministack's SQS, SNS and EventBridge, which send them on."""

from __future__ import annotations

import pytest

from tests.crawler.delivery.conftest import news
from tests.crawler.delivery.test_queues_and_topics import (
    test_an_eventbridge_bus_gets_every_event,
    test_an_sns_topic_gets_every_event,
    test_an_sqs_queue_gets_every_event,
)

__all__ = [
    "news",
    "test_an_eventbridge_bus_gets_every_event",
    "test_an_sns_topic_gets_every_event",
    "test_an_sqs_queue_gets_every_event",
]

pytestmark = pytest.mark.ministack
