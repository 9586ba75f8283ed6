divert(-1)
require_rdns: clients need a name that leads back to them

_define(`_REQUIRE_RDNS_', 1)
