divert(-1)
use_ct_file: trusted users from a file

_define(`_USE_CT_FILE_', 1)
