divert(-1)
notsticky: what is the rule now

_warning(`FEATURE(notsticky) is the default and has no effect')
