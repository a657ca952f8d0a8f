"""Whatever lives longer than a call: the loop thread, the poller, the numbers it tracks."""
