divert(-1)
use_client_ptr: the checks use the name that the address claims

_define(`_USE_CLIENT_PTR_', 1)
