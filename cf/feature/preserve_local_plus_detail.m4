divert(-1)
preserve_local_plus_detail: user+detail is given to the mailer whole

_define(`_PRESERVE_LOCAL_PLUS_DETAIL_', 1)
