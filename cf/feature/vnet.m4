divert(-1)
vnet: addresses of IBM's VNET: user@node in a net of class A goes to the gateway $A, the hosts of ibm.com have their mail by the relay mailer

_define(`_VNET_', 1)
_into(21, `CAvnet.ibm.com vnet rscs ipnet')
