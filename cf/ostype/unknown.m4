divert(-1)
unknown: nothing is known; the defaults hold.

