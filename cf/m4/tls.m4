
# ---- trust_auth: may this AUTH= be believed? ----
SLocal_trust_auth
Strust_auth
R$*			$: $&{auth_type} $| $1
R$@ $| $*		$#error $@ 5.7.1 $: "550 not authenticated"
R$* $| $&{auth_authen}	$@ identical
R$* $| < $&{auth_authen} >	$@ identical
R$* $| $*		$: $1 $| $>"Local_trust_auth" $2
R$* $| $# $*		$# $2
R$*			$#error $@ 5.7.1 $: "550 " $&{auth_authen} " not allowed to act as " $&{auth_author}

# ---- RelayTLS: certificates that the access table knows may relay ----
SRelayTLS
ifdef(`_ACCESS_', `dnl
R$*			$: < ? > < $&{verify} >
R< ? > < OK >		$: OK
R< ? > < TRUSTED >	$: OK
R< ? > < $* >		$@ NO
ROK			$: < $(access CERTISSUER:$&{cert_issuer} $: ? $) >
R< RELAY >		$# RELAY
R< SUBJECT >		$: < @ $(access CERTSUBJECT:$&{cert_subject} $: ? $) >
R< @ RELAY >		$# RELAY
R$*			$: NO
')dnl

# ---- what to offer a client, and whether to use STARTTLS with a server ----
Ssrv_features
undivert(24)dnl
ifdef(`_ACCESS_', `dnl
R$*			$: $>SearchList < ! Srv_Features > $| < D : $&{client_name} > < A : $&{client_addr} > < U : > < . >
R< ? >			$@ OK
R< <TMPF> >		$#temp
R< $+ >			$# $1
')dnl

Sclt_features
undivert(25)dnl
ifdef(`_ACCESS_', `dnl
R$*			$: $>SearchList < ! Clt_Features > $| < D : $&{server_name} > < A : $&{server_addr} > < U : > < . >
R< ? >			$@ OK
R< <TMPF> >		$@ OK
R< $+ >			$# $1
')dnl

Stry_tls
undivert(26)dnl
ifdef(`_ACCESS_', `dnl
R$*			$: $>SearchList < ! Try_TLS > $| < D : $&{server_name} > < A : $&{server_addr} > < U : > < . >
R< <TMPF> >		$#error $@ 4.3.0 $: "451 Temporary system failure. Please try again later."
R< NO >			$#error $@ 5.7.1 $: "550 do not try TLS with " $&{server_name} " [" $&{server_addr} "]"
R$*			$@ OK
')dnl

# ---- what TLS must give: tls_rcpt before each recipient, tls_client and tls_server for the connection ----
Stls_rcpt
undivert(27)dnl
ifdef(`_ACCESS_', `dnl
R$*			$: $1 $| $>FullAddr $1
R$* $| $# $*		$# $2				no address at all
R$* $| $+ + $* < @ $+ >	$: $>SearchList < ! TLS_Rcpt > $| < U : $2+$3@$4 > < U : $2@$4 > < U : $2+$3@ > < U : $2@ > < D : $4 > < U : > < . >
R$* $| $+ < @ $+ >	$: $>SearchList < ! TLS_Rcpt > $| < U : $2@$3 > < U : $2@ > < D : $3 > < U : > < . >
R$* $| $+		$: $>SearchList < ! TLS_Rcpt > $| < U : $2@ > < U : > < . >
R< ? >			$@ OK
R< $+ >			$: $&{verify} $| < $1 >
R$*			$@ $>"TLS_connection" < $&{server_name} > $1
')dnl

Stls_client
undivert(28)dnl
ifdef(`_ACCESS_', `dnl
R$* $| $*		$: $1 $| $>SearchList < ! TLS_Clt > $| < D : $&{client_name} > < A : $&{client_addr} > < U : > < . >
R$* $| < ? >		$@ $1
R$* $| < $+ >		$@ $>"TLS_connection" < $&{client_name} > $1 $| < $2 >
')dnl

Stls_server
undivert(29)dnl
ifdef(`_ACCESS_', `dnl
R$*			$: $1 $| $>SearchList < ! TLS_Srv > $| < D : $&{server_name} > < A : $&{server_addr} > < U : > < . >
R$*			$@ $>"TLS_connection" < $&{server_name} > $1
', `dnl
R$*			$: $1 $| $>"TLS_failed" $1
R$* $| $# $*		$# $2
R$* $| $*		$@ $1
')dnl

# ---- TLS_failed: verify: what has gone wrong whatever is required ----
STLS_failed
RSOFTWARE $*		$#error $@ _TLS_DSN_ $: "_TLS_REPLY_ TLS handshake failed."
RPROTOCOL $*		$#error $@ _TLS_DSN_ $: "_TLS_REPLY_ STARTTLS failed."
RCONFIG $*		$#error $@ _TLS_DSN_ $: "_TLS_REPLY_ STARTTLS temporarily not possible."
RDANE_FAIL $*		$#error $@ _TLS_DSN_ $: "_TLS_REPLY_ DANE check failed."
R$*			$@ OK
ifdef(`_ACCESS_', `dnl

# ---- TLS_connection: < peer > verify $| < requirement >: VERIFY[:bits] or ENCR:bits, then +CN:x++CS:x... ----
C{Tls}VERIFY ENCR
C{TlsVerified}OK TRUSTED
STLS_connection
R< $* > $* $| < <TMPF> >	$#error $@ 4.3.0 $: "451 Temporary system failure. Please try again later."
R< $* > $* $| < PERM + $={Tls} $* >	$: < $1 > $2 $| < 503 5.7.0 > $3 $4
R< $* > $* $| < TEMP + $={Tls} $* >	$: < $1 > $2 $| < 403 4.7.0 > $3 $4
R< $* > $* $| < $={Tls} $* >	$: < $1 > $2 $| < _TLS_REPLY_ _TLS_DSN_ > $3 $4
R< $* > $* $| < $* >	$@ $>"TLS_failed" $2		nothing is required
R< $* > SOFTWARE $| < $- $+ > $*	$#error $@ $3 $: $2 " TLS handshake failed."
R< $* > PROTOCOL $| < $- $+ > $*	$#error $@ $3 $: $2 " STARTTLS failed."
R< $* > CONFIG $| < $- $+ > $*	$#error $@ $3 $: $2 " STARTTLS temporarily not possible."
R< $* > DANE_FAIL $| < $- $+ > $*	$#error $@ $3 $: $2 " DANE check failed."
R< $* > $* $| < $+ > $={Tls} : $- + $+	$: < $1 > $2 $| < $3 > $4 : $5 < $6 >
R< $* > $* $| < $+ > $={Tls} + $+	$: < $1 > $2 $| < $3 > $4 : 0 < $5 >
R< $* > $* $| < $+ > $={Tls} : $-	$: < $1 > $2 $| < $3 > $4 : $5 < >
R< $* > $* $| < $+ > $={Tls}	$: < $1 > $2 $| < $3 > $4 : 0 < >
R< $* > $={TlsVerified} $| < $+ > VERIFY : $- < $* >	$: < $1 > $2 $| < $3 > ENCR : $4 < $5 >
R< $* > $* $| < $- $+ > VERIFY : $- < $* >	$: < $3 $4 > < $2 > $6
R< $- $+ > < NOT > $*	$#error $@ $2 $: $1 " no authentication requested"
R< $- $+ > < NONE > $*	$#error $@ $2 $: $1 " other side does not support STARTTLS"
R< $- $+ > < NO > $*	$#error $@ $2 $: $1 " not authenticated"
R< $- $+ > < TEMP > $*	$#error $@ $2 $: $1 " authentication failure " $3
R< $- $+ > < FAIL > $*	$#error $@ $2 $: $1 " authentication failed"
R< $- $+ > < CLEAR > $*	$#error $@ $2 $: $1 " STARTTLS disabled locally"
R< $- $+ > < $* > $*	$#error $@ $2 $: $1 " authentication required"
R< $* > $* $| < $+ > ENCR : 0 < $* >	$: < $1 > < $3 > < $4 >
R< $* > $* $| < $+ > ENCR : $- < $* >	$: < $1 > < $3 > < $5 > $4 $| $&{cipher_bits}
R< $* > < $+ > < $* > $- $|	$: < $1 > < $2 > < $3 > $4 $| 0
R< $* > < $+ > < $* > $- $| $-	$: < $1 > < $2 > < $3 > $4 $| $5 $| $(arith l $@ $5 $@ $4 $)
R< $* > < $- $+ > < $* > $- $| $- $| TRUE	$#error $@ $3 $: $2 " encryption too weak " $6 " less than " $5
R< $* > < $+ > < $* > $- $| $*	$: < $1 > < $2 > < $3 >
R< $* > < $+ > < $* >	$@ $>"TLS_extra" < $1 > < $2 > < $3 >

# ---- TLS_extra: < peer > < code > < CN:x++CS:x... >: what else the certificate must say ----
STLS_extra
R< $* > < $+ > < >	$@ OK
R< $* > < $+ > < CN + + $+ >	$: < $1 > < $2 > < CN : $1 + + $3 >
R< $* > < $+ > < CN >	$: < $1 > < $2 > < CN : $1 >
R< $* > < $+ > < $- : $+ + + $+ >	$: < $1 > < $2 > < $5 > < $3 > < $4 >
R< $* > < $+ > < $- : $+ >	$: < $1 > < $2 > < > < $3 > < $4 >
R< $* > < $+ > < $* > < CITag > < $+ >	$: < $1 > < $2 > < $3 > < CITag > < $(access $4:$&{cert_issuer} $: ? $) >
R< $* > < $+ > < $* > < CITag > < OK >	$@ $>"TLS_extra" < $1 > < $2 > < $3 >
R< $* > < $+ > < $* > < CN > < $&{cn_subject} >	$@ $>"TLS_extra" < $1 > < $2 > < $3 >
ifdef(`_ALTNAMES_', `R< $* > < $+ > < $* > < CN > < $={cert_altnames} >	$@ $>"TLS_extra" < $1 > < $2 > < $3 >
')dnl
R< $* > < $+ > < $* > < CS > < $&{cert_subject} >	$@ $>"TLS_extra" < $1 > < $2 > < $3 >
R< $* > < $+ > < $* > < CI > < $&{cert_issuer} >	$@ $>"TLS_extra" < $1 > < $2 > < $3 >
R< $* > < $- $+ > < $* > < CITag > < $* >	$#error $@ $3 $: $2 " Cert Issuer " $&{cert_issuer} " not acceptable"
R< $* > < $- $+ > < $* > < CN > < $+ >	$#error $@ $3 $: $2 " CN " $&{cn_subject} " does not match " ifdef(`_ALTNAMES_', `$1', `$5')
R< $* > < $- $+ > < $* > < CS > < $+ >	$#error $@ $3 $: $2 " Cert Subject " $&{cert_subject} " does not match " $5
R< $* > < $- $+ > < $* > < CI > < $+ >	$#error $@ $3 $: $2 " Cert Issuer " $&{cert_issuer} " does not match " $5
R$*			$@ OK				a word that means nothing
')dnl
ifdef(`_TLS_SESSION_', `dnl

# ---- certificates and settings by client and by server ----
Stls_srv_features
ifdef(`_ACCESS_', `dnl
R$* $| $*		$: $>SearchList < ! TLS_Srv_features > $| < D : $1 > < A : $2 > < U : > < . >
R< ? >			$@ ""
R< <TMPF> >		$#error $@ 4.3.0 $: "451 Temporary system failure. Please try again later."
R< $+ >			$@ $1
')dnl
Stls_clt_features
ifdef(`_ACCESS_', `dnl
R$* $| $*		$: $>SearchList < ! TLS_Clt_features > $| < D : $1 > < A : $2 > < U : > < . >
R< ? >			$@ ""
R< $+ >			$@ $1
')dnl
R$*			$@ ""
')dnl
ifdef(`_AUTHINFO_', `dnl

# ---- authinfo: who we are to a server ----
Sauthinfo
R$*			$: < $(authinfo AuthInfo:$&{server_name} $: ? $) >
R< ? >			$: < $(authinfo AuthInfo:$&{server_addr} $: ? $) >
R< ? >			$: < $(authinfo AuthInfo: $: ? $) >
R< ? >			$@ no
R< $* >			$# $1
', `ifdef(`_ACCESS_', `dnl

# ---- authinfo: who we are to a server ----
Sauthinfo
R$*			$: $>SearchList < ! AuthInfo > $| < D : $&{server_name} > < A : $&{server_addr} > < U : > < . >
R< ? >			$@ no
R< <TMPF> >		$@ no
R< $* >			$# $1
', `dnl

Sauthinfo
')')dnl
