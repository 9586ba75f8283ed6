divert(-1)
same_domain_only: not built: the server does not compare the domains of recipients

_error(`FEATURE(same_domain_only) is not built: it needs the option SameDomainOnly, with which the server compares the domains of recipients')
