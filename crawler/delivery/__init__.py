"""Events out: the archive's change log delivered to webhooks, queues and topics, at least once and in order per article."""
