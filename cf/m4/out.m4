divert(-1)
out.m4 - the .cf itself, written when everything has been said.

_checks`'dnl
ifelse(_errors, 0, `', `_give_up')
ifdef(`__OSTYPE__', `', `errprint(`*** ERROR: No system type defined (use OSTYPE)
')m4exit(1)')
ifdef(`_MAILER_local_', `', `MAILER(`local')')
ifdef(`_MAILER_smtp_', `_define(`_HAS_SMTP_')')

The values that rules name, in case the options that set them are not written.
_default(`confSMTP_MAILER', `esmtp')
_default(`confUUCP_MAILER', `uucp-old')
_default(`confLOCAL_MAILER', `local')
_default(`confRELAY_MAILER', ifdef(`_MAILER_smtp_', `relay', ifdef(`_MAILER_uucp_', `uucp-new', `unknown')))
ifdef(`confREJECT_MSG', `_define(`_REJECT_SAID_', 1)')
_default(`confREJECT_MSG', `"550 Access denied"')
ifdef(`confRELAY_MSG', `_define(`_RELAY_SAID_', 1)')
_default(`confRELAY_MSG', `"550 Relaying denied"')

ifdef(`DECNET_RELAY', `_define(`_USE_DECNET_SYNTAX_', 1)')
ifdef(`_MAILER_mail11_', `_define(`_USE_DECNET_SYNTAX_', 1)')
_define(`_ALL_HDR_', ifdef(`_ALL_MASQUERADE_', `/HdrFromSMTP'))
_define(`_ALL_HDR_RELAY_', ifdef(`_ALL_MASQUERADE_', `/MasqRelay'))
_default(`_MSP_FLAG_', `')
_default(`_MSP_RELAY_FLAG_', `')
_define(`_PARSE0_', ifdef(`_PREFIXMOD_', `WholeParse0', `Parse0'))
_define(`_DELAYED_', ifdef(`_DELAY_CHECKS_', `', `_'))
_define(`_TLS_REPLY_', ifdef(`TLS_PERM_ERR', 554, 454))_define(`_TLS_DSN_', ifdef(`TLS_PERM_ERR', `5.7.0', `4.7.0'))
_define(`_RELAY_KIND_', ifdef(`_RELAY_HOSTS_ONLY_', `U', `D'))
_define(`_host_of', `patsubst(`$1', `^[^][:]*:\(.\)', `\1')')
_define(`_no_filter_macros', `_undefine(`confMILTER_MACROS_CONNECT', `confMILTER_MACROS_HELO', `confMILTER_MACROS_ENVFROM', `confMILTER_MACROS_ENVRCPT', `confMILTER_MACROS_EOM')')
_mailers
ifdef(`_DELAY_CHECKS_', `ifdef(`_RATE_NODELAY_', `_define(`_EARLY_', 1)')ifdef(`_CONN_NODELAY_', `_define(`_EARLY_', 1)')')
ifdef(`confINPUT_MAIL_FILTERS', `', `_no_filter_macros')
ifdef(`_NO_ALIASES_', `undefine(`ALIAS_FILE')')

_limit_call, in checks of "name $| address": the limit named may refuse. _limit_rules: the rulesets of a limit.
_define(`_limit_call', `R$`'* $| $`'*		$: $`'1 $| $`'2 $| < $>$1Control
R$`'* $| < $`'# $`'*	$`'# $`'2
R$`'* $| < $`'*		$: $`'1
')
_define(`_limit_call2', `R$`'* $| $`'* $| $`'*	$: $`'1 $| $`'2 $| $`'3 $| < $>$1Control
R$`'* $| < $`'# $`'*	$`'# $`'2
R$`'* $| < $`'*		$: $`'1
')
_define(`_limit_early', `R$`'*			$: $`'1 $| < $>$1Control
R$`'* $| < $`'# $`'*	$`'# $`'2
R$`'* $| < $`'*		$: $`'1
')
_define(`_limit_rules', `# ---- $1Control: what the table allows a client ----
S$1Control
R$`'*			$: < $>A < $&{client_addr} > < ? > < ! Client$1 > < >
R< < ? > $`'*		$: < < $(access Client$1: $: ? $) >
R< < $`'- > $`'*		$: < $`'1 >
R< < $`'* > $`'*		$: < ? >
R< ? >			$`'@ OK
R< 0 >			$`'@ OK				no limit
R< $`'- >		$: < $`'1 > $| $(arith l $`'@ $`'1 $`'@ $&{$2} $)
R< $`'- > $| TRUE	$`'#error $`'@ 4.3.2 $: _$1_code $3

')
_define(`_Rate_code', `_RATE_CODE_')
_define(`_Conn_code', `_CONN_CODE_')
_define(`_spam_rules', `R$`'* $| $`'*		$: $`'1
R$`'*			$: $`'1 $| $>SpamWord $>FullAddr $`'1
R$`'* $| < <TMPF> >	$`'#error $`'@ 4.3.0 $: "451 Temporary system failure. Please try again later."
ifelse(`$1', `FRIEND', `R$`'* $| < FRIEND >	$`'@ $>"TLS_of_mail" SPAMFRIEND
R$`'* $| $`'*		$: $`'1
', `R$`'* $| < HATER >	$: $`'1
R$`'* $| $`'*		$`'@ $>"TLS_of_mail" NOSPAMHATER
')R$`'*			$: $>FullAddr $`'1
')
divert(0)dnl
V10/Berkeley
undivert(20)dnl

# ---- who we are, what is ours ----
ifdef(`confDOMAIN_NAME', `Dj`'confDOMAIN_NAME
')dnl
ifdef(`confLDAP_CLUSTER', `D{sendmailMTACluster}`'confLDAP_CLUSTER
')dnl
Cwlocalhost
CP.
C[ [
CO @ ifdef(`_NO_PERCENTHACK_', `', `%') ifdef(`_NO_UUCP_', `', `!')
Dn`'ifdef(`confMAILER_NAME', `confMAILER_NAME', ``MAILER'-DAEMON')
DZ8.18.2`'ifdef(`confCF_VERSION', `/confCF_VERSION')
DS`'ifdef(`SMART_HOST', `SMART_HOST')
ifdef(`LOCAL_RELAY', `DR`'LOCAL_RELAY
')dnl
ifdef(`MAIL_HUB', `DH`'MAIL_HUB
')dnl
ifdef(`LUSER_RELAY', `DL`'LUSER_RELAY
')dnl
ifdef(`UUCP_RELAY', `DY`'UUCP_RELAY
CPUUCP
')dnl
ifdef(`BITNET_RELAY', `DB`'BITNET_RELAY
CPBITNET
')dnl
ifdef(`DECNET_RELAY', `DC`'DECNET_RELAY
CPDECNET
')dnl
ifdef(`_MAILER_mail11_', `ifdef(`DECNET_RELAY', `', `CPDECNET
')')dnl
ifdef(`FAX_RELAY', `DF`'FAX_RELAY
CPFAX
')dnl
ifdef(`_MAILER_fax_', `CPFAX
')dnl
ifdef(`_MAILER_pop_', `CPPOP
')dnl
ifdef(`MASQUERADE_NAME', `DM`'MASQUERADE_NAME
')dnl
ifdef(`confCR_FILE', `FR`'confCR_FILE
', `ifdef(`_UNDEFINED_confCR_FILE', `', `FR-o MAIL_SETTINGS_DIR`'relay-domains
')')dnl
ifdef(`_USE_CW_FILE_', `Fw`'ifdef(`confCW_FILE', `confCW_FILE', `MAIL_SETTINGS_DIR`'local-host-names')
')dnl
ifdef(`_USE_CT_FILE_', `Ft`'ifdef(`confCT_FILE', `confCT_FILE', `MAIL_SETTINGS_DIR`'trusted-users')
')dnl
Troot
Tdaemon
ifdef(`_NO_UUCP_', `', `Tuucp
')dnl
ifdef(`confTRUSTED_USERS', `T`'confTRUSTED_USERS
')dnl
undivert(21)dnl

# ---- maps; those before the options join the words of a key with a space ----
C{ResOk}OKR
ifdef(`_ACCEPT_UNRESOLVABLE_', `', `Kresolve host -a<OKR> -T<TEMP>
')dnl
ifdef(`LUSER_RELAY', `Kuser user -m -a<>
')dnl
Karith arith
Kmacro macro
Kdequote dequote ifdef(`confDEQUOTE_OPTS', `confDEQUOTE_OPTS')
undivert(22)dnl

# ---- of this site ----
undivert(6)dnl

# ---- options ----
_all_options`'dnl
ifdef(`confTIME_ZONE', `ifelse(confTIME_ZONE, `USE_SYSTEM', `', confTIME_ZONE, `USE_TZ', `O TimeZoneSpec=
', `O TimeZoneSpec=confTIME_ZONE
')')dnl
ifdef(`_NO_MTA_', `', `ifdef(`_DAEMONS_', `', `_FIRST_DAEMONS_`'')ifdef(`_NO_MSA_', `', `O DaemonPortOptions=Port=587, Name=MSA, M=E
')')dnl
ifdef(`_DAEMONS_', `_DAEMONS_`'')dnl
ifdef(`_CERT_NAMES_OPTION_', `O SetCertAltnames=true
')dnl
ifdef(`_CLIENTS_', `_CLIENTS_`'')dnl
ifdef(`confINPUT_MAIL_FILTERS', `O InputMailFilters=confINPUT_MAIL_FILTERS
')dnl
ifdef(`confOPENSSL_CNF', `EOPENSSL_CONF=confOPENSSL_CNF
')dnl
undivert(23)dnl
Pfirst-class=0
Pspecial-delivery=100
Plist=-30
Pbulk=-60
Pjunk=-100

# ---- header fields ----
H?P?Return-Path: <$g>
HReceived: ifdef(`confRECEIVED_HEADER', `confRECEIVED_HEADER', `$?sfrom $s $.$?_($?s$|from $.$_)
	$.$?{auth_type}(authenticated$?{auth_ssf} bits=${auth_ssf}$.)
	$.by $j ($v/$Z)$?r with $r$. id $i$?{tls_version}
	(version=${tls_version} cipher=${cipher} bits=${cipher_bits} verify=${verify})$.$?u
	for $u; $|;
	$.$b')
H?D?Resent-Date: $a
H?D?Date: $a
H?F?Resent-From: confFROM_HEADER
H?F?From: confFROM_HEADER
H?x?Full-Name: $x
H?M?Resent-Message-Id: confMESSAGEID_HEADER
H?M?Message-Id: confMESSAGEID_HEADER

include(_CF_DIR_`m4/address.m4')dnl
include(_CF_DIR_`m4/route.m4')dnl
include(_CF_DIR_`m4/smarttable.m4')dnl
include(_CF_DIR_`m4/masquerade.m4')dnl
include(_CF_DIR_`m4/access.m4')dnl
include(_CF_DIR_`m4/check.m4')dnl
include(_CF_DIR_`m4/tls.m4')dnl
undivert(9)dnl

# ---- mailers ----
undivert(7)dnl
