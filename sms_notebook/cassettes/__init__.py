"""Record and replay: what was answered once, without the key, in place of a provider."""
