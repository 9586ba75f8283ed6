divert(-1)changequote`'changecom`'
cf.m4 - the language of .mc files.

    m4 CFDIR/m4/cf.m4 site.mc > site.cf

This file defines the words; the .mc file that follows says them; m4wrap then includes m4/out.m4, which writes the .cf.
Nothing is written before the end, so a run with errors leaves an empty output and a status that is not 0.

Names that begin with an underscore are internal: _OPTION_ a switch, _name a macro. Everything in capitals may be a word of the
language or a site variable, so plain text in these files does not use them. Comments are not switched on in m4, since # is a
letter of rules: what stands after a macro name is expanded wherever it stands.

Diversions, which a site may use with PUSHDIVERT:
    1 LOCAL_NET_CONFIG   2 LOCAL_RULE_3   3 LOCAL_RULE_0     4 LOCAL_UUCP          5 (unused, kept free)
    6 LOCAL_CONFIG       7 mailers        8 LOCAL_DNSBL      9 LOCAL_RULESETS, LOCAL_RULE_1, LOCAL_RULE_2
and our own from 20 on:
    20 version marks     21 classes and macros   22 maps         23 the filters and queue groups
    24 LOCAL_SRV_FEATURES  25 LOCAL_CLT_FEATURES 26 LOCAL_TRY_TLS 27 LOCAL_TLS_RCPT  28 LOCAL_TLS_CLIENT  29 LOCAL_TLS_SERVER
    31 checks of connections by features

---- errors: FILE:LINE: text on standard error, and a status that is not 0; inside a feature the line that asks for it ----

define(`_define', defn(`define'))
_define(`_undefine', defn(`undefine'))
_define(`_where', `ifdef(`_at_', `_at_', `ifelse(__file__, `', `cf', __file__):__line__')')
_define(`_errors', 0)
_define(`_error', `_define(`_errors', incr(_errors))errprint(_where`: error: $1
')')
_define(`_give_up', `errprint(`cf: no configuration is written: '_errors` error(s)
')m4exit(1)')
_define(`_warning', `errprint(_where`: warning: $1
')')

---- where the tree is: given with -D_CF_DIR_=, else beside this file ----

ifdef(`_CF_DIR_', `', `_define(`_CF_DIR_', ifelse(regexp(__file__, `m4/cf\.m4$'), -1, `../', patsubst(__file__, `m4/cf\.m4$')))')

An .mc file may include cf.m4 itself, from wherever its system has it: that is this file, and it is here already.

_define(`_include', defn(`include'))
_define(`include', `ifelse(`$#', 0, ``include'', `ifelse(regexp(`$1', `m4/cf\.m4$'), -1, `_include(`$1')')')')

---- small helpers ----

_define(`PUSHDIVERT', `pushdef(`_divnum', divnum)divert($1)')
_define(`POPDIVERT', `divert(_divnum)popdef(`_divnum')')
_define(`CONCAT', `$1$2$3$4$5$6$7$8$9')
_define(`DOL', ``$'$1')
_define(`_into', `PUSHDIVERT($1)$2
POPDIVERT`'')
_define(`_default', `ifdef(`$1', `', `_define(`$1', `$2')')')
_define(`_CLASS_FILE', `_into(21, `F$1`'$2')')
_define(`_upper', `translit(`$1', `a-z', `A-Z')')
_define(`CF_LEVEL', 10)
_define(`_has_arg', `ifelse(len(X`'_ARG_), 1, `$2', `$1')')

Whether WORD stands in the blank-separated LIST: _in(WORD, LIST, then, else).
_define(`_in', `ifelse(index(` $2 ', ` $1 '), -1, `$4', `$3')')

---- what m4 would pass over in silence ----

The first words of a file (_see, in those that every file has) have the whole of it looked through by m4/scan.sed: an argument in
quotes that are none is an error at once; a word that is not defined may still be a macro of the site and is an error at the end.

_at_the_end, of a text: what is expanded when everything has been said, and speaks of the line that says it now.
_define(`_at_the_end', `_define(`_checks', defn(`_checks')`pushdef(`_at_', '_where`)$1`'popdef(`_at_')')')
_define(`_checks', `')

_define(`_see', `ifdef(`_SEEN_'__file__, `', `_define(`_SEEN_'__file__)ifelse(_site_file(__file__), 1, `_scan(__file__)')')')
_define(`_site_file', `ifelse(regexp(`$1', `^[A-Za-z0-9_./+@=-]+$'), -1, `0', regexp(`$1', `^-'), 0, `0',
	index(`$1', _CF_DIR_), 0, `eval(regexp(`$1', `\(domain\|feature\|hack\|m4\|mailer\|ostype\|siteconfig\)/[^/]*$') < 0)', `1')')
_define(`_scan', `_define(`_scanned', `$1')_undefine(`_IN_SECTION_')PUSHDIVERT(-1)dnl
esyscmd(`test -r "$1" && sed = "$1" | sed -n -E -f "'_CF_DIR_`m4/scan.sed"')POPDIVERT`'ifdef(`_MISQUOTED_', `_give_up')')
_define(`_section', `ifdef(`$2', `_define(`_IN_SECTION_')', `_error_in(_scanned, `$1', `unknown word $2')')')
_define(`_called', `ifdef(`$2', `_undefine(`_IN_SECTION_')', `ifdef(`_IN_SECTION_', `', `_at_the_end(`_still_unknown('_scanned`, `$1', `$2')')')')')
_define(`_still_unknown', `ifdef(`$3', `', `_error_in(`$1', `$2', `unknown word $3')')')
_define(`_misquoted', `ifdef(`_IN_SECTION_', `', `_define(`_MISQUOTED_')_error_in(_scanned, `$1', `$2: arguments are quoted `like this'')')')
_define(`_error_in', `pushdef(`_at_', `$1:$2')_error(`$3')popdef(`_at_')')

---- define: the same as ever, but names and values are looked at ----

A name that begins with conf must be a row of m4/options.m4, and its value of the type that stands there. A variable of a mailer
must be one that a mailer has, and comes too late behind its MAILER line.

_define(`define', `_see`'ifelse(`$#', 0, ``define'', `_check_name(`$1', `$2')_define($@)')')
_define(`undefine', `ifelse(`$#', 0, ``undefine'', `_forget($@)_undefine($@)')')
_define(`_forget', `ifelse(`$1', `', `', `ifelse(substr(`$1', 0, 4), `conf', `_known_conf(`$1')')_define(`_UNDEFINED_$1')_forget(shift($@))')')
_define(`_check_name', `ifelse(
	substr(`$1', 0, 4), `conf', `_known_conf(`$1', `_check_value(`$1', `$2', _T_$1)')',
	regexp(`$1', `^[A-Z0-9]+_\(MAILER\|SHELL\)_[A-Z_]+$'), 0, `_check_mailer_name(`$1')',
	`_in(`$1', `SMARTHOST SMART_RELAY RELAY_HOST MAILHUB MAIL_RELAY LOCAL_HUB LOCAL_HOST LUSER_HOST HUB_RELAY', `_error(`unknown variable $1')')')')
_define(`_known_conf', `ifdef(`_T_$1', `$2', `_error(`unknown variable $1')')')
_define(`_check_mailer_name', `_in(`$1', defn(`_mailer_variables'), `', `_error(`unknown variable of a mailer: $1')')dnl
ifdef(`_LATE_'substr(`$1', 0, index(`$1', `_')), `_error(`$1 has no effect behind the MAILER line that uses it')')')

---- types of values: _check_value(name, value, type[, limits]) ----
A value that holds a $ is made when the program runs and is not looked at.

_define(`_check_value', `ifelse(index(`$2', `$'), -1, `ifdef(`_is_$3', `_is_$3(`$1', `$2', _L_$1)')')')
_define(`_bad', `_error(`$1: $2 is not $3')')
_define(`_is_bool', `ifelse(regexp(`$2', `^\([TtYyFfNn].*\)?$'), -1, `_bad(`$1', `$2', `true or false')')')
_define(`_is_int', `ifelse(regexp(`$2', `^-?[0-9]*$'), -1, `_bad(`$1', `$2', `a number')',
	`$2', `', `', `$2', `-', `_bad(`$1', `$2', `a number')',
	`ifelse(`$3', `', `', `ifelse(eval(len(`$2') <= 9 && _dec(`$2') < $3), 1, `_bad(`$1', `$2', `at least $3')')')dnl
ifelse(`$4', `', `', `ifelse(eval(len(`$2') > 9 || _dec(`$2') > $4), 1, `_bad(`$1', `$2', `at most $4')')')')')
_define(`_dec', `patsubst(`$1', `^\(-?\)0*\([0-9]\)', `\1\2')')
_define(`_is_octal', `ifelse(regexp(`$2', `^0?[0-7]*$'), -1, `_bad(`$1', `$2', `a file mode (octal)')')')
_define(`_is_time', `ifelse(regexp(`$2', `^-?[0-9]*\([smhdwSMHDW]\|[0-9smhdwSMHDW]+\)?$'), -1, `ifelse(`$2', `now', `', `_bad(`$1', `$2', `a time such as 30s, 5m, 1h or 5d')')')')
_define(`_is_word', `ifelse(index(` $3 ', ` 'translit(`$2', `A-Z', `a-z')), -1, `_bad(`$1', `$2', `one of: $3')')')
_define(`_is_list', `_each_word(`$1', `$3', translit(`$2', `, 	', `   '))')
_define(`_each_word', `ifelse(regexp(`$3', `^ *$'), 0, `', `_one_word(`$1', `$2', _first(`$3'))_each_word(`$1', `$2', _rest(`$3'))')')
_define(`_first', `patsubst(`$1', `^ *\([^ ]*\).*$', `\1')')
_define(`_rest', `patsubst(`$1', `^ *[^ ]*', `')')
_define(`_one_word', `_in(translit(`$3', `A-Z', `a-z'), `$2', `', `_bad(`$1', `$3', `one of: $2')')')

---- rows of the tables: see m4/options.m4 and m4/features.m4 ----

_OPTION(confNAME, option or - , default, type, limits...): a default of - means that nothing is written, and so does undefine.
_define(`_OPTION', `_define(`_T_$1', `$4')_define(`_L_$1', ``$5',`$6'')dnl
_define(`_all_options', defn(`_all_options')`_write_option(`$1', `$2', `$3')')')
_define(`_all_options', `')
_define(`_write_option', `ifelse(`$2', `-', `ifelse(`$3', `-', `', `_default(`$1', `$3')')',
	`ifdef(`$1', `O $2=$1
', `ifelse(`$3', `-', `', `ifdef(`_UNDEFINED_$1', `', `O $2=$3
')')')')')

---- words that open a section: what follows is copied there ----

_define(`LOCAL_CONFIG', `divert(6)')
_define(`LOCAL_RULE_0', `divert(3)')
_define(`LOCAL_RULE_1', `divert(9)ifdef(`_S1_', `', `_define(`_S1_')S1
')')
_define(`LOCAL_RULE_2', `divert(9)ifdef(`_S2_', `', `_define(`_S2_')S2
')')
_define(`LOCAL_RULE_3', `divert(2)')
_define(`LOCAL_RULESETS', `divert(9)')
_define(`LOCAL_NET_CONFIG', `_define(`_LOCAL_NET_CONFIG_')divert(1)')
_define(`LOCAL_UUCP', `divert(4)')
_define(`LOCAL_DNSBL', `divert(8)')
_define(`MAILER_DEFINITIONS', `divert(7)')
_define(`LOCAL_SRV_FEATURES', `_define(`_SRV_FEATURES_')divert(24)')
_define(`LOCAL_CLT_FEATURES', `_define(`_CLT_FEATURES_')divert(25)')
_define(`LOCAL_TRY_TLS', `divert(26)')
_define(`LOCAL_TLS_RCPT', `divert(27)')
_define(`LOCAL_TLS_CLIENT', `divert(28)')
_define(`LOCAL_TLS_SERVER', `divert(29)')

---- who we are, who belongs to us ----

_define(`VERSIONID', `_see`'_into(20, `# $1')')
_define(`LOCAL_DOMAIN', `_into(21, `Cw`'$1')')
_define(`MASQUERADE_AS', `_define(`MASQUERADE_NAME', `$1')')
_define(`MASQUERADE_DOMAIN', `_define(`_MASQ_CLASS_')_into(21, `CM`'$1')')
_define(`MASQUERADE_DOMAIN_FILE', `_define(`_MASQ_CLASS_')_CLASS_FILE(M, `$1')')
_define(`MASQUERADE_EXCEPTION', `_define(`_NOT_MASQUERADED_')_into(21, `CN`'$1')')
_define(`MASQUERADE_EXCEPTION_FILE', `_define(`_NOT_MASQUERADED_')_CLASS_FILE(N, `$1')')
_define(`EXPOSED_USER', `_into(21, `CE`'$1')')
_define(`EXPOSED_USER_FILE', `_CLASS_FILE(E, `$1')')
_define(`LOCAL_USER', `_define(`_LOCAL_USERS_')_into(21, `CL`'$1')')
_define(`LOCAL_USER_FILE', `_define(`_LOCAL_USERS_')_CLASS_FILE(L, `$1')')
_define(`GENERICS_DOMAIN', `_define(`_GENERICS_CLASS_')_into(21, `CG`'$1')')
_define(`GENERICS_DOMAIN_FILE', `_define(`_GENERICS_CLASS_')_CLASS_FILE(G, `$1')')
_define(`VIRTUSER_DOMAIN', `_define(`_VIRTHOSTS_')_into(21, `C{VirtHost}$1
CR`'$1')')
_define(`VIRTUSER_DOMAIN_FILE', `_define(`_VIRTHOSTS_')_into(21, `F{VirtHost}$1
FR`'$1')')
_define(`RELAY_DOMAIN', `_into(21, `CR`'$1')')
_define(`RELAY_DOMAIN_FILE', `_CLASS_FILE(R, `$1')')
_define(`CANONIFY_DOMAIN', `_define(`_CANONIFY_DOMAINS_')_into(21, `C{Canonify}$1')')
_define(`CANONIFY_DOMAIN_FILE', `_define(`_CANONIFY_DOMAINS_')_CLASS_FILE({Canonify}, `$1')')
_define(`LDAPROUTE_DOMAIN', `_into(21, `C{LDAPRoute}$1')')
_define(`LDAPROUTE_DOMAIN_FILE', `_CLASS_FILE({LDAPRoute}, `$1')')
_define(`LDAPROUTE_EQUIVALENT', `_define(`_LDAP_EQUIVALENT_')_into(21, `C{LDAPRouteEquiv}$1')')
_define(`LDAPROUTE_EQUIVALENT_FILE', `_define(`_LDAP_EQUIVALENT_')_CLASS_FILE({LDAPRouteEquiv}, `$1')')
_define(`TRUST_AUTH_MECH', `_define(`_TRUST_AUTH_MECH_')_into(21, `C{TrustAuthMech}$1')')

---- daemons, filters, queue groups ----

_define(`_FIRST_DAEMONS_', `O DaemonPortOptions=Name=MTA
')
_define(`DAEMON_OPTIONS', `_check_daemon(`$1', `DAEMON_OPTIONS')_define(`_DAEMONS_', defn(`_DAEMONS_')`O DaemonPortOptions=$1
')')
_define(`CLIENT_OPTIONS', `_check_daemon(`$1', `CLIENT_OPTIONS')_define(`_CLIENTS_', defn(`_CLIENTS_')`O ClientPortOptions=$1
')')
_define(`_check_daemon', `_each_key(`$2', patsubst(`$1', `[ 	]', `'))')
_define(`_each_key', `ifelse(`$2', `', `', `_one_key(`$1', `$2')_each_key(`$1', shift(shift($@)))')')
_define(`_one_key', `ifelse(regexp(`$2', `^[A-Za-z]+='), -1, `_error(`$1: $2 is not KEY=VALUE')',
	regexp(`$2', `^[AaFfPpNnLlMmRrSsIiCcDdQq]'), -1, `_error(`$1: unknown key in $2')')')

_define(`INPUT_MAIL_FILTER', `MAIL_FILTER(`$1', `$2')_define(`confINPUT_MAIL_FILTERS', ifdef(`confINPUT_MAIL_FILTERS', `defn(`confINPUT_MAIL_FILTERS')`, '')``$1'')')
_define(`MAIL_FILTER', `ifelse(regexp(`$2', `\(^\|[ ,]\)S='), -1, `_error(`filter $1 needs S=, the place where it listens')')dnl
_into(23, `X`'$1, $2')')
_define(`QUEUE_GROUP', `_define(`_QG_$1')ifelse(index(`$2', `='), -1, `_error(`queue group $1: the second argument is a list such as P=DIRECTORY')')dnl
_into(23, `Q`'$1, $2')')

---- parts from files: _part(directory, name, the word that asks[, what to do in place of the inclusion]) ----

They are in the tree; what a site may have of its own (hack, siteconfig, domain) also in a folder of that name beside the file that asks.

_define(`_part', `ifelse(regexp(`$2', `^[A-Za-z0-9_][A-Za-z0-9_.+-]*$'), -1, `_error(`$3(`$2'): not a name')',
	`ifelse(_there(_CF_DIR_`$1/$2.m4'), 1, `ifelse(`$4', `', `include(_CF_DIR_`$1/$2.m4')', `$4')',
		_in(`$1', `hack siteconfig domain', `', `never')_there(_beside(__file__)`$1/$2.m4'), 1, `include(_beside(__file__)`$1/$2.m4')',
		`_error(`$3($2): there is no $1/$2.m4')')')')
_define(`_there', `syscmd(`test -r "$1"')ifelse(sysval, 0, 1, 0)')
_define(`_beside', `ifelse(regexp(`$1', `^[A-Za-z0-9_./+@=-]+$'), -1, `', `patsubst(`$1', `[^/]*$')')')

_define(`OSTYPE', `_see`'ifelse(`$#', 0, ``OSTYPE'', `ifelse(`$1', `', `_error(`OSTYPE needs the name of a system')', `ifdef(`__OSTYPE__', `_warning(`OSTYPE a second time')')_define(`__OSTYPE__', `$1')PUSHDIVERT(-1)dnl
pushdef(`_at_', _where)_part(`ostype', `$1', `OSTYPE')popdef(`_at_')POPDIVERT`'')')')
_define(`DOMAIN', `_see`'ifelse(`$#', 0, ``DOMAIN'', `PUSHDIVERT(-1)_part(`domain', `$1', `DOMAIN')POPDIVERT`'')')
_define(`_with_args', `pushdef(`_at_', _where)_define(`_NARG_', eval($# - 3))pushdef(`_ARG_', `$4')pushdef(`_ARG2_', `$5')pushdef(`_ARG3_', `$6')dnl
pushdef(`_ARG4_', `$7')pushdef(`_ARG5_', `$8')pushdef(`_ARG6_', `$9')pushdef(`_ARG7_', `_arg7($@)')pushdef(`_ARG8_', `_arg8($@)')pushdef(`_ARGS_', `shift(shift(shift($@)))')dnl
PUSHDIVERT(-1)_part(`$1', `$2', `$3')POPDIVERT`'popdef(`_at_', `_ARG_', `_ARG2_', `_ARG3_', `_ARG4_', `_ARG5_', `_ARG6_', `_ARG7_', `_ARG8_', `_ARGS_')')
_define(`_arg7', ``$10'')
_define(`_arg8', ``$11'')
_define(`HACK', `ifelse(`$#', 0, ``HACK'', `_with_args(`hack', `$1', `HACK', shift($@))')')
_define(`FEATURE', `_see`'ifelse(`$#', 0, ``FEATURE'', `ifdef(`_FR_$1', `_check_feature(`$1', ifelse(`$#:$2', `2:dnl', 0, `decr($#)'), _FR_$1)')_with_args(`feature', `$1', `FEATURE', shift($@))')')

_FEATURE(name, least arguments, most arguments, mailer that it must precede): a row of m4/features.m4. A single argument dnl
(common in files of Red Hat) is none.
_define(`_FEATURE', `_define(`_FR_$1', ``$2',`$3',`$4'')')
_define(`_check_feature', `ifelse(eval($2 < $3), 1, `_error(`FEATURE($1) needs $3 argument(s)')',
	eval($2 > $4), 1, `_error(`FEATURE($1) takes at most $4 argument(s)')')dnl
ifelse(`$5', `', `', `ifdef(`_MAILER_$5_', `_error(`FEATURE($1) must stand before MAILER($5)')')')')

_define(`MAILER', `_see`'ifelse(`$#', 0, ``MAILER'', `ifdef(`__OSTYPE__', `', `ifdef(`_NO_OSTYPE_SAID_', `', `_define(`_NO_OSTYPE_SAID_')_error(`OSTYPE must stand before MAILER')')')dnl
ifdef(`_MAILER_$1_', `', `ifelse(`$1', `local', `', `_in(`$1', `cyrus cyrusv2', `', `ifdef(`_MAILER_local_', `', `MAILER(`local')')')')dnl
_define(`_MAILER_$1_')_late(_upper(`$1'))_mailer_order(`$1')dnl
_part(`mailer', `$1', `MAILER', `_define(`_mailers', defn(`_mailers')`include(_CF_DIR_`mailer/$1.m4')')')')')')
_define(`_mailers', `')
_define(`_mailer_order', `ifelse(
	`$1', `smtp', `ifdef(`_MAILER_uucp_', `_error(`MAILER(smtp) must stand before MAILER(uucp)')')_late(`ESMTP')_late(`SMTP8')_late(`DSMTP')_late(`RELAY')',
	`$1', `phquery', `_late(`PH')',
	`$1', `cyrus', `_late(`CYRUS_BB')',
	`$1', `local', `ifdef(`_MAILER_cyrus_', `_error(`MAILER(local) must stand before MAILER(cyrus)')')')')
_define(`_late', `_define(`_LATE_$1')')
_define(`MODIFY_MAILER_FLAGS', `_in(`$1', `LOCAL SHELL SMTP ESMTP SMTP8 DSMTP RELAY UUCP PROCMAIL CYRUS CYRUSV2 USENET QPAGE MAIL11 FAX POP PH', `',
	`_error(`MODIFY_MAILER_FLAGS: there is no mailer of the name $1')')ifelse(`$2', `', `_error(`MODIFY_MAILER_FLAGS($1) needs +FLAGS, -FLAGS or FLAGS')')dnl
_define(`_MODIFY_$1', defn(`_MODIFY_$1')`_change_flags(`$2')')')
_define(`_change_flags', `_define(`_flags', ifelse(
	substr(`$1', 0, 1), `+', _flags`'substr(`$1', 1),
	substr(`$1', 0, 1), `-', `translit(_flags, substr(`$1', 1))',
	``$1''))')

_F, of a name and flags: the flags of a mailer as the site has changed them.
_define(`_F', `_define(`_flags', `$2')ifdef(`_MODIFY_$1', `_MODIFY_$1`'')_flags')

_equate(X, VARIABLE): an equate of a mailer, if the variable is there.
_define(`_equate', `ifdef(`$2', ` $1=$2,')')

---- UUCP connectivity ----

_define(`SITECONFIG', `_define(`_CLASS_$3_')_define(`_SITE_CLASS_', `$3')_define(`_SITE_HOST_', `$2')dnl
ifelse(`$2', `', `', `_define(`_host_$3', `$2')_into(21, `D$3`'$2')')PUSHDIVERT(-1)_part(`siteconfig', `$1', `SITECONFIG')POPDIVERT`'_undefine(`_SITE_CLASS_')')
_define(`SITE', `ifelse(`$#', 0, ``SITE'', `ifdef(`_SITE_CLASS_', `_into(21, `C'_SITE_CLASS_`$1')', `_warning(`SITE($1) has no effect outside SITECONFIG')')')')
_define(`UUCPSMTP', `_into(2, `R$`'* < @ $1 .UUCP > $`'*		$`'1 < @ $2 > $`'2')')

include(_CF_DIR_`m4/options.m4')
include(_CF_DIR_`m4/features.m4')
_define(`_mailer_variables', patsubst(_MAILER_VARIABLES_, `[	
]+', ` '))
_define(`DATABASE_MAP_TYPE', `hash')
_define(`MAIL_SETTINGS_DIR', `/etc/mail/')
m4wrap(`include(_CF_DIR_`m4/out.m4')')
divert(0)dnl
