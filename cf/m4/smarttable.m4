ifdef(`_SMARTTABLE_', `dnl

# ---- SmartTable: user < @ domain >: the sender of the envelope chooses the way ----
SSmartTable
R$* < @ $=w . > $*	$@ $1 < @ $2 . > $3		local mail is left alone
R$* < @ $+ > $*		$: < $>SenderOf $&f > $1 < @ $2 > $3
R< $+ @ $+ > $*		$: < $(smarttable $1@$2 $: ? $) > < $2 > $3
R< ? > < $+ > $*	$: < $(smarttable $1 $: ? $) > < $1 > $2
R< ? > < $+ > $*	$: < $(smarttable @$1 $: ? $) > < $1 > $2
R< @ > $*		$: < $(smarttable @ $: ? $) > < > $1	bounces
R< ? > < $* > $*	$@ $2
R< $+ > < $* > $*	$@ $>MailerToTriple < $1 > $3
R< $* > $*		$@ $2				a sender without domain

# ---- SenderOf: user@domain without brackets, @ for the null address ----
SSenderOf
R<>			$@ @
R$@			$@ @
R$* < $+ > $*		$: $2
R$+ @ $+ .		$: $1 @ $2
')dnl
