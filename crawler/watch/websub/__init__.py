"""Subscriptions to the WebSub hubs that outlets' feeds name."""
