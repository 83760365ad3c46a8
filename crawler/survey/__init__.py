"""`warraq outlet add`: looks at a site that nobody has described, and drafts the file of facts that makes it an outlet."""
