divert(-1)
no_default_msa: no daemon on port 587 unless one is asked for

_define(`_NO_MSA_', 1)
