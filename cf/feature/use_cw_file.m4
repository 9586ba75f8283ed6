divert(-1)
use_cw_file: local names from a file

_define(`_USE_CW_FILE_', 1)
