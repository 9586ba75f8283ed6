/* option_table.c - see option_table.h. The rows come in the order in which abbreviations are looked for. */
#include "config/option_table.h"

#include "build_config.h"

#define BUILT OPTION_BUILT
#define SAFE  (OPTION_BUILT | OPTION_SAFE)
#define LATER 0
#if HAVE_SASL
#define WITH_SASL OPTION_BUILT
#else
#define WITH_SASL LATER
#endif

#define FIELD(name, letter, kind, field, flags, initial)                                           \
	{                                                                                          \
		name, letter, 0, kind, flags, offsetof(struct options, field), initial, NULL       \
	}
#define BOOL(name, letter, field, flags, initial)                                                  \
	FIELD(name, letter, OPTION_BOOL, field, flags, initial)
#define INT(name, letter, field, flags, initial)                                                   \
	FIELD(name, letter, OPTION_INT, field, flags, initial)
#define INT64(name, letter, field, flags, initial)                                                 \
	FIELD(name, letter, OPTION_INT64, field, flags, initial)
#define TEXT(name, letter, field, flags, initial)                                                  \
	FIELD(name, letter, OPTION_TEXT, field, flags, initial)
#define TEMPLATE(name, letter, field, flags, initial)                                              \
	FIELD(name, letter, OPTION_TEMPLATE, field, flags, initial)
#define LETTER(name, letter, field, flags, initial)                                                \
	FIELD(name, letter, OPTION_LETTER, field, flags, initial)
#define MODE(name, letter, field, flags, initial)                                                  \
	FIELD(name, letter, OPTION_MODE, field, flags, initial)
#define TIME(name, letter, field, unit, flags, initial)                                            \
	{                                                                                          \
		name, letter, unit, OPTION_TIME, flags, offsetof(struct options, field), initial,  \
			NULL                                                                       \
	}
#define CUSTOM(name, letter, set, flags, initial)                                                  \
	{                                                                                          \
		name, letter, 0, OPTION_CUSTOM, flags, 0, initial, set                             \
	}
#define IGNORED(name, letter)                                                                      \
	{                                                                                          \
		name, letter, 0, OPTION_IGNORED, 0, 0, NULL, NULL                                  \
	}

/* clang-format off */
static const struct option_row rows[] = {
	BOOL("SevenBitInput", '7', seven_bit_input, SAFE, NULL),
	CUSTOM("EightBitMode", '8', set_eight_bit, SAFE, NULL),
	CUSTOM("AliasFile", 'A', set_alias_file, BUILT, NULL),
	TIME("AliasWait", 'a', alias_wait_s, 'm', BUILT, NULL),
	LETTER("BlankSub", 'B', blank_sub, BUILT, NULL),
	INT64("MinFreeBlocks", 'b', min_free_blocks, SAFE, NULL),
	INT("CheckpointInterval", 'C', checkpoint_interval, SAFE, "10"),
	BOOL("HoldExpensive", 'c', hold_expensive, BUILT, NULL),
	CUSTOM("DeliveryMode", 'd', set_delivery_mode, SAFE, "background"),
	TEMPLATE("ErrorHeader", 'E', error_header, BUILT, NULL),
	LETTER("ErrorMode", 'e', error_mode, SAFE, "print"),
	MODE("TempFileMode", 'F', temp_file_mode, BUILT, NULL),
	BOOL("SaveFromLine", 'f', save_from_line, BUILT, NULL),
	BOOL("MatchGECOS", 'G', match_gecos, BUILT, NULL),
	TEXT("HelpFile", 'H', help_file, BUILT, NULL),
	INT("MaxHopCount", 'h', max_hop_count, BUILT, "25"),
	CUSTOM("ResolverOptions", 'I', set_resolver, BUILT, NULL),
	BOOL("IgnoreDots", 'i', ignore_dots, SAFE, NULL),
	TEMPLATE("ForwardPath", 'J', forward_path, BUILT, NULL),
	BOOL("SendMimeErrors", 'j', send_mime_errors, SAFE, "true"),
	INT("ConnectionCacheSize", 'k', connection_cache_size, BUILT, "1"),
	TIME("ConnectionCacheTimeout", 'K', connection_cache_timeout_s, 's', BUILT, "5m"),
	CUSTOM("LogLevel", 'L', set_log_level, SAFE, "9"),
	BOOL("UseErrorsTo", 'l', use_errors_to, BUILT, NULL),
	BOOL("MeToo", 'm', me_too, SAFE, "true"),
	BOOL("CheckAliases", 'n', check_aliases, BUILT, NULL),
	CUSTOM("DaemonPortOptions", 'O', set_daemon_ports, BUILT, NULL),
	BOOL("OldStyleHeaders", 'o', old_style_headers, SAFE, NULL),
	CUSTOM("PrivacyOptions", 'p', set_privacy, SAFE, NULL),
	TEXT("PostmasterCopy", 'P', postmaster_copy, BUILT, NULL),
	INT64("QueueFactor", 'q', queue_factor, BUILT, "600000"),
	CUSTOM("QueueDirectory", 'Q', set_queue_directory, BUILT, NULL),
	BOOL("DontPruneRoutes", 'R', dont_prune_routes, LATER, NULL),
	CUSTOM("Timeout", 'r', set_timeout, OPTION_BUILT | OPTION_HAS_SUB, NULL),
	TEXT("StatusFile", 'S', status_file, BUILT, NULL),
	CUSTOM("SuperSafe", 's', set_super_safe, SAFE, "true"),
	CUSTOM("QueueTimeout", 'T', set_queue_timeout, BUILT, NULL),
	CUSTOM("TimeZoneSpec", 't', set_time_zone, BUILT, NULL),
	TEXT("UserDatabaseSpec", 'U', user_database_spec, LATER, NULL),
	CUSTOM("DefaultUser", 'u', set_default_user, BUILT, NULL),
	TEXT("FallbackMXhost", 'V', fallback_mx_host, BUILT, NULL),
	CUSTOM("Verbose", 'v', set_verbose, SAFE, NULL),
	BOOL("TryNullMXList", 'w', try_null_mx_list, BUILT, NULL),
	INT("RefuseLA", 'X', refuse_la, BUILT, NULL),
	INT("QueueLA", 'x', queue_la, BUILT, NULL),
	BOOL("ForkEachJob", 'Y', fork_each_job, LATER, NULL),
	INT64("RecipientFactor", 'y', recipient_factor, BUILT, "30000"),
	INT64("RetryFactor", 'Z', retry_factor, BUILT, "90000"),
	INT64("ClassFactor", 'z', class_factor, BUILT, "1800"),
	BOOL("AllowBogusHELO", 0, allow_bogus_helo, SAFE, NULL),
	TEXT("AuthMechanisms", 0, auth_mechanisms, WITH_SASL, "EXTERNAL GSSAPI KERBEROS_V4 DIGEST-MD5 CRAM-MD5"),
	CUSTOM("AuthOptions", 0, set_auth_options, WITH_SASL, NULL),
	INT("AuthMaxBits", 0, auth_max_bits, WITH_SASL, "2147483647"),
	TEXT("AuthRealm", 0, auth_realm, WITH_SASL, NULL),
	INT("BadRcptThrottle", 0, bad_rcpt_throttle, SAFE, NULL),
	TEXT("CACertFile", 0, ca_cert_file, LATER, NULL),
	TEXT("CACertPath", 0, ca_cert_path, LATER, NULL),
	TEXT("CertFingerprintAlgorithm", 0, cert_fingerprint_algorithm, LATER, NULL),
	TEXT("CipherList", 0, cipher_list, LATER, NULL),
	TEXT("CipherSuites", 0, cipher_suites, LATER, NULL),
	CUSTOM("ClientPortOptions", 0, set_client_ports, BUILT, NULL),
	TEXT("ClientCertFile", 0, client_cert_file, LATER, NULL),
	TEXT("ClientKeyFile", 0, client_key_file, LATER, NULL),
	CUSTOM("ClientSSLOptions", 0, set_ssl_options, LATER, NULL),
	BOOL("ColonOkInAddr", 0, colon_ok_in_addr, SAFE, NULL),
	CUSTOM("ConnectOnlyTo", 0, set_connect_only_to, BUILT, NULL),
	INT("ConnectionRateThrottle", 0, connection_rate_throttle, BUILT, NULL),
	TIME("ConnectionRateWindowSize", 0, connection_rate_window_size_s, 's', BUILT, "60"),
	TEXT("ControlSocketName", 0, control_socket_name, LATER, NULL),
	TEXT("CRLFile", 0, crl_file, LATER, NULL),
	TEXT("CRLPath", 0, crl_path, LATER, NULL),
	INT64("DataFileBufferSize", 0, data_file_buffer_size, BUILT, "4096"),
	TEXT("DeadLetterDrop", 0, dead_letter_drop, BUILT, NULL),
	TEXT("DefaultCharSet", 0, default_char_set, SAFE, "unknown-8bit"),
	TEXT("DefaultAuthInfo", 0, default_auth_info, LATER, NULL),
	TIME("DeliverByMin", 0, deliver_by_min_s, 's', BUILT, NULL),
	INT("DelayLA", 0, delay_la, BUILT, NULL),
	TEXT("DHParameters", 0, dh_parameters, LATER, "i"),
	TIME("DialDelay", 0, dial_delay_s, 's', OPTION_SAFE, NULL),
	CUSTOM("DirectSubmissionModifiers", 0, set_direct_modifiers, BUILT, NULL),
	BOOL("DontExpandCnames", 0, dont_expand_cnames, BUILT, NULL),
	CUSTOM("DontBlameSendmail", 0, set_dont_blame, BUILT, "safe"),
	BOOL("DontInitGroups", 0, dont_init_groups, BUILT, NULL),
	LETTER("DontProbeInterfaces", 0, dont_probe_interfaces, BUILT, "false"),
	TEMPLATE("DoubleBounceAddress", 0, double_bounce_address, BUILT, "postmaster"),
	INT("FastSplit", 0, fast_split, LATER, "1"),
	TEXT("FallbackSmartHost", 0, fallback_smart_host, BUILT, NULL),
	TEXT("HeloName", 0, helo_name, BUILT, NULL),
	TEXT("HostsFile", 0, hosts_file, BUILT, "/etc/hosts"),
	TEXT("HostStatusDirectory", 0, host_status_directory, BUILT, NULL),
	CUSTOM("InputMailFilters", 0, set_input_filters, LATER, NULL),
	TEXT("LDAPDefaultSpec", 0, ldap_default_spec, BUILT, NULL),
	TEXT("MailboxDatabase", 0, mailbox_database, BUILT, "pw"),
	INT64("MaxMessageSize", 0, max_message_size, BUILT, NULL),
	INT("MaxAliasRecursion", 0, max_alias_recursion, BUILT, "10"),
	INT("MaxDaemonChildren", 0, max_daemon_children, BUILT, NULL),
	CUSTOM("MaxHeadersLength", 0, set_max_headers, BUILT, "32768"),
	CUSTOM("MaxMimeHeaderLength", 0, set_max_mime, BUILT, "2048/1024"),
	INT("MaxNOOPCommands", 0, max_noop_commands, BUILT, "20"),
	INT("MaxQueueRunSize", 0, max_queue_run_size, SAFE, NULL),
	INT("MaxQueueChildren", 0, max_queue_children, BUILT, NULL),
	TIME("MaxQueueAge", 0, max_queue_age_s, 'm', BUILT, NULL),
	INT("MaxRecipientsPerMessage", 0, max_recipients_per_message, SAFE, NULL),
	INT("MaxRunnersPerQueue", 0, max_runners_per_queue, BUILT, "1"),
	TIME("MinQueueAge", 0, min_queue_age_s, 'm', SAFE, NULL),
	CUSTOM("Milter", 0, set_milter, OPTION_HAS_SUB, NULL),
	CUSTOM("MustQuoteChars", 0, set_must_quote, BUILT, ".'"),
	CUSTOM("NoRecipientAction", 0, set_no_recipient, SAFE, "none"),
	INT("NiceQueueRun", 0, nice_queue_run, BUILT, NULL),
	CUSTOM("OperatorChars", 0, set_operator_chars, BUILT, NULL),
	TEMPLATE("PidFile", 0, pid_file, BUILT, "/var/run/sendmail.pid"),
	TEMPLATE("ProcessTitlePrefix", 0, process_title_prefix, LATER, NULL),
	MODE("QueueFileMode", 0, queue_file_mode, BUILT, NULL),
	CUSTOM("QueueSortOrder", 0, set_queue_sort, SAFE, "priority"),
	TEXT("RandFile", 0, rand_file, LATER, NULL),
	TIME("RejectLogInterval", 0, reject_log_interval_s, 'h', BUILT, "3h"),
	BOOL("RequiresDirfsync", 0, requires_dir_fsync, BUILT, "true"),
	BOOL("RrtImpliesDsn", 0, rrt_implies_dsn, BUILT, NULL),
	CUSTOM("RunAsUser", 0, set_run_as_user, BUILT, NULL),
	TEXT("SafeFileEnvironment", 0, safe_file_environment, BUILT, NULL),
	TEXT("ServiceSwitchFile", 0, service_switch_file, BUILT, "/etc/mail/service.switch"),
	TEXT("ServerCertFile", 0, server_cert_file, LATER, NULL),
	TEXT("ServerKeyFile", 0, server_key_file, LATER, NULL),
	CUSTOM("ServerSSLOptions", 0, set_ssl_options, LATER, NULL),
	INT64("SharedMemoryKey", 0, shared_memory_key, LATER, NULL),
	TEXT("SharedMemoryKeyFile", 0, shared_memory_key_file, LATER, NULL),
	BOOL("SingleLineFromHeader", 0, single_line_from_header, SAFE, NULL),
	BOOL("SingleThreadDelivery", 0, single_thread_delivery, BUILT, NULL),
	TEMPLATE("SmtpGreetingMessage", 0, smtp_greeting_message, BUILT, "$j Sendmail $v ready at $b"),
	BOOL("SmtpUTF8", 0, smtp_utf8, BUILT, NULL),
	BOOL("SoftBounce", 0, soft_bounce, BUILT, NULL),
	TEXT("SSLEngine", 0, ssl_engine, LATER, NULL),
	TEXT("SSLEnginePath", 0, ssl_engine_path, LATER, NULL),
	CUSTOM("TLSSrvOptions", 0, set_tls_srv_options, LATER, NULL),
	BOOL("TLSFallbacktoClear", 0, tls_fallback_to_clear, LATER, NULL),
	CUSTOM("TrustedUser", 0, set_trusted_user, BUILT, NULL),
	TEMPLATE("UnixFromLine", 0, unix_from_line, BUILT, "From $g $d"),
	BOOL("UnsafeGroupWrites", 0, unsafe_group_writes, LATER, "true"),
	BOOL("UseCompressedIPv6Addresses", 0, use_compressed_ipv6_addresses, BUILT, NULL),
	BOOL("UseMSP", 0, use_msp, BUILT, NULL),
	INT64("XscriptFileBufferSize", 0, xscript_file_buffer_size, LATER, "4096"),
	INT("BadRcptShutdown", 0, bad_rcpt_shutdown, LATER, NULL),
	INT("BadRcptShutdownGood", 0, bad_rcpt_shutdown_good, LATER, NULL),
	BOOL("RejectNUL", 0, reject_nul, BUILT, NULL),
	BOOL("SetCertAltnames", 0, set_cert_altnames, LATER, NULL),
	BOOL("StrictTransportSecurity", 0, strict_transport_security, LATER, NULL),
	BOOL("DANE", 0, dane, LATER, NULL),
	BOOL("AddBcc", 0, add_bcc, LATER, NULL),
	IGNORED("AddrTypeModes", 0),
	IGNORED("BadRcptThrottleDelay", 0),
	TEXT("BounceQueue", 0, bounce_queue, LATER, NULL),
	IGNORED("CheckQueueRunners", 0),
	TEXT("ClientCACertFile", 0, client_ca_cert_file, LATER, NULL),
	TEXT("ClientCACertPath", 0, client_ca_cert_path, LATER, NULL),
	BOOL("DontLockFilesForRead", 0, dont_lock_files_for_read, LATER, NULL),
	BOOL("EightBitAddrOK", 0, eight_bit_addr_ok, LATER, NULL),
	BOOL("FIPSMode", 0, fips_mode, LATER, NULL),
	IGNORED("Hacks", 0),
	BOOL("KeepBcc", 0, keep_bcc, LATER, NULL),
	INT("MaxForwardEntries", 0, max_forward_entries, LATER, NULL),
	IGNORED("MemoryResource", 0),
	IGNORED("MessageAccept", 0),
	IGNORED("NameSearchList", 0),
	IGNORED("NameServer", 0),
	IGNORED("QueueLowMem", 0),
	IGNORED("InetQoS", 0),
	IGNORED("RefuseLowMem", 0),
	BOOL("SameDomainOnly", 0, same_domain_only, LATER, NULL),
	IGNORED("RemoteMode", '>'),
};
/* clang-format on */

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

const struct option_row *option_rows(size_t *out_n)
{
	*out_n = N_ROWS;
	return rows;
}

const struct option_row *option_by_letter(char letter)
{
	for (size_t i = 0; i < N_ROWS && letter; i++) {
		if (rows[i].letter == letter)
			return &rows[i];
	}
	return NULL;
}

static const struct option_row *by_exact_name(struct view name)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (view_eq_nocase(name, view_of(rows[i].name)))
			return &rows[i];
	}
	return NULL;
}

/* Names that other builds know: they are not found by a part, nor stand in the way of another name's part. */
static bool is_rare(const char *name)
{
	static const char *const rare[] = {
		"AddBcc",
		"AddrTypeModes",
		"BadRcptThrottleDelay",
		"BounceQueue",
		"CheckQueueRunners",
		"ClientCACertFile",
		"ClientCACertPath",
		"DANE",
		"DontLockFilesForRead",
		"EightBitAddrOK",
		"FIPSMode",
		"Hacks",
		"InetQoS",
		"KeepBcc",
		"MaxForwardEntries",
		"MemoryResource",
		"MessageAccept",
		"NameSearchList",
		"NameServer",
		"QueueLowMem",
		"RefuseLowMem",
		"RemoteMode",
		"SameDomainOnly",
	};

	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		if (strcmp(name, rare[i]) == 0)
			return true;
	return false;
}

const struct option_row *option_by_name(struct view name, const struct option_row *out_two[2],
					bool *out_is_short)
{
	const struct option_row *exact = by_exact_name(name);
	int n = 0;

	*out_is_short = false;
	out_two[0] = out_two[1] = NULL;
	if (exact || name.len == 0)
		return exact;
	for (size_t i = 0; i < N_ROWS && n < 2;
	     i++) { /* a name that nobody knows need not be short */
		if (!is_rare(rows[i].name) && view_starts_nocase(view_of(rows[i].name), name))
			out_two[n++] = &rows[i];
	}
	*out_is_short = n == 1;
	return n == 1 ? out_two[0] : NULL;
}
