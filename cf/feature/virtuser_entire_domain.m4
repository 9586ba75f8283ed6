divert(-1)
virtuser_entire_domain: hosts below the virtual domains too

_define(`_VIRTUSER_ENTIRE_DOMAIN_', 1)
