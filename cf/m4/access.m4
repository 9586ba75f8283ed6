ifdef(`_ACCESS_', `dnl

# ---- the access table; a key is Tag:what; the flag + allows the key without its tag too ----
C{Accept}OK RELAY

# ---- D: < domain > < default > < flag tag > < rest > gives < value > < rest >: the domain and its parents ----
SD
R< $* > < $+ > < $- $- > < $* >	$: < $(access $4:$1 $: ? $) > < $1 > < $2 > < $3 $4 > < $5 >
R< ? > < $+ > < $+ > < + $- > < $* >	$: < $(access $1 $: ? $) > < $1 > < $2 > < + $3 > < $4 >
ifdef(`_LOOKUP_DOT_DOMAIN_', `dnl
R< ? > < $- . $+ > < $+ > < $- $- > < $* >	$: < $(access $5:.$2 $: ? $) > < $1 . $2 > < $3 > < $4 $5 > < $6 >
R< ? > < $- . $+ > < $+ > < + $- > < $* >	$: < $(access .$2 $: ? $) > < $1 . $2 > < $3 > < + $4 > < $5 >
')dnl
R< ? > < [ $+ . $- ] > < $+ > < $- $- > < $* >	$@ $>D < [ $1 ] > < $3 > < $4 $5 > < $6 >
R< ? > < [ $+ : $- ] > < $+ > < $- $- > < $* >	$@ $>D < [ $1 ] > < $3 > < $4 $5 > < $6 >
R< ? > < [ $+ : ] > < $+ > < $- $- > < $* >	$@ $>D < [ $1 ] > < $2 > < $3 $4 > < $5 >
R< ? > < $- . $+ > < $+ > < $- $- > < $* >	$@ $>D < $2 > < $3 > < $4 $5 > < $6 >
R$*			$@ $>Found $1

# ---- A: < address > ...: the address and its nets, at the dots or colons ----
SA
R< $* > < $+ > < $- $- > < $* >	$: < $(access $4:$1 $: ? $) > < $1 > < $2 > < $3 $4 > < $5 >
R< ? > < $+ > < $+ > < + $- > < $* >	$: < $(access $1 $: ? $) > < $1 > < $2 > < + $3 > < $4 >
R< ? > < $+ : : $* > < $+ > < $- $- > < $* >	$@ $>A < $1 > < $3 > < $4 $5 > < $6 >
R< ? > < $+ : $- > < $+ > < $- $- > < $* >	$@ $>A < $1 > < $3 > < $4 $5 > < $6 >
R< ? > < $+ . $- > < $+ > < $- $- > < $* >	$@ $>A < $1 > < $3 > < $4 $5 > < $6 >
R$*			$@ $>Found $1

# ---- U: < user or whole address > ...: this key only ----
SU
R< $* > < $+ > < $- $- > < $* >	$: < $(access $4:$1 $: ? $) > < $1 > < $2 > < $3 $4 > < $5 >
R< ? > < $+ > < $+ > < + $- > < $* >	$: < $(access $1 $: ? $) > < $1 > < $2 > < + $3 > < $4 >
R$*			$@ $>Found $1

# ---- Found: what the three give back ----
SFound
R< $* <TMPF> > $* < $* >	$@ < <TMPF> > < $3 >		the table could not be asked
R< ? > < $* > < $+ > < $+ > < $* >	$@ < $2 > < $4 >
R< $+ > < $* > < $+ > < $+ > < $* >	$@ < $1 > < $5 >

# ---- SearchList: < flag tag > $| < kind:key > < kind:key > ... < . > gives < value > of the first that says something ----
SSearchList
R< $+ > $| < . >	$@ < ? >
R< $+ > $| < D : > $+	$@ $>SearchList < $1 > $| $2	nothing to look up
R< $+ > $| < A : > $+	$@ $>SearchList < $1 > $| $2
R< $+ > $| < D : $+ > $+	$: < $1 > $| $>D < $2 > < ? > < $1 > < $3 >
R< $+ > $| < A : $+ > < $+	$: < $1 > $| $>A < $2 > < ? > < $1 > < < $3 >
R< $+ > $| < U : > < $+	$: < $1 > $| $>U < > < ? > < $1 > < < $2 >
R< $+ > $| < U : $+ > < $+	$: < $1 > $| $>U < $2 > < ? > < $1 > < < $3 >
R< $+ > $| < ? > < $+ >	$@ $>SearchList < $1 > $| $2
R< $+ > $| < $+ > < $* >	$@ < $2 >

# ---- Verdict: < value > of the table becomes what a check answers; without one the rest comes back ----
SVerdict
R< <TMPF> > $*		$#error $@ 4.3.0 $: "451 Temporary system failure. Please try again later."
R< ? > $*		$@ $1
ifdef(`_SKIP_', `R< SKIP > $*		$@ $1
')dnl
R< REJECT > $*		$#error ifdef(`_REJECT_SAID_', `', `$@ 5.7.1 ')$: confREJECT_MSG
R< DISCARD > $*		$#discard $: discard
R< QUARANTINE : $+ > $*	$#error $@ quarantine $: $1
R< ERROR : $- . $- . $- : $+ > $*	$#error $@ $1.$2.$3 $: $4
R< ERROR : $+ > $*	$#error $: $1
R< $={Accept} > $*	$# $1
R< $+ > $*		$#error $: $1
')dnl
