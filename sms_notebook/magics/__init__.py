"""``%sms``: the whole API from one line of a notebook or of IPython in a terminal."""
