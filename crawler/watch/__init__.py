"""`warraq watch`: one long-running process. Events come in, articles are kept, events go out, silence is noticed."""
