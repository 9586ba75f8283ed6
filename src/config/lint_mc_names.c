/*
 * lint_mc_names.c - the names of the .mc language, from contract/m4-features.md. Lists for lint; the cf tree itself reads none of them.
 */
#include "config/lint_part.h"

/* clang-format off */

/* Of define(`confNAME', ...), without the leading "conf". */
const char *const mc_conf_names[] = {
	"ALIAS_WAIT", "ALLOW_BOGUS_HELO", "AUTH_MAX_BITS", "AUTH_MECHANISMS", "AUTH_OPTIONS",
	"AUTH_REALM", "BAD_RCPT_THROTTLE", "BIND_OPTS", "BLANK_SUB", "BLDVARIANT", "CACERT",
	"CACERT_PATH", "CC", "CCLINK", "CCOPTS", "CERT_FINGERPRINT_ALGORITHM", "CF_VERSION",
	"CHECKPOINT_INTERVAL", "CHECK_ALIASES", "CIPHER_LIST", "CIPHER_SUITES", "CLIENT_CERT",
	"CLIENT_KEY", "CLIENT_SSL_OPTIONS", "COLON_OK_IN_ADDR", "CONNECTION_RATE_THROTTLE",
	"CONNECTION_RATE_WINDOW_SIZE", "CONNECT_ONLY_TO", "CONTROL_SOCKET_NAME",
	"CON_EXPENSIVE", "COPY_ERRORS_TO", "CRL", "CRL_PATH", "CR_FILE", "CT_FILE", "CW_FILE",
	"DANE", "DEAD_LETTER_DROP", "DEF_AUTH_INFO", "DEF_CHAR_SET", "DEF_USER_ID", "DELAY_LA",
	"DELIVERY_MODE", "DELIVER_BY_MIN", "DEPEND_TYPE", "DEQUOTE_OPTS", "DF_BUFFER_SIZE",
	"DH_PARAMETERS", "DIAL_DELAY", "DIRECT_SUBMISSION_MODIFIERS", "DOMAIN_NAME",
	"DONT_BLAME_SENDMAIL", "DONT_EXPAND_CNAMES", "DONT_INIT_GROUPS", "DONT_INSTALL_CATMAN",
	"DONT_PROBE_INTERFACES", "DONT_PRUNE_ROUTES", "DOUBLE_BOUNCE_ADDRESS", "EBINDIR",
	"EIGHT_BIT_HANDLING", "ENVDEF", "ERROR_MESSAGE", "ERROR_MODE", "FALLBACK_MX",
	"FALLBACK_SMARTHOST", "FAST_SPLIT", "FORCE_RMAIL", "FORWARD_PATH", "FROM_HEADER",
	"FROM_LINE", "GBINGRP", "GBINMODE", "GBINOWN", "HELO_NAME", "HFDIR", "HFFILE",
	"HOSTS_FILE", "HOST_STATUS_DIRECTORY", "IGNORE_DOTS", "INCDIRS", "INCLUDEDIR",
	"INPUT_MAIL_FILTERS", "INSTALL_RAWMAN", "LD", "LDAP_CLUSTER", "LDAP_DEFAULT_SPEC",
	"LDOPTS", "LIBDIR", "LIBDIRS", "LIBMODE", "LIBS", "LINKS", "LOCAL_MAILER", "LOG_LEVEL",
	"MAILBOX_DATABASE", "MAILER_NAME", "MANROOT", "MANROOTMAN", "MAPDEF", "MATCH_GECOS",
	"MAX_ALIAS_RECURSION", "MAX_DAEMON_CHILDREN", "MAX_HEADERS_LENGTH", "MAX_HOP",
	"MAX_MESSAGE_SIZE", "MAX_MIME_HEADER_LENGTH", "MAX_NOOP_COMMANDS", "MAX_QUEUE_AGE",
	"MAX_QUEUE_CHILDREN", "MAX_QUEUE_RUN_SIZE", "MAX_RCPTS_PER_MESSAGE",
	"MAX_RULESET_RECURSION", "MAX_RUNNERS_PER_QUEUE", "MBINDIR", "MBINMODE",
	"MCI_CACHE_SIZE", "MCI_CACHE_TIMEOUT", "MESSAGEID_HEADER", "ME_TOO", "MILTER_LOG_LEVEL",
	"MILTER_MACROS_CONNECT", "MILTER_MACROS_DATA", "MILTER_MACROS_ENVFROM",
	"MILTER_MACROS_ENVRCPT", "MILTER_MACROS_EOH", "MILTER_MACROS_EOM", "MILTER_MACROS_HELO",
	"MIME_FORMAT_ERRORS", "MIN_FREE_BLOCKS", "MIN_QUEUE_AGE", "MSPQOWN", "MSP_QUEUE_DIR",
	"MSP_STFILE", "MUST_QUOTE_CHARS", "NICE_QUEUE_RUN", "NO_HELPFILE_INSTALL",
	"NO_MAN_BUILD", "NO_MAN_INSTALL", "NO_RCPT_ACTION", "NO_STATISTICS_INSTALL",
	"OLD_STYLE_HEADERS", "OPENSSL_CNF", "OPERATORS", "OPTIMIZE", "PID_FILE",
	"PRIVACY_FLAGS", "PROCESS_TITLE_PREFIX", "QUEUE_DIR_SPLIT", "QUEUE_FACTOR",
	"QUEUE_FILE_MODE", "QUEUE_LA", "QUEUE_SORT_ORDER", "RAND_FILE", "RANLIB",
	"RECEIVED_HEADER", "REFUSE_LA", "REJECT_LOG_INTERVAL", "REJECT_MSG", "REJECT_NUL",
	"RELAY_MAILER", "RELAY_MSG", "REQUIRES_DIR_FSYNC", "RRT_IMPLIES_DSN", "RUN_AS_USER",
	"SAFE_FILE_ENV", "SAFE_QUEUE", "SAVE_FROM_LINES", "SBINDIR", "SBINMODE",
	"SEPARATE_PROC", "SERVER_CERT", "SERVER_KEY", "SERVER_SSL_OPTIONS",
	"SERVICE_SWITCH_FILE", "SETUSERID_INSTALL", "SEVEN_BIT_INPUT", "SHAREDLIBDIR",
	"SHARED_MEMORY_KEY", "SHARED_MEMORY_KEY_FILE", "SHELL", "SINGLE_LINE_FROM_HEADER",
	"SINGLE_THREAD_DELIVERY", "SMTPUTF8", "SMTP_LOGIN_MSG", "SMTP_MAILER", "SOFT_BOUNCE",
	"SSL_ENGINE", "SSL_ENGINE_PATH", "STDIR", "STFILE", "STMODE", "STRIP", "TEMP_FILE_MODE",
	"TIME_ZONE", "TLS_FALLBACK_TO_CLEAR", "TLS_SESSION_FEATURES", "TLS_SRV_OPTIONS",
	"TO_ACONNECT", "TO_AUTH", "TO_COMMAND", "TO_CONNECT", "TO_CONTROL", "TO_DATABLOCK",
	"TO_DATAFINAL", "TO_DATAINIT", "TO_FILEOPEN", "TO_HELO", "TO_HOSTSTATUS", "TO_ICONNECT",
	"TO_IDENT", "TO_INITIAL", "TO_LHLO", "TO_MAIL", "TO_MISC", "TO_QUEUERETURN",
	"TO_QUEUERETURN_DSN", "TO_QUEUERETURN_NONURGENT", "TO_QUEUERETURN_NORMAL",
	"TO_QUEUERETURN_URGENT", "TO_QUEUEWARN", "TO_QUEUEWARN_DSN", "TO_QUEUEWARN_NONURGENT",
	"TO_QUEUEWARN_NORMAL", "TO_QUEUEWARN_URGENT", "TO_QUIT", "TO_RCPT",
	"TO_RESOLVER_RETRANS", "TO_RESOLVER_RETRANS_FIRST", "TO_RESOLVER_RETRANS_NORMAL",
	"TO_RESOLVER_RETRY", "TO_RESOLVER_RETRY_FIRST", "TO_RESOLVER_RETRY_NORMAL", "TO_RSET",
	"TO_STARTTLS", "TRUSTED_USER", "TRUSTED_USERS", "TRY_NULL_MX_LIST", "UBINDIR",
	"UBINMODE", "UNSAFE_GROUP_WRITES", "USERDB_SPEC", "USE_COMPRESSED_IPV6_ADDRESSES",
	"USE_ERRORS_TO", "USE_MSP", "UUCP_MAILER", "WORK_CLASS_FACTOR", "WORK_RECIPIENT_FACTOR",
	"WORK_TIME_FACTOR", "XF_BUFFER_SIZE", NULL
};

const char *const mc_features[] = {
	"accept_unqualified_senders", "accept_unresolvable_domains", "access_db",
	"allmasquerade", "always_add_domain", "authinfo", "badmx", "bcc", "bestmx_is_local",
	"bitdomain", "blacklist_recipients", "block_bad_helo", "blocklist_recipients",
	"check_cert_altnames", "check_other", "compat_check", "conncontrol", "delay_checks",
	"dnsbl", "domainmap", "domaintable", "drac", "enhdnsbl", "fips3",
	"generics_entire_domain", "genericstable", "greet_pause", "ldap_routing",
	"limited_masquerade", "local_lmtp", "local_no_masquerade", "local_procmail",
	"lookupdotdomain", "loose_relay_check", "mailertable", "masquerade_entire_domain",
	"masquerade_envelope", "msp", "mtamark", "no_default_msa", "nocanonify",
	"nopercenthack", "notsticky", "nouucp", "nullclient", "prefixmod",
	"preserve_local_plus_detail", "preserve_luser_host", "promiscuous_relay", "queuegroup",
	"ratecontrol", "redirect", "relay_based_on_MX", "relay_entire_domain",
	"relay_hosts_only", "relay_local_from", "relay_mail_from", "require_rdns", "rhsbl",
	"same_domain_only", "smarttable", "smrsh", "stickyhost", "sts", "tls_failures",
	"tls_session_features", "use_client_ptr", "use_ct_file", "use_cw_file", "uucpdomain",
	"virtuser_entire_domain", "virtusertable", "vnet", NULL
};

const char *const mc_ostypes[] = {
	"a-ux", "aix3", "aix4", "aix5", "altos", "amdahl-uts", "bsd4.3", "bsd4.4", "bsdi",
	"bsdi1.0", "bsdi2.0", "darwin", "debian", "dgux", "domainos", "dragonfly", "dynix3.2",
	"freebsd4", "freebsd5", "freebsd6", "gnu", "hpux10", "hpux11", "hpux9", "irix4",
	"irix5", "irix6", "isc4.1", "linux", "maxion", "mklinux", "mpeix", "nextstep",
	"openbsd", "osf1", "powerux", "ptx2", "qnx", "riscos4.5", "sco-uw-2.1", "sco3.2",
	"sinix", "solaris11", "solaris2", "solaris2.ml", "solaris2.pre5", "solaris8",
	"sunos3.5", "sunos4.1", "svr4", "ultrix4", "unicos", "unicosmk", "unicosmp",
	"unixware7", "unknown", "uxpds", NULL
};

const char *const mc_mailers[] = {
	"cyrus", "cyrusv2", "fax", "local", "mail11", "phquery", "pop", "procmail", "qpage",
	"smtp", "usenet", "uucp", NULL
};

const char *const mc_domains[] = {
	"debian-msp", "debian-mta", "generic", "unspecified", NULL
};

/* Other names that a site defines: relays, files, what a mailer is made of. */
const char *const mc_variables[] = {
	"SMART_HOST", "MAIL_HUB", "LOCAL_RELAY", "LUSER_RELAY", "UUCP_RELAY", "BITNET_RELAY",
	"DECNET_RELAY", "FAX_RELAY", "MAIL_SETTINGS_DIR", "DATABASE_MAP_TYPE", "ALIAS_FILE",
	"HELP_FILE", "QUEUE_DIR", "MSP_QUEUE_DIR", "STATUS_FILE", "LOCAL_PROG_QGRP",
	"TLS_PERM_ERR", "DNSBL_MAP", "DNSBL_MAP_OPT", "EDNSBL_TO", "LOCAL_MAILER_PATH",
	"LOCAL_MAILER_ARGS", "LOCAL_MAILER_FLAGS", "LOCAL_MAILER_MAX", "LOCAL_MAILER_MAXMSGS",
	"LOCAL_MAILER_CHARSET", "LOCAL_MAILER_EOL", "LOCAL_MAILER_DSN_DIAGNOSTIC_CODE",
	"LOCAL_MAILER_QGRP", "LOCAL_SHELL_PATH", "LOCAL_SHELL_ARGS", "LOCAL_SHELL_FLAGS",
	"LOCAL_SHELL_DIR", "USENET_MAILER_PATH", "USENET_MAILER_FLAGS", "USENET_MAILER_ARGS",
	"USENET_MAILER_MAX", "USENET_MAILER_QGRP", "SMTP_MAILER_FLAGS", "SMTP_MAILER_MAX",
	"SMTP_MAILER_MAXMSGS", "SMTP_MAILER_MAXRCPTS", "SMTP_MAILER_ARGS", "SMTP_MAILER_CHARSET",
	"SMTP_MAILER_LL", "SMTP_MAILER_QGRP", "ESMTP_MAILER_ARGS", "ESMTP_MAILER_QGRP",
	"SMTP8_MAILER_ARGS", "SMTP8_MAILER_QGRP", "DSMTP_MAILER_ARGS", "DSMTP_MAILER_QGRP",
	"RELAY_MAILER_FLAGS", "RELAY_MAILER_ARGS", "RELAY_MAILER_CHARSET", "RELAY_MAILER_LL",
	"RELAY_MAILER_MAXMSGS", "RELAY_MAILER_QGRP", "UUCP_MAILER_PATH", "UUCP_MAILER_FLAGS",
	"UUCP_MAILER_ARGS", "UUCP_MAILER_MAX", "UUCP_MAILER_CHARSET", "UUCP_MAILER_QGRP",
	"FAX_MAILER_PATH", "FAX_MAILER_ARGS", "FAX_MAILER_MAX", "POP_MAILER_PATH",
	"POP_MAILER_FLAGS", "POP_MAILER_ARGS", "POP_MAILER_QGRP", "PROCMAIL_MAILER_PATH",
	"PROCMAIL_MAILER_FLAGS", "PROCMAIL_MAILER_ARGS", "PROCMAIL_MAILER_MAX",
	"PROCMAIL_MAILER_QGRP", "MAIL11_MAILER_PATH", "MAIL11_MAILER_FLAGS",
	"MAIL11_MAILER_ARGS", "MAIL11_MAILER_QGRP", "PH_MAILER_PATH", "PH_MAILER_FLAGS",
	"PH_MAILER_ARGS", "PH_MAILER_QGRP", "CYRUS_MAILER_PATH", "CYRUS_MAILER_FLAGS",
	"CYRUS_MAILER_ARGS", "CYRUS_MAILER_MAX", "CYRUS_MAILER_USER", "CYRUS_MAILER_QGRP",
	"CYRUS_BB_MAILER_FLAGS", "CYRUS_BB_MAILER_ARGS", "CYRUSV2_MAILER_FLAGS",
	"CYRUSV2_MAILER_ARGS", "CYRUSV2_MAILER_MAXMSGS", "CYRUSV2_MAILER_MAXRCPTS",
	"CYRUSV2_MAILER_CHARSET", "CYRUSV2_MAILER_QGRP", "QPAGE_MAILER_PATH",
	"QPAGE_MAILER_FLAGS", "QPAGE_MAILER_ARGS", "QPAGE_MAILER_MAX", "QPAGE_MAILER_QGRP", NULL
};

/* What a file may call: the macros of the cf tree, and m4's own. */
const char *const mc_macros[] = {
	"VERSIONID", "OSTYPE", "DOMAIN", "FEATURE", "HACK", "MAILER", "SITECONFIG", "SITE",
	"MODIFY_MAILER_FLAGS", "LOCAL_CONFIG", "LOCAL_RULE_0", "LOCAL_RULE_1", "LOCAL_RULE_2",
	"LOCAL_RULE_3", "LOCAL_RULESETS", "LOCAL_NET_CONFIG", "LOCAL_UUCP", "LOCAL_DNSBL",
	"MAILER_DEFINITIONS", "LOCAL_SRV_FEATURES", "LOCAL_CLT_FEATURES", "LOCAL_TRY_TLS",
	"LOCAL_TLS_RCPT", "LOCAL_TLS_CLIENT", "LOCAL_TLS_SERVER", "UUCPSMTP", "PUSHDIVERT",
	"POPDIVERT", "CONCAT", "DOL", "CF_LEVEL", "LOCAL_DOMAIN", "MASQUERADE_AS",
	"MASQUERADE_DOMAIN", "MASQUERADE_DOMAIN_FILE", "MASQUERADE_EXCEPTION",
	"MASQUERADE_EXCEPTION_FILE", "EXPOSED_USER", "EXPOSED_USER_FILE", "LOCAL_USER",
	"LOCAL_USER_FILE", "GENERICS_DOMAIN", "GENERICS_DOMAIN_FILE", "VIRTUSER_DOMAIN",
	"VIRTUSER_DOMAIN_FILE", "RELAY_DOMAIN", "RELAY_DOMAIN_FILE", "CANONIFY_DOMAIN",
	"CANONIFY_DOMAIN_FILE", "LDAPROUTE_DOMAIN", "LDAPROUTE_DOMAIN_FILE",
	"LDAPROUTE_EQUIVALENT", "LDAPROUTE_EQUIVALENT_FILE", "TRUST_AUTH_MECH", "DAEMON_OPTIONS",
	"CLIENT_OPTIONS", "INPUT_MAIL_FILTER", "MAIL_FILTER", "QUEUE_GROUP", "APPENDDEF",
	"PREPENDDEF", "define", "undefine", "defn", "pushdef", "popdef", "ifdef", "ifelse",
	"include", "sinclude", "divert", "undivert", "divnum", "dnl", "changequote", "changecom",
	"changeword", "errprint", "esyscmd", "syscmd", "sysval", "eval", "len", "index",
	"substr", "translit", "format", "shift", "incr", "decr", "m4wrap", "m4exit", "dumpdef",
	"traceon", "traceoff", "regexp", "patsubst", "indir", "builtin", "maketemp", "mkstemp",
	"__file__", "__line__", "__gnu__", "unix", NULL
};

/* clang-format on */
