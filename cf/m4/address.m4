
# ---- ruleset 3: any address to user < @ domain >; a dot ends the domains that need no look-up any more ----
Scanonify=3
R$@			$@ < @ >			no address at all
R$+ < @ > $*		$: $1				an empty domain behind a user says nothing
R$*			$: <?> $1
R<?> $* < $*		$: $| $1 < $2			what stands in angle brackets counts,
R$| $* < $*		$| $2				the last of them
R$| $* > $*		$| $1				up to its end
R$| $* : ;		$@ $1 : ; < @ >			an empty group in them
R$| $* ;		$: $| $1
R$|			$@ < @ >
R<?> $+ ;		$: <?> $1			the end of a group
R<?> ;			$@ : ; < @ >			an empty group
R<?> @ $*		$: $| @ $1			the colon of a source route,
R<?> $* : : $*		$: $| $1 : : $2			of another network,
R<?> : include : $*	$: $| : include : $1		of a list file
R<?> $* [ IPv6 : $* ] $*	$: $| $1 [ IPv6 : $2 ] $3	and of an address literal stays
R<?> $* : $*		$: <?> $2			the name of a group goes
R<?>			$@ : ; < @ >			nobody in it
R<?> $+			$: $| $1
R$| @ [ $* ] : $+	$: $| $2			a source route by an address
R$| @ $* : $+		$: $| $2			a source route: only its end counts
R$| @			$@ < @ >
R$| $+ @ $+		$: $1 < @ $2 >			the domain in focus,
R$| @ $+		$: < @ $1 >
R$| $+ @		$: $1 < @ >
R$+ < @ $* @ $+ >	$1 @ $2 < @ $3 >		behind the last @
ifdef(`_USE_DECNET_SYNTAX_', `R$| $- : : $+		$: $2 < @ $1 . DECNET >		node::user
')dnl
ifdef(`_NO_UUCP_', `', `dnl
R$| $- ! $+		$: $2 < @ $1 . UUCP >		host!user
R$| $+ . $- ! $+	$: $3 < @ $1 . $2 >		domain!user
R$| $+ ! $+		$: $2 < @ $1 . UUCP >
')dnl
ifdef(`_NO_PERCENTHACK_', `', `dnl
R$| $* % $*		$: <%> $1 < @ $2 >		user%domain: the last % is as good as an @
R<%> $* < @ $* % $* >	<%> $1 % $2 < @ $3 >
R<%> $*			$: $1
')dnl
R$| $*			$@ $1				a user here
R$*			$@ $>Canonify2 $1

# ---- Canonify2: the domain in focus gets its official name ----
SCanonify2=96
undivert(2)dnl
R$* < @ localhost > $*	$: $1 < @ $j . > $2		ourselves
R$* < @ localhost . $m > $*	$: $1 < @ $j . > $2
ifdef(`_NO_UUCP_', `', `R$* < @ localhost . UUCP > $*	$: $1 < @ $j . > $2
')dnl
R$* < @ [ IPv6 : $+ ] > $*	$: $1 < @ [ IPv6 : $2 ] > $3	as we write it
R$* < @ [ $+ ] > $*	$: $1 < @@ [ $2 ] > $3		an address literal:
R$* < @@ $=w > $*	$: $1 < @ $j . > $3		ours,
R$* < @@ $+ > $*	$@ $1 < @ $2 > $3		or somebody else
R$* < @ $+ . . > $*	$1 < @ $2 . > $3
ifdef(`_DOMAIN_TABLE_', `dnl
R$* < @ $+ > $*		$: $1 < @ $(domaintable $2 $) > $3	a new name of an old domain
')dnl
ifdef(`_BITDOMAIN_', `dnl
R$* < @ $+ . BITNET > $*	$: $1 < @ $(bitdomain $2 $: $2 . BITNET $) > $3	names that are known
')dnl
ifdef(`_UUDOMAIN_', `dnl
R$* < @ $+ . UUCP > $*	$: $1 < @ $(uudomain $2 $: $2 . UUCP $) > $3
')dnl
ifdef(`_NO_UUCP_', `', `ifdef(`UUCP_RELAY', `dnl
R$* < @ $* . UUCP > $*	$@ $1 < @ $2 . UUCP . > $3	the relay looks names up
R$* < @ $* . UUCP . > $*	$@ $1 < @ $2 . UUCP . > $3
', `ifdef(`_NO_CANONIFY_', `', `dnl
R$* < @ $+ . UUCP > $*	$: $1 < @ $[ $2 $] . UUCP . > $3
R$* < @ $+ . . UUCP . > $*	$@ $1 < @ $2 . > $3		a neighbour that the name servers know
R$* < @ $* . UUCP > $*	$@ $1 < @ $2 . UUCP . > $3	or not
')')')dnl
ifdef(`_VNET_', `dnl
R$* < @ $- . $=A > $*	$@ $1 < @ $2 . vnet . > $4	a node of VNET, under one name of the net
')dnl
R$* < @ $* $=P > $*	$: $1 < @ $2 $3 . > $4		pseudo domains
R$* < @ $* . . > $*	$1 < @ $2 . > $3
R$* < @ $+ . > $*	$@ $1 < @ $2 . > $3		whole names
R$* < @ *LOCAL* > $*	$@ $1 < @ *LOCAL* > $2
dnl	Which names are looked up: < @@ name >. The flags of the daemon that took the address count.
R$*			$: $&{daemon_flags} $| $1
ifdef(`_NO_CANONIFY_', `dnl
R$* c $* $| $* < @ $+ > $*	$: $3 < @@ $4 > $5		this daemon looks names up
ifdef(`_CANONIFY_HOSTS_', `R$* $| $* < @ $- > $*	$: $2 < @@ $3 > $4		single labels are looked up
')dnl
ifdef(`_CANONIFY_DOMAINS_', `R$* $| $* < @ $* $={Canonify} > $*	$: $2 < @@ $3 $4 > $5	and these domains
')dnl
R$* $| $* < @ $+ . $+ > $*	$: $2 < @ $3 . $4 . > $5	the others stay as they are
', `dnl
R$* CC $* $| $* < @ $+ . $+ > $*	$: $3 < @ $4 . $5 . > $6	this daemon looks nothing up
R$* CC $* $| $*		$: $3
R$* $| $* < @ $+ > $*	$: $2 < @@ $3 > $4
')dnl
R$* $| $*		$: $2
R$* < @@ $+ > $*	$: $1 < @ $[ $2 $] > $3		the name servers know
dnl	Names that belong to us are whole, whether anybody knows them or not.
R$* < @ $=w > $*	$: $1 < @ $2 . > $3
ifdef(`_MASQ_CLASS_', `ifdef(`_MASQUERADE_ENTIRE_DOMAIN_', `R$* < @ $* $=M > $*	$: $1 < @ $2 $3 . > $4
', `R$* < @ $=M > $*	$: $1 < @ $2 . > $3
')')dnl
ifdef(`_VIRTUSER_TABLE_', `ifdef(`_VIRTHOSTS_', `ifdef(`_VIRTUSER_ENTIRE_DOMAIN_', `R$* < @ $* $={VirtHost} > $*	$: $1 < @ $2 $3 . > $4
', `R$* < @ $={VirtHost} > $*	$: $1 < @ $2 . > $3
')')')dnl
ifdef(`_GENERICS_TABLE_', `ifdef(`_GENERICS_CLASS_', `ifdef(`_GENERICS_ENTIRE_DOMAIN_', `R$* < @ $* $=G > $*	$: $1 < @ $2 $3 . > $4
', `R$* < @ $=G > $*	$: $1 < @ $2 . > $3
')')')dnl
R$* < @ $+ . . > $*	$1 < @ $2 . > $3

# ---- ruleset 4: back to the form that others see ----
Sfinal=4
R$* < @ >		$@				the null address
R$* < @ *LOCAL* > $*	$: $1 < @ $j . > $2		this host under its own name
ifdef(`_USE_DECNET_SYNTAX_', `R$+ < @ $- . DECNET . >	$@ $2 : : $1
R$+ < @ $- . DECNET >	$@ $2 : : $1
')dnl
R$* < @ $+ . > $*	$1 < @ $2 > $3			without our mark
R$* < $+ > $*		$: $1 $2 $3			out of focus
R@ $*			$@ @ $1				a source route stays
ifdef(`_NO_UUCP_', `', `R$+ @ $- . UUCP		$2 ! $1				as neighbours write it
')dnl
R$+ % $=w @ $=w		$1 @ $2				here is here

# ---- Recurse: an address that a rule or a table has made ----
SRecurse=97
R$*			$: $>canonify $1
R$*			$@ $>parse $1
