/* lint_mc.c - config_lint_mc; see lint.h. The names are those of contract/m4-features.md. */
#include "config/lint.h"

/* Without the leading "conf". */
static const char *const conf_names[] = {
	"ALIAS_WAIT",
	"ALLOW_BOGUS_HELO",
	"AUTH_MAX_BITS",
	"AUTH_MECHANISMS",
	"AUTH_OPTIONS",
	"AUTH_REALM",
	"BAD_RCPT_THROTTLE",
	"BIND_OPTS",
	"BLANK_SUB",
	"BLDVARIANT",
	"CACERT",
	"CACERT_PATH",
	"CC",
	"CCLINK",
	"CCOPTS",
	"CERT_FINGERPRINT_ALGORITHM",
	"CF_VERSION",
	"CHECKPOINT_INTERVAL",
	"CHECK_ALIASES",
	"CIPHER_LIST",
	"CIPHER_SUITES",
	"CLIENT_CERT",
	"CLIENT_KEY",
	"CLIENT_SSL_OPTIONS",
	"COLON_OK_IN_ADDR",
	"CONNECTION_RATE_THROTTLE",
	"CONNECTION_RATE_WINDOW_SIZE",
	"CONNECT_ONLY_TO",
	"CONTROL_SOCKET_NAME",
	"CON_EXPENSIVE",
	"COPY_ERRORS_TO",
	"CRL",
	"CRL_PATH",
	"CR_FILE",
	"CT_FILE",
	"CW_FILE",
	"DANE",
	"DEAD_LETTER_DROP",
	"DEF_AUTH_INFO",
	"DEF_CHAR_SET",
	"DEF_USER_ID",
	"DELAY_LA",
	"DELIVERY_MODE",
	"DELIVER_BY_MIN",
	"DEPEND_TYPE",
	"DEQUOTE_OPTS",
	"DF_BUFFER_SIZE",
	"DH_PARAMETERS",
	"DIAL_DELAY",
	"DIRECT_SUBMISSION_MODIFIERS",
	"DOMAIN_NAME",
	"DONT_BLAME_SENDMAIL",
	"DONT_EXPAND_CNAMES",
	"DONT_INIT_GROUPS",
	"DONT_INSTALL_CATMAN",
	"DONT_PROBE_INTERFACES",
	"DONT_PRUNE_ROUTES",
	"DOUBLE_BOUNCE_ADDRESS",
	"EBINDIR",
	"EIGHT_BIT_HANDLING",
	"ENVDEF",
	"ERROR_MESSAGE",
	"ERROR_MODE",
	"FALLBACK_MX",
	"FALLBACK_SMARTHOST",
	"FAST_SPLIT",
	"FORCE_RMAIL",
	"FORWARD_PATH",
	"FROM_HEADER",
	"FROM_LINE",
	"GBINGRP",
	"GBINMODE",
	"GBINOWN",
	"HELO_NAME",
	"HFDIR",
	"HFFILE",
	"HOSTS_FILE",
	"HOST_STATUS_DIRECTORY",
	"IGNORE_DOTS",
	"INCDIRS",
	"INCLUDEDIR",
	"INPUT_MAIL_FILTERS",
	"INSTALL_RAWMAN",
	"LD",
	"LDAP_CLUSTER",
	"LDAP_DEFAULT_SPEC",
	"LDOPTS",
	"LIBDIR",
	"LIBDIRS",
	"LIBMODE",
	"LIBS",
	"LINKS",
	"LOCAL_MAILER",
	"LOG_LEVEL",
	"MAILBOX_DATABASE",
	"MAILER_NAME",
	"MANROOT",
	"MANROOTMAN",
	"MAPDEF",
	"MATCH_GECOS",
	"MAX_ALIAS_RECURSION",
	"MAX_DAEMON_CHILDREN",
	"MAX_HEADERS_LENGTH",
	"MAX_HOP",
	"MAX_MESSAGE_SIZE",
	"MAX_MIME_HEADER_LENGTH",
	"MAX_NOOP_COMMANDS",
	"MAX_QUEUE_AGE",
	"MAX_QUEUE_CHILDREN",
	"MAX_QUEUE_RUN_SIZE",
	"MAX_RCPTS_PER_MESSAGE",
	"MAX_RULESET_RECURSION",
	"MAX_RUNNERS_PER_QUEUE",
	"MBINDIR",
	"MBINMODE",
	"MCI_CACHE_SIZE",
	"MCI_CACHE_TIMEOUT",
	"MESSAGEID_HEADER",
	"ME_TOO",
	"MILTER_LOG_LEVEL",
	"MILTER_MACROS_",
	"MILTER_MACROS_CONNECT",
	"MILTER_MACROS_DATA",
	"MILTER_MACROS_ENVFROM",
	"MILTER_MACROS_ENVRCPT",
	"MILTER_MACROS_EOH",
	"MILTER_MACROS_EOM",
	"MILTER_MACROS_HELO",
	"MIME_FORMAT_ERRORS",
	"MIN_FREE_BLOCKS",
	"MIN_QUEUE_AGE",
	"MSPQOWN",
	"MSP_QUEUE_DIR",
	"MSP_STFILE",
	"MUST_QUOTE_CHARS",
	"NAME",
	"NICE_QUEUE_RUN",
	"NO_HELPFILE_INSTALL",
	"NO_MAN_BUILD",
	"NO_MAN_INSTALL",
	"NO_RCPT_ACTION",
	"NO_STATISTICS_INSTALL",
	"OLD_STYLE_HEADERS",
	"OPENSSL_CNF",
	"OPERATORS",
	"OPTIMIZE",
	"PID_FILE",
	"PRIVACY_FLAGS",
	"PROCESS_TITLE_PREFIX",
	"QUEUE_DIR_SPLIT",
	"QUEUE_FACTOR",
	"QUEUE_FILE_MODE",
	"QUEUE_LA",
	"QUEUE_SORT_ORDER",
	"RAND_FILE",
	"RANLIB",
	"RECEIVED_HEADER",
	"REFUSE_LA",
	"REJECT_LOG_INTERVAL",
	"REJECT_MSG",
	"RELAY_MAILER",
	"RELAY_MSG",
	"REQUIRES_DIR_FSYNC",
	"RRT_IMPLIES_DSN",
	"RUN_AS_USER",
	"SAFE_FILE_ENV",
	"SAFE_QUEUE",
	"SAVE_FROM_LINES",
	"SBINDIR",
	"SBINMODE",
	"SEPARATE_PROC",
	"SERVER_CERT",
	"SERVER_KEY",
	"SERVER_SSL_OPTIONS",
	"SERVICE_SWITCH_FILE",
	"SETUSERID_INSTALL",
	"SEVEN_BIT_INPUT",
	"SHAREDLIBDIR",
	"SHARED_MEMORY_KEY",
	"SHARED_MEMORY_KEY_FILE",
	"SHELL",
	"SINGLE_LINE_FROM_HEADER",
	"SINGLE_THREAD_DELIVERY",
	"SMTP_LOGIN_MSG",
	"SMTP_MAILER",
	"SOFT_BOUNCE",
	"SSL_ENGINE",
	"SSL_ENGINE_PATH",
	"STDIR",
	"STFILE",
	"STMODE",
	"STRIP",
	"STS_SNI",
	"TEMP_FILE_MODE",
	"TIME_ZONE",
	"TLS_FALLBACK_TO_CLEAR",
	"TLS_SESSION_FEATURES",
	"TLS_SRV_OPTIONS",
	"TO_ACONNECT",
	"TO_AUTH",
	"TO_COMMAND",
	"TO_CONNECT",
	"TO_CONTROL",
	"TO_DATABLOCK",
	"TO_DATAFINAL",
	"TO_DATAINIT",
	"TO_FILEOPEN",
	"TO_HELO",
	"TO_HOSTSTATUS",
	"TO_ICONNECT",
	"TO_IDENT",
	"TO_INITIAL",
	"TO_LHLO",
	"TO_MAIL",
	"TO_MISC",
	"TO_QUEUERETURN",
	"TO_QUEUERETURN_DSN",
	"TO_QUEUERETURN_NONURGENT",
	"TO_QUEUERETURN_NORMAL",
	"TO_QUEUERETURN_URGENT",
	"TO_QUEUEWARN",
	"TO_QUEUEWARN_DSN",
	"TO_QUEUEWARN_NONURGENT",
	"TO_QUEUEWARN_NORMAL",
	"TO_QUEUEWARN_URGENT",
	"TO_QUIT",
	"TO_RCPT",
	"TO_RESOLVER_RETRANS",
	"TO_RESOLVER_RETRANS_FIRST",
	"TO_RESOLVER_RETRANS_NORMAL",
	"TO_RESOLVER_RETRY",
	"TO_RESOLVER_RETRY_FIRST",
	"TO_RESOLVER_RETRY_NORMAL",
	"TO_RSET",
	"TO_STARTTLS",
	"TRUSTED_USER",
	"TRUSTED_USERS",
	"TRY_NULL_MX_LIST",
	"UBINDIR",
	"UBINMODE",
	"UNSAFE_GROUP_WRITES",
	"USERDB_SPEC",
	"USE_COMPRESSED_IPV6_ADDRESSES",
	"USE_ERRORS_TO",
	"USE_MSP",
	"UUCP_MAILER",
	"WORK_CLASS_FACTOR",
	"WORK_RECIPIENT_FACTOR",
	"WORK_TIME_FACTOR",
	"XF_BUFFER_SIZE",
};

static const char *const features[] = {
	"accept_unqualified_senders",
	"accept_unresolvable_domains",
	"access_db",
	"allmasquerade",
	"always_add_domain",
	"authinfo",
	"badmx",
	"bcc",
	"bestmx_is_local",
	"bitdomain",
	"blacklist_recipients",
	"block_bad_helo",
	"blocklist_recipients",
	"check_cert_altnames",
	"check_other",
	"compat_check",
	"conncontrol",
	"debian_auth",
	"delay_checks",
	"dnsbl",
	"domainmap",
	"domaintable",
	"drac",
	"enhdnsbl",
	"fips3",
	"generics_entire_domain",
	"genericstable",
	"greet_pause",
	"ldap_routing",
	"limited_masquerade",
	"local_lmtp",
	"local_no_masquerade",
	"local_procmail",
	"lookupdotdomain",
	"loose_relay_check",
	"mailertable",
	"masquerade_entire_domain",
	"masquerade_envelope",
	"msp",
	"mtamark",
	"no_default_msa",
	"nocanonify",
	"nopercenthack",
	"notsticky",
	"nouucp",
	"nullclient",
	"prefixmod",
	"preserve_local_plus_detail",
	"preserve_luser_host",
	"promiscuous_relay",
	"queuegroup",
	"ratecontrol",
	"redirect",
	"relay_based_on_MX",
	"relay_entire_domain",
	"relay_hosts_only",
	"relay_local_from",
	"relay_mail_from",
	"require_rdns",
	"rhsbl",
	"same_domain_only",
	"smarttable",
	"smrsh",
	"stickyhost",
	"sts",
	"tls_failures",
	"tls_session_features",
	"use_client_ptr",
	"use_ct_file",
	"use_cw_file",
	"uucpdomain",
	"virtuser_entire_domain",
	"virtusertable",
	"vnet",
};

static const char *const ostypes[] = {
	"a-ux",          "aix3",     "aix4",     "aix5",      "altos",    "amdahl-uts",
	"bsd4.3",        "bsd4.4",   "bsdi",     "bsdi1.0",   "bsdi2.0",  "darwin",
	"debian",        "dgux",     "domainos", "dragonfly", "dynix3.2", "freebsd",
	"freebsd4",      "freebsd5", "freebsd6", "generic",   "gnu",      "hpux10",
	"hpux11",        "hpux9",    "irix4",    "irix5",     "irix6",    "isc4.1",
	"linux",         "maxion",   "mklinux",  "mpeix",     "netbsd",   "nextstep",
	"openbsd",       "osf1",     "powerux",  "ptx2",      "qnx",      "riscos4.5",
	"sco-uw-2.1",    "sco3.2",   "sinix",    "solaris11", "solaris2", "solaris2.ml",
	"solaris2.pre5", "solaris8", "sunos3.5", "sunos4.1",  "svr4",     "ultrix4",
	"unicos",        "unicosmk", "unicosmp", "unixware7", "unknown",  "uxpds",
};

static const char *const mailers[] = {
	"cyrus", "cyrusv2",  "fax",   "local", "mail11", "phquery",
	"pop",   "procmail", "qpage", "smtp",  "usenet", "uucp",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct checked {
	const char *macro;  /* whose first argument is looked at */
	const char *prefix; /* only arguments that begin so */
	const char *const *names;
	size_t n;
	const char *before, *after; /* of the name, in the complaint */
} checks[] = {
	{"define",   "conf", conf_names, COUNT(conf_names), "no configuration name ",
         ": this define has no effect"						  },
	{ "FEATURE", "",     features,   COUNT(features),   "unknown FEATURE ",       ""},
	{ "OSTYPE",  "",     ostypes,    COUNT(ostypes),    "unknown OSTYPE ",        ""},
	{ "MAILER",  "",     mailers,    COUNT(mailers),    "unknown MAILER ",        ""},
};

static bool is_known(const struct checked *c, struct view name)
{
	for (size_t i = 0; i < c->n; i++) {
		if (view_eq(name, view_of(c->names[i])))
			return true;
	}
	return false;
}

/* The first argument behind the opening parenthesis, unquoted; a path (site files) counts as its last part. */
static struct view first_argument(struct view v)
{
	size_t n = 0, slash;

	while (v.len && strchr(" \t\n`", v.p[0]))
		v = view_skip(v, 1);
	while (n < v.len && !strchr("',) \t\n", v.p[n]))
		n++;
	v = view_first(v, n);
	slash = view_rfind(v, '/');
	return slash < v.len ? view_skip(v, slash + 1) : v;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* One line of m4 text: each call of a macro that is looked at. */
static int lint_line(const char *path, int line, struct view text, struct str *out)
{
	int n = 0;

	for (size_t i = 0; i < text.len; i++) {
		struct view at = view_skip(text, i);

		if (i > 0 && is_word(text.p[i - 1]))
			continue;
		if (view_starts(at, VIEW("dnl")) && (at.len == 3 || !is_word(at.p[3])))
			return n;
		for (size_t k = 0; k < COUNT(checks); k++) {
			struct view macro = view_of(checks[k].macro), name, prefix;

			if (!view_starts(at, macro) || at.len == macro.len ||
			    at.p[macro.len] != '(')
				continue;
			name = first_argument(view_skip(at, macro.len + 1));
			prefix = view_of(checks[k].prefix);
			if (!view_starts(name, prefix) ||
			    is_known(&checks[k], view_skip(name, prefix.len)))
				continue;
			str_addf(out, "%s: line %d: %s" VIEW_FMT "%s\n", path, line,
				 checks[k].before, VIEW_ARG(name), checks[k].after);
			n++;
		}
	}
	return n;
}

int config_lint_mc(const char *path, struct view text, struct str *out)
{
	struct view line;
	int number = 0, n = 0;

	while (view_cut(&text, '\n', &line)) {
		number++;
		if (line.len == 0 || line.p[0] != '#')
			n += lint_line(path, number, line, out);
	}
	return n;
}
