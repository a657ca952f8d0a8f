"""Whatever lives longer than a call: the loop thread, the watcher, the webhook receiver."""
