"""Everything that is asked of a queue, on ministack's SQS."""

from __future__ import annotations

import pytest

from tests.storage.queues.test_contract import *  # noqa: F403
from tests.storage.queues.test_contract_leases import *  # noqa: F403
from tests.storage.queues.test_contract_leases import (
    test_an_event_whose_work_has_not_failed_is_given_again_however_often as _of_the_other_kinds,
)
from tests.storage.queues.test_contract_pauses import *  # noqa: F403
from tests.storage.queues.test_contract_waiting import *  # noqa: F403
from tests.storage.queues.test_sqs import (
    test_a_message_of_somebody_else_is_work_if_it_is_an_event,
    test_a_message_that_is_no_event_goes_to_the_dead_letters_at_once,
    test_events_that_wait_are_coalesced_although_they_are_taken_one_by_one,
)

__all__ = [
    "test_a_message_of_somebody_else_is_work_if_it_is_an_event",
    "test_a_message_that_is_no_event_goes_to_the_dead_letters_at_once",
    "test_events_that_wait_are_coalesced_although_they_are_taken_one_by_one",
]

pytestmark = pytest.mark.ministack

del globals()[_of_the_other_kinds.__name__]
