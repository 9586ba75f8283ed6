divert(-1)
unspecified: nothing in common.
