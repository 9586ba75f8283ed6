divert(-1)
bestmx_is_local: domains whose best MX we are are local

_define(`_BESTMX_IS_LOCAL_', 1)
_into(22, `Kbestmx bestmx -T.TMP')
_has_arg(`_define(`_BESTMX_DOMAINS_', 1)_into(21, `C{BestMX}`'_ARG_')')
