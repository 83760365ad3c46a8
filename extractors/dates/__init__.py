"""When an article was published and changed, from all the forms that outlets print."""
