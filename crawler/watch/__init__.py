"""`warraq watch`, the service: polls under leases, events in and out, metrics, silence noticed."""
